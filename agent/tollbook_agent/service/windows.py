"""A task of Windows' scheduler, at this user's logon: the elements are those of Microsoft's task schema 1.2.

Pure; not run, since no Windows machine was at hand. A task and not a service: that could not see this user's files.
"""

import subprocess
import xml.etree.ElementTree as Xml
from pathlib import PureWindowsPath

from tollbook_agent.service.shape import Laptop, Service, ServiceFile

NAME = "Tollbook agent"
FILE = "tollbook-task.xml"
SPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
RESTART_INTERVAL, RESTARTS = "PT1M", 255
FOR_EVER = "PT0S"


def service(laptop: Laptop) -> Service:
    """The task's definition, kept in the agent's home, and the commands around it."""
    path = laptop.home / FILE
    text = definition(laptop)
    return Service(
        manager="schtasks",
        files=[ServiceFile(path=path, data=text.encode("utf-16"), shown=text)],
        answers=("schtasks", "/Query", "/TN", "\\"),
        start=(("schtasks", "/Create", "/TN", NAME, "/XML", str(path), "/F"), ("schtasks", "/Run", "/TN", NAME)),
        stop=(("schtasks", "/End", "/TN", NAME), ("schtasks", "/Delete", "/TN", NAME, "/F")),
        after_removal=(),
        links=[],
    )


def definition(laptop: Laptop) -> str:
    """The XML."""
    Xml.register_namespace("", SPACE)
    task = Xml.Element(f"{{{SPACE}}}Task", {"version": "1.2"})

    def add(parent: Xml.Element, name: str, text: str | None = None) -> Xml.Element:
        made = Xml.SubElement(parent, f"{{{SPACE}}}{name}")
        made.text = text
        return made

    about = add(task, "RegistrationInfo")
    add(about, "Description", "Tollbook agent: what AI coding costs, by ticket")
    add(add(add(task, "Triggers"), "LogonTrigger"), "Enabled", "true")
    principal = add(add(task, "Principals"), "Principal")
    principal.set("id", "Author")
    add(principal, "LogonType", "InteractiveToken")
    add(principal, "RunLevel", "LeastPrivilege")
    settings = add(task, "Settings")
    add(settings, "MultipleInstancesPolicy", "IgnoreNew")
    add(settings, "DisallowStartIfOnBatteries", "false")
    add(settings, "StopIfGoingOnBatteries", "false")
    restart = add(settings, "RestartOnFailure")
    add(restart, "Interval", RESTART_INTERVAL)
    add(restart, "Count", str(RESTARTS))
    add(settings, "Hidden", "true")
    add(settings, "ExecutionTimeLimit", FOR_EVER)
    actions = add(task, "Actions")
    actions.set("Context", "Author")
    run = add(actions, "Exec")
    program = PureWindowsPath(laptop.python)
    add(run, "Command", str(program.with_name("pythonw.exe")))
    add(run, "Arguments", subprocess.list2cmdline(laptop.program[1:]))
    return '<?xml version="1.0" encoding="UTF-16"?>\n' + Xml.tostring(task, encoding="unicode")
