"""`tollbook privacy show`: what leaves this laptop, with the newest call as it would be sent, and what stays here."""

import argparse
import os
from pathlib import Path
from typing import Any

from tollbook.spans import encode
from tollbook_agent import leftovers
from tollbook_agent.capture.proxy import files, generations
from tollbook_agent.cli import exit_codes
from tollbook_agent.cli.output import bold, cut, dim, print_json
from tollbook_agent.cli.reader import open_store
from tollbook_agent.settings import Settings, load
from tollbook_agent.store import reading
from tollbook_agent.tools import manifest
from tollbook_agent.tools.setting import Refused

NEVER = (
    "prompts, answers, tool arguments and results, file contents, error messages, credentials: not stored, not sent",
    "paths, remote URLs, host names: never sent",
)
MAX_SHOWN = 60


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """show, --json."""
    parser.description = "What leaves this laptop, the newest call exactly as it would be sent, and what stays here."
    parser.epilog = "example: tollbook privacy show --json"
    parser.add_argument("action", choices=["show"])
    parser.add_argument("--json", action="store_true", help="one JSON document")


def run(arguments: argparse.Namespace, _name: str) -> int:
    """Show it."""
    found = gather(load(os.environ))
    if arguments.json:
        print_json(found)
    else:
        print(text(found))
    return exit_codes.OK


def gather(settings: Settings) -> dict[str, Any]:
    """The documented JSON."""
    newest = next(iter(generations.read(files.folder(settings.home))), None)
    state = files.load(settings.home)
    capture = state is not None and state.capture
    try:
        told = sorted({one.tool for one in manifest.load(settings.home).entries})
    except Refused:
        told = []
    return {
        "sent_to": settings.collector,
        "newest_call": _newest(settings),
        "never": list(NEVER),
        "decrypted_hosts": sorted(newest.hosts) if capture and newest is not None else [],
        "tools_told": told,
        "kept_here": _kept(settings.home),
    }


def text(found: dict[str, Any]) -> str:
    """For people."""
    where = found["sent_to"] or "nowhere: no collector is set"
    lines = [f"{bold('sent to')}    {where}"]
    if found["newest_call"] is None:
        lines.append(dim("           nothing has been read on this machine yet"))
    else:
        lines.append(f"{bold('one call')}   as it {'is' if found['sent_to'] else 'would be'} sent, whole:")
        lines += [f"  {name.ljust(36)} {cut(str(value), MAX_SHOWN)}" for name, value in found["newest_call"].items()]
    lines += [f"{bold('never')}      {each}" for each in found["never"]]
    hosts = found["decrypted_hosts"]
    shown = f"{len(hosts)} hosts of providers, of known tools only: `tollbook trust show`" if hosts else "nothing"
    lines.append(f"{bold('decrypted')}  {shown}")
    lines.append(f"{bold('told')}       {', '.join(found['tools_told']) or 'no tool has settings of ours'}")
    lines += [f"{bold('kept here')}  {each['what']}, {each['bytes']:,} bytes" for each in found["kept_here"]]
    return "\n".join(lines)


def _newest(settings: Settings) -> dict[str, Any] | None:
    with open_store(settings) as connection:
        if connection is None:
            return None
        for place in reading.found(connection, newest=1):
            for claim in reading.claims(connection, place):
                return dict(sorted(encode(claim).attributes.items()))
    return None


def _kept(home: Path) -> list[dict[str, Any]]:
    """Our files and folders that are there, and how large they are."""
    found: list[dict[str, Any]] = []
    for name in (*leftovers.FILES, *leftovers.FOLDERS, files.FOLDER):
        path = home / name
        if path.is_dir():
            found.append({"what": name + "/", "bytes": sum(e.stat().st_size for e in path.rglob("*") if e.is_file())})
        elif path.is_file():
            found.append({"what": name, "bytes": path.stat().st_size})
    return found
