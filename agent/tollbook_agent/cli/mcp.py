"""`tollbook mcp`: the laptop's answers for an assistant, as an MCP server on standard input and output."""

import argparse
import importlib.util
import os
import sys

from tollbook_agent.cli import exit_codes
from tollbook_agent.settings import load

NEEDS = "the MCP server needs the extra `mcp`: install tollbook-agent[mcp]"


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """None."""
    parser.description = (
        "An MCP server on standard input and output with two tools that only read: `ticket_cost` and `my_spend`.\n"
        "An assistant starts it itself, and asks what `tollbook ticket` and `tollbook week` answer."
    )
    parser.epilog = "example: claude mcp add tollbook -- tollbook mcp"


def run(_arguments: argparse.Namespace, _name: str) -> int:
    """Serve until standard input ends."""
    load(os.environ)  # a wrong setting is said before anybody waits
    if importlib.util.find_spec("mcp") is None:
        print(f"tollbook: {NEEDS}", file=sys.stderr)
        return exit_codes.FAILED
    from tollbook_agent.cli.mcp_server import server

    server().run("stdio")
    return exit_codes.OK
