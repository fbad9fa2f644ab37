"""Settings: read from `collector.toml` and the environment, checked before anything starts.

The environment wins over the file. Whatever is wrong is a Problem that names the setting, what is wrong with it and
what would be right; nothing is guessed and nothing unknown is passed over.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, cast

from tollbook.problem import Problem
from tollbook_collector.address import Address, parse_address
from tollbook_collector.nearest import suggestion
from tollbook_collector.project_keys import parse_project_keys

PREFIX = "TOLLBOOK_COLLECTOR_"
HOME = PREFIX + "HOME"
FILE_NAME = "collector.toml"
SMALLEST_MESSAGE = 64 * 1024
LARGEST_MESSAGE = 64 * 1024 * 1024
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
    api_address: Address
    project_keys: frozenset[str] | None
    """The project keys whose tickets count; `None`: every key that looks like one, less a deny-list."""
    max_message_bytes: int
    """The largest OTLP request taken, after decompression."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What loading gave: settings exactly when there is no problem."""

    settings: Settings | None
    problems: tuple[Problem, ...]


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


def _number_text(text: str) -> object:
    return int(text) if text.strip().isascii() and text.strip().isdigit() else text


def _list_text(text: str) -> object:
    return [part.strip() for part in text.split(",") if part.strip()]


_SETTINGS: dict[str, _Setting] = {
    "store": _Setting("record.sqlite", _text, 'a file, relative to the home folder: "record.sqlite"'),
    "otlp_grpc_address": _Setting("127.0.0.1:4317", _address, 'a loopback address: "127.0.0.1:4317"'),
    "api_address": _Setting("127.0.0.1:4319", _address, 'a loopback address: "127.0.0.1:4319"'),
    "project_keys": _Setting(None, parse_project_keys, 'the keys before the dash: ["PAY", "OPS"]', _list_text),
    "max_message_bytes": _Setting(4 * 1024 * 1024, _message_bytes, "a number of bytes: 4194304", _number_text),
}

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
    for name, value in found.items():
        where = f"{name} in {path.name}"
        if name in _SETTINGS:
            _take(values, problems, name, value, where)
        else:
            problems.append(_unknown(name, where, NAMES))
    for variable, text in environment.items():
        if not variable.startswith(PREFIX) or variable == HOME:
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name in _SETTINGS and variable == PREFIX + name.upper():
            _take(values, problems, name, _SETTINGS[name].from_text(text), variable)
        else:
            problems.append(_unknown(variable, variable, [PREFIX + each.upper() for each in NAMES]))
    for name, setting in _SETTINGS.items():
        if name not in values:
            values[name] = None if setting.default is None else setting.read(setting.default)
    problems.extend(_clashes(values))
    if problems:
        return Loaded(settings=None, problems=tuple(problems))
    values["store"] = home / cast(str, values["store"])
    return Loaded(settings=Settings(home=home, **cast(dict[str, Any], values)), problems=())


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
    grpc, api = values.get("otlp_grpc_address"), values.get("api_address")
    if isinstance(grpc, Address) and grpc == api and grpc.port:
        yield _wrong("api_address", f"{grpc} is otlp_grpc_address too", "two different ports: 4317 and 4319")


def _wrong(where: str, what: str, right: str) -> Problem:
    return Problem(reason="setting_wrong", where=where, detail=what, remedy=f"right would be {right}")


def _unknown(name: str, where: str, known: Iterable[str]) -> Problem:
    """A setting that does not exist, with the one that was probably meant."""
    remedy = suggestion(name, known)
    return Problem(reason="setting_unknown", where=where, detail="there is no such setting", remedy=remedy)
