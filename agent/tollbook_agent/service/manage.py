"""Writing a service's files, telling its manager, and taking both away again. The only place that runs commands."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tollbook_agent.service import launchd, record, systemd, windows
from tollbook_agent.service.record import Record
from tollbook_agent.service.shape import FILE_MODE, Command, Laptop, Service
from tollbook_agent.tools import files
from tollbook_agent.tools.setting import Refused

COMMAND_SECONDS = 60.0
ANSWER_SECONDS = 5.0
FOLDER_MODE = 0o755


class Done(NamedTuple):
    """What happened."""

    running: bool
    """Whether the manager was told, and took it."""
    said: tuple[str, ...]
    """Lines for a person: what the manager refused, what was left alone."""


def service_for(laptop: Laptop, platform: str = sys.platform) -> Service:
    """The manager of this platform."""
    if platform == "darwin":
        return launchd.service(laptop)
    return windows.service(laptop) if platform == "win32" else systemd.service(laptop)


def laptop_of(home: Path, environment: Mapping[str, str], relay_port: int | None) -> Laptop:
    """This machine."""
    return Laptop(
        user_home=Path(os.path.expanduser("~")),
        home=home,
        python=sys.executable,
        environment=environment,
        relay_port=relay_port,
        user_id=0 if sys.platform == "win32" else os.getuid(),
    )


def is_written(home: Path, service: Service) -> bool:
    """Whether everything is as it would be written now."""
    known = record.load(home)
    return known is not None and all(files.read(one.path) == one.data for one in service.files)


def install(home: Path, service: Service) -> Done:
    """Write the files, remember them first, then tell the manager; idempotent.

    Raises:
        Refused: a file of that name is not ours, or something cannot be written.
    """
    known = record.load(home)
    ours = {} if known is None else known.files
    for one in service.files:
        there = files.read(one.path)
        if there is not None and there != one.data and record.digest(there) != ours.get(str(one.path)):
            raise Refused("not_ours", f"{one.path} exists and is not what Tollbook wrote; move it away first")
    folders = list(() if known is None else known.folders)
    for path in [*(one.path for one in service.files), *service.links]:
        folders += [str(each) for each in _missing(path.parent) if str(each) not in folders]
    digests = {**ours, **{str(one.path): record.digest(one.data) for one in service.files}}
    links = tuple(dict.fromkeys([*(() if known is None else known.links), *map(str, service.links)]))
    new = Record(
        manager=service.manager, files=digests, folders=tuple(folders), links=links,
        stop=tuple(service.stop), after_removal=tuple(service.after_removal),
    )  # fmt: skip
    record.save(home, new)
    for one in service.files:
        _write(one.path, one.data)
    if not answers(service.answers):
        return Done(False, ())
    said = run(service.start)
    return Done(not said, said)


def remove(home: Path, *, stop: bool) -> Done:
    """Take away what was written; `stop` false leaves a running process alone, which sessions still need.

    Raises:
        Refused: what was written is not known any more, or cannot be removed.
    """
    known = record.load(home)
    if known is None:
        return Done(False, ())
    commands = known.stop if stop else tuple(tuple(w for w in each if w != "--now") for each in known.stop)
    said = [] if not reachable(known.stop) else list(run(commands))
    for name in known.links:
        with contextlib.suppress(OSError):
            if os.path.islink(name):
                os.unlink(name)
    for name, digest in known.files.items():
        there = files.read(Path(name))
        if there is not None and record.digest(there) != digest:
            said.append(f"{name} was changed by somebody since, and stays")
        elif there is not None:
            files.delete(Path(name), there)
    if reachable(known.after_removal):
        said += run(known.after_removal)
    for name in sorted(known.folders, key=len, reverse=True):
        with contextlib.suppress(OSError):  # something else is in it by now
            os.rmdir(name)
    (home / record.FILE).unlink(missing_ok=True)
    return Done(True, tuple(said))


def reachable(commands: Sequence[Command]) -> bool:
    """Whether the manager that these commands speak to answers: else there is nothing to stop."""
    if not commands:
        return False
    words = commands[0]
    return answers(("systemctl", "--user", "show-environment")) if words[0] == "systemctl" else _found(words[0])


def answers(command: Command) -> bool:
    """Whether a question ends well, soon."""
    if not _found(command[0]):
        return False
    try:
        return subprocess.run(command, capture_output=True, timeout=ANSWER_SECONDS, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def run(commands: Sequence[Command]) -> tuple[str, ...]:
    """Run them one after the other; what went wrong, in the manager's own words."""
    said: list[str] = []
    for words in commands:
        try:
            done = subprocess.run(words, capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as fault:
            said.append(f"`{' '.join(words)}` did not work ({type(fault).__name__})")
            continue
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            said.append(f"`{' '.join(words)}` did not work: {last}")
    return tuple(said)


def _found(program: str) -> bool:
    return shutil.which(program) is not None


def _missing(folder: Path) -> list[Path]:
    """The folders that making this one makes, outermost first."""
    return [each for each in reversed([folder, *folder.parents]) if not each.exists()]


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    there = files.read(path)
    if there == data:
        return
    if not files.replace(path, data, there):
        raise Refused("changing", f"{path} is being changed by another program; try again")
    if there is None:
        with contextlib.suppress(OSError):
            os.chmod(path, FILE_MODE)
