"""The folder a collector keeps its state in, by platform."""

import sys
from collections.abc import Mapping
from pathlib import Path

from tollbook_collector.config import HOME

FOLDER = "tollbook-collector"


def home_folder(environment: Mapping[str, str], platform: str = sys.platform) -> Path:
    """`TOLLBOOK_COLLECTOR_HOME`, else the platform's place for a user's data."""
    named = environment.get(HOME)
    if named:
        return Path(named).expanduser()
    if platform == "win32":
        return Path(environment.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / FOLDER
    if platform == "darwin":
        return Path.home() / "Library" / "Application Support" / FOLDER
    return Path(environment.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / FOLDER
