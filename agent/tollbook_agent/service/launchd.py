"""A launchd agent of this user: keys are those of launchd.plist(5). Pure; not run, since no Mac was at hand.

The relay's socket stays with our own supervisor: launchd hands sockets over by a function of its C library alone.
"""

import plistlib
from pathlib import Path
from typing import Any

from tollbook_agent.service.shape import Laptop, Service, ServiceFile

LABEL = "com.tollbook.agent"
THROTTLE_SECONDS = 10
FILES = 8_192
"""Open at once; launchd's default is 256, and a tunnel holds two."""


def service(laptop: Laptop) -> Service:
    """The property list and the commands around it."""
    path = laptop.user_home / "Library" / "LaunchAgents" / f"{LABEL}.plist"
    data = plistlib.dumps(properties(laptop))
    domain = f"gui/{laptop.user_id}"
    return Service(
        manager="launchd",
        files=[ServiceFile(path=path, data=data, shown=data.decode())],
        answers=("launchctl", "print", domain),
        start=(("launchctl", "bootstrap", domain, str(path)),),
        stop=(("launchctl", "bootout", f"{domain}/{LABEL}"),),
        after_removal=(),
        links=[],
    )


def properties(laptop: Laptop) -> dict[str, Any]:
    """What launchd is told."""
    log = str(Path(laptop.home) / "agent.log")
    return {
        "Label": LABEL,
        "ProgramArguments": list(laptop.program),
        **({"EnvironmentVariables": laptop.variables} if laptop.variables else {}),
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": THROTTLE_SECONDS,
        "ProcessType": "Background",
        "LowPriorityBackgroundIO": True,
        "SoftResourceLimits": {"NumberOfFiles": FILES, "Core": 0},
        "Umask": 0o077,
        "StandardOutPath": log,
        "StandardErrorPath": log,
    }
