"""Settings: read from `collector.toml` and the environment, checked before anything starts.

The environment wins over the file. Whatever is wrong is a Problem that names the setting, what is wrong with it and
what would be right; nothing is guessed and nothing unknown is passed over.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, cast

from tollbook.problem import Problem
from tollbook_collector.address import Address, parse_address
from tollbook_collector.nearest import suggestion
from tollbook_collector.project_keys import parse_project_keys
from tollbook_collector.pull.settings import Source, read_sources
from tollbook_collector.tls import Tls, TlsError

PREFIX = "TOLLBOOK_COLLECTOR_"
HOME = PREFIX + "HOME"
FILE_NAME = "collector.toml"
SMALLEST_MESSAGE = 64 * 1024
LARGEST_MESSAGE = 64 * 1024 * 1024
LARGEST_GROUP = 1_000
LARGEST_RATE = 10_000_000
LONGEST_PAUSE_HOURS = 24 * 7
MOST_PROCESSES = 16
PULL = "pull"
"""The table that holds a table for each source of bills and outcomes."""
LARGEST_FILE = 1024 * 1024
"""Bytes of a settings file; a larger one is some other file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting of the collector, complete and checked."""

    home: Path
    """The folder all state lives in."""
    store: Path
    """The record's SQLite file."""
    otlp_grpc_address: Address
    otlp_http_address: Address
    api_address: Address
    project_keys: frozenset[str] | None
    """The project keys whose tickets count; `None`: every key that looks like one, less a deny-list."""
    max_message_bytes: int
    """The largest OTLP request taken, after decompression."""
    tls: Tls | None = None
    """Of all three listeners; without it none may be reached from other machines."""
    smallest_group: int = 5
    """People of whom a table may name each, at least."""
    lead_sees_members: bool = False
    """Whether who leads a team may look at its members."""
    metrics_address: Address | None = None
    """Where Prometheus reads; `None`: nowhere."""
    max_claims_per_second_device: int = 2_000
    """Of one device, on average; 0 for no limit."""
    max_claims_per_second_tenant: int = 50_000
    """Of all devices and gateways of an organisation together; 0 for no limit."""
    receiver_processes: int = 0
    """Processes that read requests beside the one that books; 0: that one reads too."""
    pull_every_hours: int = 0
    """How often a running server pulls from all of `pulls`; 0: never."""
    pulls: tuple[Source, ...] = ()
    """The tables `[pull.NAME]`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What loading gave: settings exactly when there is no problem."""

    settings: Settings | None
    problems: tuple[Problem, ...]
    stated: Mapping[str, object] = field(default_factory=dict[str, object])
    """Every setting by its name, as read; files still relative to the home. Empty where there is a problem."""
    origins: Mapping[str, str] = field(default_factory=dict[str, str])
    """The file's name or the variable that set it; whatever is not in here is at its default."""


class _Setting(NamedTuple):
    default: object
    read: Callable[[Any], object]
    """From the value in TOML. Raises ValueError saying what is wrong."""
    right: str
    """What would be right: an example."""
    from_text: Callable[[str], object] = str
    """From the environment's text to the value TOML would have given. Raises ValueError."""


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{value!r} is not a text")
    return value


def _address(value: object) -> Address:
    return parse_address(_text(value))


def _message_bytes(value: object) -> int:
    if type(value) is not int:
        raise ValueError(f"{value!r} is not a whole number")
    if not SMALLEST_MESSAGE <= value <= LARGEST_MESSAGE:
        raise ValueError(f"{value} is not between {SMALLEST_MESSAGE} and {LARGEST_MESSAGE}")
    return value


def _group(value: object) -> int:
    if type(value) is not int or not 1 <= value <= LARGEST_GROUP:
        raise ValueError(f"{value!r} is not a number of 1 to {LARGEST_GROUP}")
    return value


def _rate(value: object) -> int:
    if type(value) is not int or not 0 <= value <= LARGEST_RATE:
        raise ValueError(f"{value!r} is not a number of 0 to {LARGEST_RATE}")
    return value


