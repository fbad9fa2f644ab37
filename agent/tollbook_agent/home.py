"""The one folder that holds all of the agent's state. Imports only `os` and `sys`: it runs on every start."""

import os
import sys
from collections.abc import Mapping

STORE = "laptop.db"
CONFIG = "config.toml"
DEVICE = "device"
LOCK = "lock"
CONTROL = "control.json"
PROJECT_KEYS = "project-keys.json"
FOLDERS = "folders"
"""Names the folders above the home that were made with it, innermost first."""


def home(environment: Mapping[str, str], platform: str = sys.platform) -> str:
    """`TOLLBOOK_HOME`, or the platform's place for a program's data."""
    configured = environment.get("TOLLBOOK_HOME")
    if configured:
        return os.path.abspath(os.path.expanduser(configured))
    user = os.path.expanduser("~")
    if platform == "darwin":
        return os.path.join(user, "Library", "Application Support", "Tollbook")
    if platform == "win32":
        return os.path.join(environment.get("LOCALAPPDATA") or os.path.join(user, "AppData", "Local"), "Tollbook")
    return os.path.join(environment.get("XDG_DATA_HOME") or os.path.join(user, ".local", "share"), "tollbook")
