"""`tollbook statusline`: what it takes and gives. `main` runs it without this: argparse would make it much slower."""

import argparse

from tollbook_agent import statusline


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """FILE."""
    parser.description = (
        "One line for Claude Code's status line: what this session cost and for which ticket, what today cost, and a\n"
        "mark where nothing is captured or the figures are old. Takes Claude Code's JSON on standard input, reads one\n"
        "file, and always ends with a line and 0. `tollbook install --statusline` puts it into Claude Code's settings."
    )
    parser.epilog = """example: echo '{"session_id":"..."}' | tollbook statusline"""
    parser.add_argument("file", nargs="?", metavar="FILE", help="the resident agent's status file (default: its own)")


def run(arguments: argparse.Namespace, _name: str) -> int:
    """The line."""
    return statusline.main([arguments.file] if arguments.file else [])
