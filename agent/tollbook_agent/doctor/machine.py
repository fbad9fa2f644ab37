"""Machine: what all checks look at, gathered once: places, settings, the agent's own words, capture's setup."""

import datetime as dt
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tollbook_agent import home as places
from tollbook_agent.capture.proxy import files
from tollbook_agent.control import Unreachable, ask
from tollbook_agent.settings import SettingError, Settings, load

ASK_SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One laptop at one moment."""

    environment: Mapping[str, str]
    user_home: str
    home: Path
    """The agent's."""
    now: dt.datetime
    settings: Settings | None
    setting_error: str
    agent: Mapping[str, Any] | None
    """What the resident agent says of itself; `None` where none answers."""
    proxy: files.ProxyState | None
    platform: str = sys.platform

    @property
    def proxy_folder(self) -> Path:
        """The files of network capture."""
        return files.folder(self.home)


def look(environment: Mapping[str, str]) -> Machine:
    """This machine, now. Changes nothing."""
    home = Path(places.home(environment))
    settings, error = None, ""
    try:
        settings = load(environment, make=False)
    except SettingError as fault:
        error = str(fault)
    try:
        agent: Mapping[str, Any] | None = ask(home / places.CONTROL, "status", timeout=ASK_SECONDS)
    except Unreachable:
        agent = None
    return Machine(
        environment=environment,
        user_home=os.path.expanduser("~"),
        home=home,
        now=dt.datetime.now(dt.UTC),
        settings=settings,
        setting_error=error,
        agent=agent,
        proxy=files.load(home),
    )
