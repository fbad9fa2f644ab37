"""`tollbook status`: what was read, what could not be, what logs cannot hold, what waits to be sent."""

import argparse
import os
from pathlib import PurePath
from typing import Any

from tollbook.answer import iso_time
from tollbook.prices import default_book
from tollbook_agent import home as places
from tollbook_agent.capture.logs.discover import roots
from tollbook_agent.capture.logs.readers import INFORMATIVE
from tollbook_agent.capture.proxy import files
from tollbook_agent.capture.proxy.hosts import all_hosts
from tollbook_agent.cli import exit_codes
from tollbook_agent.cli.output import bold, count, cut, dim, print_json, table
from tollbook_agent.cli.reader import open_store
from tollbook_agent.control import Unreachable, ask
from tollbook_agent.settings import Settings, load
from tollbook_agent.store import reading

ASK_TIMEOUT_SECONDS = 3.0

BLIND_SPOTS: dict[str, tuple[str, ...]] = {
    "claude-code": (
        "session titles, compaction, side questions and the web-search helper: billed calls that no log holds",
        "sessions without a transcript (--no-session-persistence), and start-up probes on Bedrock",
        "streams that broke off; a retry of one is a second billed call",
        "output tokens of versions 2.1.7 to 2.1.96: placeholders, marked as such",
    ),
    "codex": (
        "thread titles, --ephemeral sessions, and streams that broke off",
        "the lifetime of cache writes, and the service tier of older versions",
    ),
}
"""What usage logs cannot hold, per tool."""


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """--json."""
    parser.description = "What has been read, what could not be and why, what logs cannot hold, what waits to be sent."
    parser.epilog = "example: tollbook status --json"
    parser.add_argument("--json", action="store_true", help="one JSON document")


def run(arguments: argparse.Namespace, _name: str) -> int:
    """Describe the store and the resident process."""
    found = gather(load(os.environ))
    if arguments.json:
        print_json(found)
    else:
        print(text(found))
    return exit_codes.OK


def gather(settings: Settings) -> dict[str, Any]:
    """The documented JSON."""
    with open_store(settings) as connection:
        unread = [] if connection is None else reading.discards(connection)
        counts = None if connection is None else reading.counts(connection)
        coverage = [] if connection is None else reading.coverage(connection)
    discarded = [
        {"reason": reason, "count": number, "files": files, "detail": detail, "file": PurePath(path).name}
        for reason, number, files, detail, path in unread
    ]
    try:
        agent: dict[str, Any] | None = ask(settings.home / places.CONTROL, "status", timeout=ASK_TIMEOUT_SECONDS)
    except Unreachable:
        agent = None
    return {
        "home": str(settings.home),
        "device": settings.device,
        "collector": settings.collector,
        "enrolment": None if settings.enrolment is None else settings.enrolment._asdict(),
        "agent": agent,
        "network": _network_setup(settings),
        "price_book": default_book().version,
        "counts": counts,
        "coverage": [{**one, "last_at": iso_time(one["last_at"])} for one in coverage],
        "roots": [{"path": root.path, "reader": root.reader, "present": os.path.isdir(root.path)} for root in _roots()],
        "discarded": [one for one in discarded if one["reason"] not in INFORMATIVE],
        "informed": [one for one in discarded if one["reason"] in INFORMATIVE],
        "blind_spots": {tool: list(texts) for tool, texts in BLIND_SPOTS.items()},
    }


def _roots() -> list[Any]:
    return roots(os.environ, os.path.expanduser("~"))


