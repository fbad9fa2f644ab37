"""`tollbook completion SHELL`: a completion script, from the commands' own arguments."""

import argparse

from tollbook_agent.cli import exit_codes
from tollbook_agent.cli.main import COMMANDS
from tollbook_agent.cli.run import command_of

SHELLS = ("bash", "zsh", "fish")
_WHERE = {
    "bash": "~/.local/share/bash-completion/completions/tollbook",
    "zsh": "a folder of $fpath, as _tollbook",
    "fish": "~/.config/fish/completions/tollbook.fish",
}


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """SHELL."""
    places = "\n".join(f"  {shell:<5} {place}" for shell, place in _WHERE.items())
    parser.description = f"A completion script for a shell, to be kept where that shell looks for it:\n{places}"
    parser.epilog = "example: tollbook completion bash > ~/.local/share/bash-completion/completions/tollbook"
    parser.add_argument("shell", choices=SHELLS)


def run(arguments: argparse.Namespace, _name: str) -> int:
    """Print it."""
    import shtab

    print(shtab.complete(whole_parser(), shell=arguments.shell))
    return exit_codes.OK


def whole_parser() -> argparse.ArgumentParser:
    """All commands in one parser; only completion needs them together."""
    parser = argparse.ArgumentParser(prog="tollbook", description="what your AI coding costs")
    parser.add_argument("--version", action="store_true", help="the version")
    commands = parser.add_subparsers(dest="command")
    for name, (module, about) in COMMANDS.items():
        one = commands.add_parser(name, help=about, description=about, allow_abbrev=False)
        command_of(module, name)[0].add_arguments(one, name)
        one.description, one.epilog = about, None  # scripts hold one line a command
    return parser