def _processes(value: object) -> int:
    if type(value) is not int or not 0 <= value <= MOST_PROCESSES:
        raise ValueError(f"{value!r} is not a number of 0 to {MOST_PROCESSES}")
    return value


def _hours(value: object) -> int:
    if type(value) is not int or not 0 <= value <= LONGEST_PAUSE_HOURS:
        raise ValueError(f"{value!r} is not a number of 0 to {LONGEST_PAUSE_HOURS}")
    return value


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is not true or false")
    return value


def _yes_or_no_text(text: str) -> object:
    return {"true": True, "false": False}.get(text.strip().lower(), text)


def _number_text(text: str) -> object:
    return int(text) if text.strip().isascii() and text.strip().isdigit() else text


def _list_text(text: str) -> object:
    return [part.strip() for part in text.split(",") if part.strip()]


_SETTINGS: dict[str, _Setting] = {
    "store": _Setting("record.sqlite", _text, 'a file, relative to the home folder: "record.sqlite"'),
    "otlp_grpc_address": _Setting("127.0.0.1:4317", _address, 'a loopback address: "127.0.0.1:4317"'),
    "otlp_http_address": _Setting("127.0.0.1:4318", _address, 'a loopback address: "127.0.0.1:4318"'),
    "api_address": _Setting("127.0.0.1:4319", _address, 'a loopback address: "127.0.0.1:4319"'),
    "project_keys": _Setting(None, parse_project_keys, 'the keys before the dash: ["PAY", "OPS"]', _list_text),
    "max_message_bytes": _Setting(4 * 1024 * 1024, _message_bytes, "a number of bytes: 4194304", _number_text),
    "tls_cert": _Setting(None, _text, 'a file in PEM, relative to the home folder: "tls/collector.pem"'),
    "tls_key": _Setting(None, _text, 'a file in PEM, relative to the home folder: "tls/collector.key"'),
    "tls_client_ca": _Setting(None, _text, 'a file in PEM, relative to the home folder: "tls/clients.pem"'),
    "smallest_group": _Setting(5, _group, "a number of people: 5", _number_text),
    "lead_sees_members": _Setting(False, _yes_or_no, "true or false", _yes_or_no_text),
    "metrics_address": _Setting(None, _address, 'a loopback address: "127.0.0.1:4320"'),
    "max_claims_per_second_device": _Setting(2_000, _rate, "claims a second: 2000; 0 for no limit", _number_text),
    "max_claims_per_second_tenant": _Setting(50_000, _rate, "claims a second: 50000; 0 for no limit", _number_text),
    "receiver_processes": _Setting(0, _processes, "a number of processes: 2; 0 for none", _number_text),
    "pull_every_hours": _Setting(0, _hours, "hours: 6; 0 for never", _number_text),
}

_ADDRESSES = ("otlp_grpc_address", "otlp_http_address", "api_address", "metrics_address")
NAMES: tuple[str, ...] = tuple(_SETTINGS)
DEFAULTS: Mapping[str, object] = {name: setting.default for name, setting in _SETTINGS.items()}
"""What each setting is when nobody sets it, as it would stand in TOML; `None`: it would not stand there."""


def load(home: Path, file: Path | None, environment: Mapping[str, str]) -> Loaded:
    """The settings of a home folder.

    `file` is the settings file somebody named, which then must exist; without one, `collector.toml` in `home` is read
    if it is there. Reads that file and nothing else.
    """
    path = home / FILE_NAME if file is None else file
    found, problems = _read_file(path, must_exist=file is not None)
    values: dict[str, object] = {}
    origins: dict[str, str] = {}
    for name, value in found.items():
        where = f"{name} in {path.name}"
        if name in _SETTINGS:
            origins[name] = str(path)
            _take(values, problems, name, value, where)
        elif name == PULL:
            values["pulls"], wrong = read_sources(value)
            problems += wrong
        else:
            problems.append(_unknown(name, where, NAMES))
    for variable, text in environment.items():
        if not variable.startswith(PREFIX) or variable == HOME:
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name in _SETTINGS and variable == PREFIX + name.upper():
            origins[name] = variable
            _take(values, problems, name, _SETTINGS[name].from_text(text), variable)
        else:
            problems.append(_unknown(variable, variable, [PREFIX + each.upper() for each in NAMES]))
    for name, setting in _SETTINGS.items():
        if name not in values:
            values[name] = None if setting.default is None else setting.read(setting.default)
    problems.extend(_clashes(values))
    stated = {name: values[name] for name in NAMES if name in values}
    tls = _tls(home, values, problems)
    if problems:
        return Loaded(settings=None, problems=tuple(problems))
    values["store"] = home / cast(str, values["store"])
    settings = Settings(home=home, tls=tls, **cast(dict[str, Any], values))
    return Loaded(settings=settings, problems=(), stated=stated, origins=origins)


