"""tollbook-collector devices: the agents, by their own word: versions, gaps, what they dropped, who is silent."""

import argparse

from tollbook_collector import exit_codes
from tollbook_collector.cli.command import Commands, add_json, add_tenant, describe
from tollbook_collector.cli.output import Console, printable
from tollbook_collector.shown import count

_EXAMPLES = """\
  tollbook-collector devices
  tollbook-collector devices --tenant acme --json"""


def add(commands: Commands) -> None:
    parser = describe(commands, "devices", "the agents: versions, gaps, who is silent", _EXAMPLES, run)
    add_tenant(parser)
    add_json(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook_collector.cli.access import open_access
    from tollbook_collector.ops.devices import device_lines

    with open_access(arguments, console) as opened:
        if isinstance(opened, int):
            return opened
        directory, tenant = opened.directory, opened.tenant
        access = directory.access
        lines = device_lines(
            access.devices(tenant),
            access.credentials(tenant),
            directory.now_ns,
            lambda person: directory.shown(tenant, person),
        )
    if arguments.json:
        console.json({"devices": lines})
        return exit_codes.OK
    rows = [
        [
            printable(line["device"]),
            printable(line["engineer"] or "-"),
            printable(line["version"] or "-"),
            (line["last_beat_at"] or "never")[:19],
            ", ".join(line["incomplete"]) or "complete",
            *(count(line[name]) for name in ("made", "sent", "held")),
            count(sum(line["dropped"].values())),
        ]
        for line in lines
    ]
    names = ["device", "engineer", "version", "last heard", "figures", "made", "sent", "here", "dropped"]
    console.table(names, rows, keys=5)
    return exit_codes.OK
