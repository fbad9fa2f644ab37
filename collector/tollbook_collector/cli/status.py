"""tollbook-collector status: what the record holds."""

import argparse
from typing import Any

from tollbook_collector import exit_codes
from tollbook_collector.cli.command import Commands, add_json, add_tenant, describe
from tollbook_collector.cli.output import Console, printable
from tollbook_collector.shown import count

_EXAMPLES = """\
  tollbook-collector status
  tollbook-collector status --json"""


def add(commands: Commands) -> None:
    parser = describe(commands, "status", "what the record holds", _EXAMPLES, run)
    add_tenant(parser)
    add_json(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook_collector.cli.opening import open_answers

    with open_answers(arguments, console) as answers:
        if isinstance(answers, int):
            return answers
        answer = answers.status()
    if arguments.json:
        console.json(answer)
        return exit_codes.OK
    rows = [["version", answer["version"]]]
    rows += [[name.replace("_", " "), _shown(value)] for name, value in _flat(answer["record"])]
    console.table(["what", "value"], rows, keys=2)
    return exit_codes.OK


def _flat(record: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in record.items():
        if isinstance(value, dict):
            found += _flat(value, f"{prefix}{name} ")  # type: ignore[arg-type]
        else:
            found.append((prefix + name, value))
    return found


def _shown(value: object) -> str:
    if value is None:
        return "-"
    return count(value) if isinstance(value, int) else printable(str(value))
