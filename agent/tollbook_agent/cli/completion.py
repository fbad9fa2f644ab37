"""`tollbook completion SHELL`: a completion script, from the commands' own arguments."""

import argparse

from tollbook_agent.cli import exit_codes
from tollbook_agent.cli.main import COMMANDS
from tollbook_agent.cli.run import command_of

SHELLS = ("bash", "zsh", "fish")
TICKETS = "tickets"
"""Asks for what the scripts offer as tickets; `main` answers it without a parser."""
_WHERE = {
    "bash": "~/.local/share/bash-completion/completions/tollbook",
    "zsh": "a folder of $fpath, as _tollbook",
    "fish": "~/.config/fish/completions/tollbook.fish",
}


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """SHELL, or `tickets`."""
    places = "\n".join(f"  {shell:<5} {place}" for shell, place in _WHERE.items())
    parser.description = (
        f"A completion script for a shell, to be kept where that shell looks for it:\n{places}\n"
        "`tickets` are the ticket keys of the newest calls on this laptop: the scripts offer them."
    )
    parser.epilog = "example: tollbook completion bash > ~/.local/share/bash-completion/completions/tollbook"
    parser.add_argument("shell", choices=(*SHELLS, TICKETS))


def run(arguments: argparse.Namespace, _name: str) -> int:
    """Print it."""
    import shtab

    print(shtab.complete(whole_parser(), shell=arguments.shell))
    return exit_codes.OK


_ASK = f"tollbook completion {TICKETS} 2>/dev/null"
_OFFER = {
    "bash": "_tollbook_tickets",
    "zsh": "_tollbook_tickets",
    "fish": f"({_ASK}) set fix",
    "preamble": {
        "bash": f'_tollbook_tickets() {{ compgen -W "$({_ASK}) set fix" -- "$1"; }}',
        "zsh": f'_tollbook_tickets() {{ compadd -V tickets -- ${{(f)"$({_ASK})"}} set fix; }}',
    },
}
"""How each shell asks anew at every key; zsh keeps the newest first."""


def whole_parser() -> argparse.ArgumentParser:
    """All commands in one parser; only completion needs them together."""
    parser = argparse.ArgumentParser(prog="tollbook", description="what your AI coding costs")
    parser.add_argument("--version", action="store_true", help="the version")
    commands = parser.add_subparsers(dest="command")
    for name, (module, about) in COMMANDS.items():
        one = commands.add_parser(name, help=about, description=about, allow_abbrev=False)
        command_of(module, name)[0].add_arguments(one, name)
        made = one._actions  # pyright: ignore[reportPrivateUsage]
        one.description, one.epilog = about, None  # scripts hold one line a command
        if name == "ticket":
            (words,) = [each for each in made if not each.option_strings]
            setattr(words, "complete", _OFFER)  # noqa: B010 - what shtab looks for, and argparse does not know
    return parser