def _tls(home: Path, values: dict[str, object], problems: list[Problem]) -> Tls | None:
    """Take the files out of the settings; what is wrong with them, or needs them and has them not, is a problem."""
    files = {name: values.pop(name) for name in ("tls_cert", "tls_key", "tls_client_ca")}
    found = {name: home / value for name, value in files.items() if isinstance(value, str)}
    tls: Tls | None = None
    if found and not found.keys() >= {"tls_cert", "tls_key"}:
        what = "tls_cert and tls_key belong together, and tls_client_ca to both"
        problems.append(_wrong(next(iter(found)), what, "both, or none of the three"))
    elif found:
        tls = Tls(certificate=found["tls_cert"], key=found["tls_key"], client_ca=found.get("tls_client_ca"))
        try:
            tls.check()
        except TlsError as fault:
            problems.append(_wrong("tls_cert", str(fault), "a certificate with its key, both in PEM, the key unlocked"))
    for name in _ADDRESSES:
        address = values.get(name)
        if isinstance(address, Address) and not address.is_loopback and not found:
            what = f"{address} can be reached from other machines, and tls_cert and tls_key are not set"
            problems.append(_wrong(name, what, _SETTINGS[name].right))
    return tls


def _read_file(path: Path, *, must_exist: bool) -> tuple[dict[str, object], list[Problem]]:
    """The table of a settings file, or why it could not be read."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_FILE + 1)
        if len(raw) > LARGEST_FILE:
            return {}, [_wrong(str(path), f"it is larger than {LARGEST_FILE} bytes", "name a collector.toml")]
        return tomllib.loads(raw.decode()), []
    except FileNotFoundError:
        if not must_exist:
            return {}, []
        return {}, [_wrong(str(path), "there is no such file", "name a file that exists, or leave --config out")]
    except OSError as fault:
        return {}, [_wrong(str(path), f"it cannot be read ({fault.strerror})", "let this user read it")]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        return {}, [_wrong(str(path), f"it is not TOML: {fault}", "mend that line; configs/collector.toml is complete")]


def _take(values: dict[str, object], problems: list[Problem], name: str, value: object, where: str) -> None:
    """Read one value; a later one replaces an earlier one."""
    try:
        values[name] = _SETTINGS[name].read(value)
    except ValueError as fault:
        problems.append(_wrong(where, str(fault), _SETTINGS[name].right))


def _clashes(values: Mapping[str, object]) -> Iterable[Problem]:
    """What is wrong between settings."""
    taken: dict[Address, str] = {}
    for name in _ADDRESSES:
        address = values.get(name)
        if not isinstance(address, Address) or not address.port:
            continue
        if address in taken:
            yield _wrong(name, f"{address} is {taken[address]} too", "different ports: 4317, 4318 and 4319")
        taken[address] = name


def _wrong(where: str, what: str, right: str) -> Problem:
    return Problem(reason="setting_wrong", where=where, detail=what, remedy=f"right would be {right}")


def _unknown(name: str, where: str, known: Iterable[str]) -> Problem:
    """A setting that does not exist, with the one that was probably meant."""
    remedy = suggestion(name, known)
    return Problem(reason="setting_unknown", where=where, detail="there is no such setting", remedy=remedy)
