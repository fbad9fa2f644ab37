"""Whose connection it is: the user by the kernel's table, the process and its folder by psutil. Edge; never raises."""

import collections
import contextlib
import os
import struct
import sys
import time
from dataclasses import dataclass
from typing import NamedTuple

import psutil

RECENT = 16
ATTEMPTS = 4
AGAIN_SECONDS = 0.005
"""The system's tables are read while they change: a connection that is there may be missed once."""
_TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
_LOOPBACKS = frozenset(
    {
        f"{struct.unpack('=I', bytes((127, 0, 0, 1)))[0]:08X}",
        f"0000000000000000{struct.unpack('=I', bytes((0, 0, 255, 255)))[0]:08X}"
        f"{struct.unpack('=I', bytes((127, 0, 0, 1)))[0]:08X}",
    }
)
"""127.0.0.1 as the kernel writes it, also when seen by an IPv6 socket."""
_TIME_WAIT = "06"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The process at the other end of a connection."""

    pid: int
    name: str
    program: str
    """Path of its executable, or its first argument."""
    created: float
    """With the pid, names a process for ever; seconds since the epoch."""
    cwd: str | None
    seen_ns: int
    began: float
    """When it began, seconds since the epoch, not later than it was; to a hundredth where `created` is to a second."""


class Socket(NamedTuple):
    """A loopback connection as Linux lists it."""

    uid: int
    inode: int


def socket_of(port: int, server_port: int) -> Socket | None:
    """The loopback connection from this local port to ours; `None` where the system does not tell (only Linux does).
    A connection of the past from the same port, to somewhere else, may still be listed: as user 0's and nobody's."""
    if sys.platform != "linux":
        return None
    local, remote = f":{port:04X}", f":{server_port:04X}"
    for table in _TABLES:
        with contextlib.suppress(OSError, ValueError), open(table, encoding="ascii") as lines:
            for line in lines:
                if local not in line:
                    continue
                cells = line.split()
                if len(cells) < 10 or not (cells[1].endswith(local) and cells[2].endswith(remote)):
                    continue
                if cells[1].split(":")[0] in _LOOPBACKS and cells[3] != _TIME_WAIT:
                    return Socket(int(cells[7]), int(cells[9]))
    return None


def uid_of(port: int, server_port: int) -> int | None:
    """The user who owns the loopback connection from this local port to ours; `None` where the system does not tell."""
    found = socket_of(port, server_port)
    return None if found is None else found.uid


def is_own_user(port: int, server_port: int) -> bool:
    """Whether a connection from this local port to ours is this user's; true where the system does not tell: there the
    password decides alone."""
    uid = uid_of(port, server_port)
    return uid is None or uid == os.getuid()


def owner_of(port: int, server_port: int) -> Owner | None:
    """The process that holds the connection from this local port to ours; `None` where it cannot be seen."""
    try:
        for attempt in range(ATTEMPTS):
            pid = _pid(port, server_port)
            if pid is not None:
                break
            time.sleep(AGAIN_SECONDS * attempt)
        else:
            return None
        process = psutil.Process(pid)
        with process.oneshot():
            created, name = process.create_time(), process.name()
        cwd: str | None = None
        program = ""
        with contextlib.suppress(psutil.Error, OSError):
            program = process.exe()
        with contextlib.suppress(psutil.Error, OSError):
            cwd = process.cwd() or None
        seen_ns, began = time.time_ns(), _began(pid, created)
        return Owner(pid=pid, name=name, program=program, created=created, cwd=cwd, seen_ns=seen_ns, began=began)
    except (psutil.Error, OSError, RuntimeError, ValueError, IndexError):
        return None


def _began(pid: int, created: float) -> float:
    """Linux tells when it booted in whole seconds only, and psutil adds to that: here the time since then is exact."""
    if sys.platform != "linux":
        return created
    with open(f"/proc/{pid}/stat", "rb") as stat:
        ticks = int(stat.read().rpartition(b")")[2].split()[19])
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    return time.time() - age


def _pid(port: int, server_port: int) -> int | None:
    if sys.platform == "linux":
        found = socket_of(port, server_port)
        return None if found is None else _holder(found.inode)
    try:
        connections = psutil.net_connections(kind="tcp4")
    except (psutil.AccessDenied, PermissionError):
        return _pid_one_by_one(port, server_port)
    for one in connections:
        if one.laddr and one.raddr and one.laddr.port == port and one.raddr.port == server_port:
            return one.pid
    return None


_recent: "collections.deque[int]" = collections.deque(maxlen=RECENT)
"""Processes that connected last: a tool opens many connections, and is found here at once."""


def _holder(inode: int) -> int | None:
    """The process that has a socket open; those that connected last are asked first, then the newest."""
    link = f"socket:[{inode}]"
    others = sorted((int(name) for name in os.listdir("/proc") if name.isdigit()), reverse=True)
    for pid in dict.fromkeys([*_recent, *others]):
        folder = f"/proc/{pid}/fd"
        with contextlib.suppress(OSError):
            for name in os.listdir(folder):
                with contextlib.suppress(OSError):
                    if os.readlink(f"{folder}/{name}") == link:
                        if pid not in _recent:
                            _recent.append(pid)
                        return pid
    return None


def _pid_one_by_one(port: int, server_port: int) -> int | None:
    """macOS shows a user only the connections of single processes; the newest is the likeliest."""
    for process in sorted(psutil.process_iter(), key=lambda each: -each.pid):
        with contextlib.suppress(psutil.Error, OSError):
            for one in process.net_connections(kind="tcp4"):
                if one.laddr and one.raddr and one.laddr.port == port and one.raddr.port == server_port:
                    return process.pid
    return None


def runs(found: Owner, programs: frozenset[str]) -> bool:
    """Whether a process is one of these programs, by its name, its executable or a folder that holds it: Claude Code's
    own executable is called by its version, in a folder called `claude`."""
    words = {
        found.name.lower(),
        *(part.lower().removesuffix(".exe") for part in found.program.replace("\\", "/").split("/")),
    }
    return any(word == each or word.startswith(each + "-") for word in words for each in programs)