def _network(found: dict[str, Any]) -> list[str]:
    """What is captured on the network, and what went past it."""
    setup = found["network"]
    agent: dict[str, Any] = found["agent"] or {}
    proxy: dict[str, Any] = agent.get("proxy") or {}
    if setup is None:
        return ["not captured: `tollbook on` sets it up"]
    if not proxy.get("running"):
        return [f"set up on 127.0.0.1:{setup['port']}, not served: `tollbook agent run` does"]
    lines = [
        f"{'captured' if proxy['capture'] else 'off, all is tunnelled'} on 127.0.0.1:{setup['port']};"
        f" since its start {count(proxy['captured'])} connections captured, {count(proxy['tunnelled'])} tunnelled,"
        f" {count(proxy['calls'])} calls seen"
    ]
    if proxy["bypassed"]:
        lines.append(f"{count(proxy['bypassed'])} connections went past the engine because it did not answer")
    if proxy["others"]:
        lines.append(f"{count(proxy['others'])} connections to providers by programs that do not trust the anchor")
    if proxy["untrusting"]:
        lines.append(f"{count(proxy['untrusting'])} programs refused the anchor and are tunnelled since")
    if setup["uncovered"]:
        shown = ", ".join(setup["uncovered"][:3])
        lines.append(f"not covered: {shown}; `tollbook trust rotate` makes leaves for them")
    lines += [f"{reason}: {count(times)} times" for reason, times in proxy["problems"].items()]
    return lines


def _network_setup(settings: Settings) -> dict[str, Any] | None:
    state = files.load(settings.home)
    if state is None:
        return None
    folder = files.folder(settings.home) / files.LEAVES
    hosts = all_hosts(frozenset(state.optional), state.more_hosts)
    uncovered = [name for name in hosts if not any(folder.glob(f"*/{name}.pem"))]
    return {"port": state.port, "capture": state.capture, "uncovered": uncovered}


def text(found: dict[str, Any]) -> str:
    """The status for people."""
    agent, counts = found["agent"], found["counts"]
    lines = [f"{bold('store')}      {found['home']}"]
    lines.append(
        f"{bold('agent')}      "
        + (f"running, process {agent.get('pid')}" if agent else "not running: `tollbook agent run` starts it")
    )
    if agent and agent.get("store_error"):
        lines.append(f"{bold('problem')}    the agent cannot store what it reads: {agent['store_error']}")
    if found["collector"] is None:
        lines.append(f"{bold('collector')}  none set: nothing leaves this machine")
    else:
        error = agent.get("collector_error") if agent else None
        waiting = count(counts["unsent"]) if counts else "0"
        lines.append(
            f"{bold('collector')}  {found['collector']}, {waiting} claims wait"
            + (f"; last attempt: {error}" if error else "")
        )
    enrolment = found["enrolment"]
    if enrolment is not None:
        who = f"{enrolment['engineer']} as device {enrolment['device']}, credential {enrolment['credential']}"
        lines.append(
            f"{bold('enrolled')}   {who}, kept in a {enrolment['kept_in']}, {enrolment['state']} when it was made"
        )
    lines += [f"{bold('network')}    {line}" for line in _network(found)]
    for root in found["roots"]:
        lines.append(f"{bold('logs')}       {root['path']}" + ("" if root["present"] else dim("  (not there)")))
    if not counts:
        return "\n".join([*lines, "", "nothing has been read on this machine yet: run `tollbook scan`"])
    lines += [
        "",
        f"{count(counts['calls'])} calls from {count(counts['files'])} files, "
        f"{count(counts['unpriced_calls'])} without a price",
    ]
    rows = [
        [one["tool"], "+".join(one["sources"]), count(one["calls"]), one["last_at"][:19].replace("T", " ")]
        for one in found["coverage"]
    ]
    lines += ["", table(["tool", "seen by", "calls", "last call (UTC)"], rows, left=2)] if rows else []
    for title, key in (("could not be read", "discarded"), ("seen and rightly not counted", "informed")):
        if found[key]:
            shown = [
                [one["reason"], count(one["count"]), count(one["files"]), cut(one["detail"])] for one in found[key]
            ]
            lines += ["", table([title, "times", "files", "for example"], shown)]
    lines += ["", bold("what logs cannot hold")]
    lines += [f"  {tool}: {each}" for tool, texts in found["blind_spots"].items() for each in texts]
    return "\n".join(lines)
