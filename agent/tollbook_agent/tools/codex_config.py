"""What Codex is given: an `[otel]` table at the end of its configuration, and variables in its own `.env`."""

import os
from collections.abc import Mapping
from pathlib import Path

from tollbook.vocabulary import Tool
from tollbook_agent.tools.setting import Kind, Refused, Setting

CONFIG = "config.toml"
DOTENV = ".env"
LAST_WAIT_MS = 1_000
"""How long Codex may wait at its end for a receiver that does not answer. Its own 5 s were observed of 0.169.0."""
REFUSED_PREFIX = "CODEX_"
"""Codex leaves out such variables of its `.env` (its source, `load_dotenv`): one written there would do nothing."""


def codex_home(environment: Mapping[str, str], user: str) -> Path:
    """Codex's folder of this user. `user` is the home folder."""
    return Path(environment.get("CODEX_HOME") or os.path.join(user, ".codex"))


def env(
    home: Path, name: str, value: str, *, replace: bool = False, optional: bool = False, secret: str = ""
) -> Setting:
    """One variable that Codex sets for itself at start.

    Raises:
        Refused: Codex would not read it.
    """
    if name.upper().startswith(REFUSED_PREFIX):
        raise Refused("not_read_by_codex", f"Codex ignores {name} in {DOTENV}; set it in the environment")
    return Setting(
        tool=Tool.CODEX,
        path=home / DOTENV,
        kind=Kind.DOTENV,
        key=(name,),
        value=value,
        replace=replace,
        optional=optional,
        secret=secret,
    )


def telemetry(home: Path, port: int, token: str) -> list[Setting]:
    """Codex's own log events to the receiver's HTTP port. Prompts stay out, as is Codex's default."""
    block = (
        "[otel]\n"
        "log_user_prompt = false\n"
        '[otel.exporter."otlp-http"]\n'
        f'endpoint = "http://127.0.0.1:{port}/v1/logs"\n'
        'protocol = "binary"\n'
        '[otel.exporter."otlp-http".headers]\n'
        f'x-tollbook-token = "{token}"\n'
    )
    setting = Setting(
        tool=Tool.CODEX,
        path=home / CONFIG,
        kind=Kind.TOML_BLOCK,
        key=("otel",),
        value=block,
        secret=token,
    )
    return [setting, env(home, "OTEL_EXPORTER_OTLP_TIMEOUT", str(LAST_WAIT_MS), optional=True)]
