"""tollbook-collector config: whether the settings are right, what they are, and where each comes from."""

import argparse
from collections.abc import Set
from pathlib import Path
from typing import NamedTuple, cast

from tollbook_collector import exit_codes
from tollbook_collector.cli.command import Commands, add_json, describe
from tollbook_collector.cli.output import Console, printable

_EXAMPLES = """\
  tollbook-collector config check
  tollbook-collector config check --config configs/collector.toml"""
_DEFAULT = "default"


class _Line(NamedTuple):
    """One setting in effect."""

    name: str
    value: object
    """As it would stand in TOML; `None`: it would not stand there."""
    origin: str


def add(commands: Commands) -> None:
    parser = describe(commands, "config", "check the settings and print them", _EXAMPLES, run)
    parser.add_argument("action", choices=["check"], help="check: say what is wrong with them, or print them")
    add_json(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook_collector.cli.opening import load_all

    loaded = load_all(arguments, console)
    if loaded.settings is None:
        return exit_codes.SETTINGS
    lines = [_Line(name, _plain(value), loaded.origins.get(name, _DEFAULT)) for name, value in loaded.stated.items()]
    lines = [*_home(loaded.settings.home), *lines]
    if arguments.json:
        console.json({"settings": {line.name: {"value": line.value, "from": line.origin} for line in lines}})
        return exit_codes.OK
    rows = [[line.name, _shown(line.value), printable(line.origin)] for line in lines]
    console.table(["setting", "value", "from"], rows, keys=3)
    console.note("The settings are right.")
    return exit_codes.OK


def _home(home: Path) -> list[_Line]:
    """The folder, and the secret in it: never what it is, only whether there is one."""
    import os

    from tollbook_collector.auth.pepper import FILE
    from tollbook_collector.config import HOME

    origin = HOME if os.environ.get(HOME) else _DEFAULT
    secret = "set" if (home / FILE).exists() else "unset"
    return [_Line("home", str(home), origin), _Line("pepper", secret, str(home / FILE))]


def _plain(value: object) -> object:
    if isinstance(value, Set):
        return sorted(cast(Set[str], value))
    return value if value is None or isinstance(value, bool | int) else str(value)


def _shown(value: object) -> str:
    if value is None:
        return "unset"
    if isinstance(value, bool):
        return str(value).lower()
    return " ".join(map(str, cast(list[object], value))) if isinstance(value, list) else printable(str(value))
