"""Checks of the program and its own folder."""

import os
import shutil
import stat
import sys
from typing import Any

from tollbook_agent.capture.proxy.relay_thread import MAX_FILES
from tollbook_agent.doctor.finding import Check, Finding, fail, note, ok, warn
from tollbook_agent.doctor.machine import Machine
from tollbook_agent.service import manage, record
from tollbook_agent.tools import manifest, restore
from tollbook_agent.tools.kinds import TEXTS
from tollbook_agent.tools.setting import Refused

LEAST_FREE_BYTES = 256 * 1024 * 1024
"""What a full spool may take."""
LEAST_FILES = 1_024
PYTHON = (3, 12)


def python(_machine: Machine) -> Finding:
    """Old ones get old libraries."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= PYTHON:
        return ok(f"Python {version}")
    return fail(f"Python {version}", "install again with Python 3.12 or newer: uv tool install --python 3.13")


def settings(machine: Machine) -> Finding:
    """A wrong one stops every command."""
    if machine.settings is None:
        return fail(machine.setting_error, f"correct {machine.home / 'config.toml'} or the variable it names")
    return ok("all settings are known and right")


def home_private(machine: Machine) -> Finding:
    """It holds where logs are, and a password."""
    try:
        mode = stat.S_IMODE(machine.home.stat().st_mode)
    except OSError:
        return note("there is no folder yet: nothing was read or installed here")
    if machine.platform == "win32" or not mode & 0o077:
        return ok("only this user can read the agent's folder")
    return warn(f"others can read the agent's folder (mode {mode:o})", f"chmod 700 {machine.home}")


def disk(machine: Machine) -> Finding:
    """A full one loses nothing, and stores nothing."""
    place = machine.home
    while not place.exists() and place != place.parent:
        place = place.parent
    free = shutil.disk_usage(place).free
    shown = f"{free // 2**20:,} MiB are free"
    return ok(shown) if free >= LEAST_FREE_BYTES else warn(shown, f"make room where {place} is: 256 MiB are enough")


def open_files(machine: Machine) -> Finding:
    """A tunnel holds two."""
    if machine.platform == "win32":
        return note("Windows has no such limit")
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or hard >= min(LEAST_FILES, MAX_FILES):
        return ok(f"up to {'any number' if hard == resource.RLIM_INFINITY else format(hard, ',')} of files may be open")
    return warn(f"only {hard} files may be open", f"raise the hard limit to {LEAST_FILES}: ulimit -Hn, limits.conf")


def install_record(machine: Machine) -> Finding:
    """What `uninstall` needs."""
    try:
        changes = len(restore.chosen(machine.home))
        record.load(machine.home)
    except Refused as fault:
        return fail(f"what was installed is not known: {fault.reason}", fault.remedy)
    return ok(f"{changes} settings of tools are remembered for `tollbook uninstall`")


def service_files(machine: Machine) -> Finding:
    """The files a service manager reads."""
    known = _record(machine)
    if known is None:
        return note("no service is installed: `tollbook install` makes the agent start with your session")
    gone = [path for path in known.files if not os.path.exists(path)]
    if gone:
        return fail(f"{gone[0]} is gone", "tollbook install --service writes it again")
    return ok(f"the files of {known.manager} are there")


def service_current(machine: Machine) -> Finding:
    """A service written by an installation that has moved starts nothing."""
    known = _record(machine)
    if known is None or not all(map(os.path.exists, known.files)):
        return note("there is no service to compare")
    port = None if machine.proxy is None else machine.proxy.port
    wanted = manage.service_for(manage.laptop_of(machine.home, machine.environment, port), machine.platform)
    if manage.is_written(machine.home, wanted):
        return ok("the service starts this installation")
    return warn("the service was written by another installation, or is older than your settings", "tollbook install")


def tool_settings(machine: Machine) -> Finding:
    """Values of ours that somebody replaced."""
    try:
        entries = manifest.load(machine.home).entries
    except Refused:
        return note("not looked at: what was installed is not known")
    last = {(one.path, one.key): one for one in entries}
    for one in last.values():
        if _value(one) not in (one.after, _UNREADABLE):
            name = ".".join(one.key[:2])
            return warn(
                f"{one.tool}: {name} is not as Tollbook set it", "tollbook install sets it again, if you want it"
            )
    return ok(f"{len(last)} settings of tools are as they were set") if last else note("no tool was told of Tollbook")


_UNREADABLE = object()


def _value(one: manifest.Entry) -> Any:
    try:
        with open(one.path, encoding="utf-8") as file:
            return TEXTS[one.kind].get(file.read(), one.key)
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, Refused):
        return _UNREADABLE  # another check tells


def _record(machine: Machine) -> record.Record | None:
    try:
        return record.load(machine.home)
    except Refused:
        return None


CHECKS: tuple[Check, ...] = (
    Check(name="python", looks_at="the Python that runs Tollbook", look=python),
    Check(name="settings", looks_at="config.toml and TOLLBOOK_* variables", look=settings),
    Check(name="home_private", looks_at="who can read the agent's folder", look=home_private),
    Check(name="disk", looks_at="free space for the store and the spool", look=disk),
    Check(name="open_files", looks_at="the limit of open files", look=open_files),
    Check(name="install_record", looks_at="what `uninstall` needs to know", look=install_record),
    Check(name="service_files", looks_at="the files of the service manager", look=service_files),
    Check(name="service_current", looks_at="whether they start this installation", look=service_current),
    Check(name="tool_settings", looks_at="values that Tollbook set in tools' settings", look=tool_settings),
)
