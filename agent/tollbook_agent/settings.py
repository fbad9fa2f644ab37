"""Settings: `config.toml` in the agent's home, overridden by `TOLLBOOK_*` variables. Checked whole, before all else."""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tollbook_agent import home as places
from tollbook_agent import identity_store, kept_keys
from tollbook_agent.context.email_address import address

if TYPE_CHECKING:  # every start waits for what is imported here
    from tollbook.ticket import TicketRule

MAX_CONFIG_BYTES = 256 * 1024
_PROJECT_KEY = r"[A-Z][A-Z0-9]+"
_HOST_PORT = r"(?:\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.-]+):([0-9]{1,5})"
_URL = r"https?://[^\s/]+/?"
_DEVICE = r"[0-9a-f]{16,64}"


class SettingError(Exception):
    """A wrong setting: the message names it, says what is wrong and what would be right."""

    def __init__(self, name: str, wrong: str, right: str) -> None:
        super().__init__(f"setting {name}: {wrong}; {right}")


class Settings(NamedTuple):  # every start reads it, and a dataclass is slow to make
    """Everything that can be set, complete and checked."""

    home: Path
    device: str
    engineer: str | None = None
    """E-mail address; `None` asks git."""
    project_keys: frozenset[str] | None = None
    """Jira projects whose keys count as tickets; `None` takes every key but the deny-list."""
    collector: str | None = None
    """host:port of the collector's OTLP/gRPC."""
    api: str | None = None
    """http://host:port of the collector's API."""
    timezone: str | None = None
    """IANA zone of `today`, `week` and `month`; `None` is the machine's."""
    ticket: str | None = None
    """`TOLLBOOK_TICKET`: the ticket of everything this process reads."""

    enrolment: identity_store.Enrolment | None = None
    """Who this laptop is at a collector; `None` where it never enrolled."""
    keys_of_collector: bool = False
    """Nothing was set for `project_keys`: they are what the collector last said."""

    @property
    def store(self) -> Path:
        """The laptop's store."""
        return self.home / places.STORE

    @property
    def rule(self) -> "TicketRule":
        """Which ticket keys count."""
        from tollbook.ticket import TicketRule

        return TicketRule(project_keys=self.project_keys)


NAMES: tuple[str, ...] = ("engineer", "project_keys", "collector", "api", "timezone")
"""What `config.toml` may set; each has a variable `TOLLBOOK_<NAME>`."""


def load(environment: Mapping[str, str], *, make: bool = True) -> Settings:
    """The settings of this machine; its folder and its device id are made at first use, unless `make` is false.

    Raises:
        SettingError: the first wrong setting.
    """
    folder = Path(places.home(environment))
    enrolment = identity_store.load(folder)
    values = _read(folder / places.CONFIG)
    if enrolment is not None:
        values = {"collector": enrolment.collector, "api": enrolment.url, **values}
    checked: dict[str, Any] = {}
    for name in NAMES:
        value, origin = values.get(name), name
        override = environment.get(f"TOLLBOOK_{name.upper()}")
        if override:
            value, origin = override, f"TOLLBOOK_{name.upper()}"
            if name == "project_keys":
                value = [each.strip() for each in override.split(",")]
        if value is not None:
            checked[name] = _CHECKS[name](value, origin)
    fetched = enrolment is not None and "project_keys" not in checked
    if enrolment is not None and fetched:
        checked["project_keys"] = kept_keys.known_keys(folder, enrolment)
    checked["ticket"] = _ticket(environment.get("TOLLBOOK_TICKET"))
    device = _device(folder) if make or (folder / places.DEVICE).exists() else ""
    return Settings(home=folder, device=device, enrolment=enrolment, keys_of_collector=fetched, **checked)


