"""systemd user units: a service, and a socket that holds the relay's port while the service restarts. Pure.

Types and options are those of systemd.service(5), systemd.socket(5) and systemd.exec(5). The socket is handed over as
LISTEN_FDS, which `supervisor.listen` takes.
"""

import os
from pathlib import Path

from tollbook_agent.service.shape import Command, Laptop, Service, ServiceFile, text_file

SERVICE, SOCKET = "tollbook.service", "tollbook.socket"
WANTED_BY = {SERVICE: "default.target", SOCKET: "sockets.target"}
SETTINGS_CODE = 3
"""`cli.exit_codes.SETTINGS`: starting again mends nothing."""
BACKLOG = 512
"""As of the supervisor's own socket."""


def service(laptop: Laptop) -> Service:
    """Units of this user and the commands around them."""
    folder = units_folder(laptop)
    units = [SERVICE] if laptop.relay_port is None else [SOCKET, SERVICE]
    texts = {SERVICE: service_unit(laptop), SOCKET: socket_unit(laptop.relay_port or 0)}
    files: list[ServiceFile] = [text_file(folder / name, texts[name]) for name in units]
    return Service(
        manager="systemd",
        files=files,
        answers=_systemctl("show-environment"),
        start=(_systemctl("daemon-reload"), _systemctl("enable", "--now", *units)),
        stop=(_systemctl("disable", "--now", *units),),
        after_removal=(_systemctl("daemon-reload"),),
        links=[folder / f"{WANTED_BY[name]}.wants" / name for name in units],
    )


def units_folder(laptop: Laptop) -> Path:
    """Where this user's units are."""
    configured = laptop.environment.get("XDG_CONFIG_HOME")
    base = Path(configured) if configured and os.path.isabs(configured) else laptop.user_home / ".config"
    return base / "systemd" / "user"


def service_unit(laptop: Laptop) -> str:
    """The text of the service."""
    socket = "" if laptop.relay_port is None else f"Requires={SOCKET}\nAfter={SOCKET}\n"
    also = "" if laptop.relay_port is None else f"Also={SOCKET}\n"
    variables = "".join(f"Environment={_quoted(f'{name}={value}')}\n" for name, value in laptop.variables.items())
    program = " ".join(_quoted(word.replace("$", "$$")) for word in laptop.program)
    return (
        "# Written by `tollbook install`, removed by `tollbook uninstall`.\n"
        "[Unit]\n"
        "Description=Tollbook agent: what AI coding costs, by ticket\n"
        f"{socket}"
        "\n[Service]\n"
        "Type=exec\n"
        f"ExecStart={program}\n"
        f"{variables}"
        "Restart=on-failure\n"
        "RestartSec=5\n"
        f"RestartPreventExitStatus={SETTINGS_CODE}\n"
        "KillMode=mixed\n"
        "TimeoutStopSec=30\n"
        "UMask=0077\n"
        "LimitCORE=0\n"
        "NoNewPrivileges=yes\n"
        "Nice=5\n"
        "\n[Install]\n"
        f"WantedBy={WANTED_BY[SERVICE]}\n"
        f"{also}"
    )


def socket_unit(port: int) -> str:
    """The text of the socket."""
    return (
        "# Written by `tollbook install`, removed by `tollbook uninstall`.\n"
        "[Unit]\n"
        "Description=Tollbook relay: the port that captured tools connect to\n"
        "\n[Socket]\n"
        f"ListenStream=127.0.0.1:{port}\n"
        f"Backlog={BACKLOG}\n"
        f"Service={SERVICE}\n"
        "\n[Install]\n"
        f"WantedBy={WANTED_BY[SOCKET]}\n"
    )


def _systemctl(*words: str) -> Command:
    return ("systemctl", "--user", *words)


def _quoted(word: str) -> str:
    """A word as systemd reads it back: no specifier, no escape left to it."""
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%") + '"'
