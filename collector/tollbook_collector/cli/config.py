"""tollbook-collector config: whether the settings are right, and what they are."""

import argparse

from tollbook_collector import exit_codes
from tollbook_collector.cli.command import Commands, describe
from tollbook_collector.cli.output import Console

_EXAMPLES = """\
  tollbook-collector config check
  tollbook-collector config check --config configs/collector.toml"""


def add(commands: Commands) -> None:
    parser = describe(commands, "config", "check the settings and print them", _EXAMPLES, run)
    parser.add_argument("action", choices=["check"], help="check: say what is wrong with them, or print them")


def run(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook_collector.cli.opening import load_settings

    settings = load_settings(arguments, console)
    if isinstance(settings, int):
        return settings
    keys = settings.project_keys
    rows = [
        ["home", str(settings.home)],
        ["store", str(settings.store)],
        ["otlp_grpc_address", str(settings.otlp_grpc_address)],
        ["api_address", str(settings.api_address)],
        ["project_keys", "every key" if keys is None else " ".join(sorted(keys))],
        ["max_message_bytes", str(settings.max_message_bytes)],
    ]
    console.table(["setting", "value"], rows, keys=2)
    console.note("The settings are right.")
    return exit_codes.OK