def _read(path: Path) -> dict[str, Any]:
    try:
        raw = path.read_bytes() if path.stat().st_size <= MAX_CONFIG_BYTES else None
    except FileNotFoundError:
        return {}
    except OSError as fault:
        raise SettingError(path.name, f"cannot be read ({fault.strerror})", f"make {path} readable") from fault
    if raw is None:
        raise SettingError(path.name, f"is larger than {MAX_CONFIG_BYTES} bytes", "this is not a file of settings")
    import tomllib  # only who has a file of settings waits for it

    try:
        values = tomllib.loads(raw.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise SettingError(path.name, f"is not valid TOML: {fault}", "configs/agent.toml is an example") from fault
    for name in values:
        if name not in NAMES:
            import difflib

            close = difflib.get_close_matches(name, NAMES, n=1)
            right = f"did you mean {close[0]}?" if close else f"known settings are {', '.join(NAMES)}"
            raise SettingError(name, "is not a setting", right)
    return values


def _engineer(value: Any, name: str) -> str:
    email = address(value) if isinstance(value, str) else None
    if email is None:
        raise SettingError(name, f"{value!r} is not an e-mail address", "write it like ada@example.com")
    return email


def _project_keys(value: Any, name: str) -> frozenset[str]:
    right = 'write a list of Jira project keys like ["PAY", "OPS"], or leave it out'
    if not isinstance(value, list):
        raise SettingError(name, f"{value!r} is not a list", right)
    if not value:
        raise SettingError(name, "is empty: nothing would count as a ticket", right)
    keys: list[str] = []
    for each in value:  # pyright: ignore[reportUnknownVariableType]
        if not isinstance(each, str) or not re.fullmatch(_PROJECT_KEY, each.upper()):
            raise SettingError(name, f"{each!r} is not a project key", right)
        keys.append(each.upper())
    return frozenset(keys)


def _collector(value: Any, name: str) -> str:
    match = re.fullmatch(_HOST_PORT, value) if isinstance(value, str) else None
    if match is None or not 0 < int(match[1]) < 65536:
        raise SettingError(name, f"{value!r} is not host:port", "write it like 127.0.0.1:4317, without http://")
    return str(value)


def _api(value: Any, name: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(_URL, value):
        raise SettingError(name, f"{value!r} is not an http address", "write it like http://127.0.0.1:4319")
    return value


def _timezone(value: Any, name: str) -> str:
    right = "write it like Europe/Berlin or UTC"
    if not isinstance(value, str) or not value:
        raise SettingError(name, f"{value!r} is not an IANA time zone", right)
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # most machines' own zone is meant

    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        raise SettingError(name, f"{value!r} is not an IANA time zone", right) from fault
    return value


_CHECKS: Mapping[str, Callable[[Any, str], Any]] = {
    "engineer": _engineer,
    "project_keys": _project_keys,
    "collector": _collector,
    "api": _api,
    "timezone": _timezone,
}
"""Each takes a value and the name it was set under, and gives the value as it is used."""


def _ticket(value: str | None) -> str | None:
    if not value:
        return None
    from tollbook.ticket import candidates

    words = value.upper().replace(",", " ").split()
    for word in words:
        if candidates(word) != (word,):
            raise SettingError("TOLLBOOK_TICKET", f"{word!r} is not a ticket key", "write it like PAY-123")
    return " ".join(sorted(set(words))) or None


def _device(folder: Path) -> str:
    """This machine's random id, made at first use: once, however many processes start together."""
    path = folder / places.DEVICE
    try:
        if not path.exists():
            _make_home(folder)
            _make_device(path)
        known = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as fault:
        wrong = f"{path} cannot be used ({type(fault).__name__})"
        raise SettingError("TOLLBOOK_HOME", wrong, "name a folder that can be written") from fault
    if not re.fullmatch(_DEVICE, known):
        raise SettingError(places.DEVICE, f"{path} holds no device id", "remove the file, and a new id is made")
    return known


def _make_home(folder: Path) -> None:
    """Make it, and remember what was made above it: `tollbook uninstall` leaves nothing behind."""
    above = [str(each) for each in folder.parents if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if above:
        (folder / places.FOLDERS).write_text("\n".join(above) + "\n", encoding="utf-8")


def _make_device(path: Path) -> None:
    """Write the whole file or leave the one that another process has made meanwhile."""
    import secrets

    temporary = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    temporary.touch(mode=0o600)
    try:
        temporary.write_text(secrets.token_hex(8) + "\n")
        try:
            os.link(temporary, path)
        except FileExistsError:
            return
        except OSError:  # no hard links here: the last one wins, and everybody reads it
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
