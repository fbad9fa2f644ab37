"""What Claude Code is given: the `env` block of its own settings file."""

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from tollbook.vocabulary import Tool
from tollbook_agent import statusline
from tollbook_agent.tools.setting import Kind, Setting

SETTINGS = "settings.json"
LAST_WAIT_MS = 1_000
"""How long Claude Code may wait at its end for a receiver that does not answer; observed of 2.1.330: 2 s by itself."""


def settings_path(environment: Mapping[str, str], user: str) -> Path:
    """Claude Code's settings of this user. `user` is the home folder."""
    folder = environment.get("CLAUDE_CONFIG_DIR") or os.path.join(user, ".claude")
    return Path(folder) / SETTINGS


def env(
    path: Path, name: str, value: str, *, replace: bool = False, optional: bool = False, secret: str = ""
) -> Setting:
    """One variable that Claude Code sets for itself at start."""
    return Setting(
        tool=Tool.CLAUDE_CODE,
        path=path,
        kind=Kind.JSON,
        key=("env", name),
        value=value,
        replace=replace,
        optional=optional,
        secret=secret,
    )


def telemetry(path: Path, port: int, token: str) -> list[Setting]:
    """Claude Code's own log events to the receiver's HTTP port; neither metrics nor traces, and no content.

    The general variables, not those of the signal alone: where somebody already exports to another place, these are
    refused as a whole instead of dividing what that place gets.
    """
    variables = (
        ("CLAUDE_CODE_ENABLE_TELEMETRY", "1"),
        ("OTEL_LOGS_EXPORTER", "otlp"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{port}"),
        ("OTEL_METRICS_INCLUDE_REPOSITORY", "true"),
    )
    wait = env(path, "CLAUDE_CODE_OTEL_SHUTDOWN_TIMEOUT_MS", str(LAST_WAIT_MS), optional=True)
    header = env(path, "OTEL_EXPORTER_OTLP_HEADERS", f"x-tollbook-token={token}", secret=token)
    return [*(env(path, name, value) for name, value in variables), wait, header]


def status_line(path: Path, home: Path, *, windows: bool = sys.platform == "win32") -> list[Setting]:
    """Claude Code's status line. One that somebody has stays: these are refused then, as a whole."""
    program, file = Path(statusline.__file__), str(home / statusline.FILE)
    if windows:
        line = f'"{sys.executable}" -I -S "{program}" "{file}"'
    else:
        line = shlex.join(["sh", str(program.with_suffix(".sh")), file])
    return [
        Setting(tool=Tool.CLAUDE_CODE, path=path, kind=Kind.JSON, key=("statusLine", name), value=value)
        for name, value in (("type", "command"), ("command", line))
    ]
