"""tollbook-collector completion: a completion script for a shell, from the commands' own arguments."""

import argparse

from tollbook_collector import exit_codes
from tollbook_collector.cli.command import Commands, describe
from tollbook_collector.cli.output import Console

SHELLS = ("bash", "zsh", "fish")
_EXAMPLES = """\
  tollbook-collector completion bash > ~/.local/share/bash-completion/completions/tollbook-collector"""


def add(commands: Commands) -> None:
    parser = describe(commands, "completion", "print a completion script for a shell", _EXAMPLES, run)
    parser.add_argument("shell", choices=SHELLS, help="bash, zsh or fish")


def run(arguments: argparse.Namespace, console: Console) -> int:
    import shtab

    from tollbook_collector.cli.main import parser

    print(shtab.complete(_plain(parser()), shell=arguments.shell), file=console.out)
    return exit_codes.OK


def _plain(whole: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Descriptions of one line: the scripts hold no more."""
    for action in whole._actions:  # pyright: ignore[reportPrivateUsage]
        if isinstance(action, argparse._SubParsersAction):  # pyright: ignore[reportPrivateUsage]
            each: argparse.ArgumentParser
            for each in action.choices.values():  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
                each.epilog = None
    return whole
