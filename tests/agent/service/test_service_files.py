"""What launchd and Windows are given, checked against the tables of their makers; nothing here runs on Linux."""

import plistlib
import xml.etree.ElementTree as Xml
from pathlib import Path
from typing import Any

from tollbook_agent.service import launchd, manage, windows
from tollbook_agent.service.shape import Laptop

LAUNCHD_KEYS: dict[str, type] = {
    "Label": str,
    "ProgramArguments": list,
    "EnvironmentVariables": dict,
    "RunAtLoad": bool,
    "KeepAlive": dict,
    "ThrottleInterval": int,
    "ProcessType": str,
    "LowPriorityBackgroundIO": bool,
    "SoftResourceLimits": dict,
    "Umask": int,
    "StandardOutPath": str,
    "StandardErrorPath": str,
}
"""Of launchd.plist(5), those we use, with their types."""
PROCESS_TYPES = ("Background", "Standard", "Adaptive", "Interactive")
RESOURCE_LIMITS = ("Core", "CPU", "Data", "FileSize", "MemoryLock", "NumberOfFiles", "NumberOfProcesses", "Stack")
TASK_ORDER = {
    "Task": ["RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"],
    "LogonTrigger": ["Enabled"],
    "Principal": ["LogonType", "RunLevel"],
    "RestartOnFailure": ["Interval", "Count"],
    "Exec": ["Command", "Arguments"],
}
"""Children in the order of Microsoft's task schema where that is a sequence; `Task` is xs:all."""
SETTINGS = {
    "MultipleInstancesPolicy": ("Parallel", "Queue", "IgnoreNew", "StopExisting"),
    "DisallowStartIfOnBatteries": ("true", "false"),
    "StopIfGoingOnBatteries": ("true", "false"),
    "RestartOnFailure": None,
    "Hidden": ("true", "false"),
    "ExecutionTimeLimit": ("PT0S",),
}


def laptop(folder: Path) -> Laptop:
    return Laptop(
        user_home=folder, home=folder / "Tollbook's & <home>", python=r"C:\Program Files\py\python.exe",
        environment={"CODEX_HOME": "/x & y"}, user_id=501,
    )  # fmt: skip


def test_the_property_list_has_launchds_keys_and_types(tmp_path: Path) -> None:
    made = launchd.service(laptop(tmp_path))
    read: dict[str, Any] = plistlib.loads(made.files[0].data)
    assert {name: type(value) for name, value in read.items()} == LAUNCHD_KEYS
    assert read["ProcessType"] in PROCESS_TYPES
    assert set(read["SoftResourceLimits"]) <= set(RESOURCE_LIMITS)
    assert read["EnvironmentVariables"] == {"CODEX_HOME": "/x & y"}
    assert read["ProgramArguments"] == list(laptop(tmp_path).program)
    assert made.files[0].path.name == f"{read['Label']}.plist"


def test_launchd_is_told_by_the_verbs_of_today(tmp_path: Path) -> None:
    made = launchd.service(laptop(tmp_path))
    assert made.start == (("launchctl", "bootstrap", "gui/501", str(made.files[0].path)),)
    assert made.stop == (("launchctl", "bootout", f"gui/501/{launchd.LABEL}"),)


def test_the_task_has_the_schemas_elements(tmp_path: Path) -> None:
    made = windows.service(laptop(tmp_path))
    root = Xml.fromstring(made.files[0].data.decode("utf-16"))
    prefix = f"{{{windows.SPACE}}}"
    assert root.attrib == {"version": "1.2"}
    parents = [each for each in root.iter() if len(each)]
    children = {each.tag.removeprefix(prefix): [one.tag.removeprefix(prefix) for one in each] for each in parents}
    assert {name: children[name] for name in TASK_ORDER} == TASK_ORDER
    settings = root.find(f"{prefix}Settings")
    assert settings is not None
    for one in settings:
        allowed = SETTINGS[one.tag.removeprefix(prefix)]
        assert allowed is None or one.text in allowed
    program = root.find(f".//{prefix}Command")
    assert program is not None
    assert program.text == r"C:\Program Files\py\pythonw.exe"


def test_each_platform_has_its_manager(tmp_path: Path) -> None:
    made = [manage.service_for(laptop(tmp_path), platform).manager for platform in ("linux", "darwin", "win32")]
    assert made == ["systemd", "launchd", "schtasks"]
