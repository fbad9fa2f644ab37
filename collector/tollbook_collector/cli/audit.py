"""tollbook-collector audit: the audit log, and whether it is as it was written."""

import argparse

from tollbook_collector import exit_codes
from tollbook_collector.cli.command import Commands, add_json, describe
from tollbook_collector.cli.output import Console, printable

_EXAMPLES = """\
  tollbook-collector audit
  tollbook-collector audit --verify --json"""


def add(commands: Commands) -> None:
    parser = describe(commands, "audit", "the audit log, and whether it is whole", _EXAMPLES, run)
    parser.add_argument("--verify", action="store_true", help="only say whether it is as it was written")
    parser.add_argument("--after", type=int, default=0, metavar="N", help="entries after number N")
    parser.add_argument("--tenant", default="default", metavar="NAME", help="the organisation")
    add_json(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook_collector.auth.desk import audit_line
    from tollbook_collector.cli.access import open_access

    with open_access(arguments, console) as opened:
        if isinstance(opened, int):
            return opened
        directory, tenant = opened.directory, opened.tenant
        access = directory.access
        faults = access.audit_faults(tenant)
        found = [] if arguments.verify else access.entries(tenant, arguments.after)
        lines = [audit_line(one, lambda text: directory.shown(tenant, text)) for one in found]
    if arguments.json:
        console.json({"entries": lines, "faults": faults})
    else:
        names = ("sequence", "at", "actor", "action", "object", "detail")
        if lines:
            console.table(list(names), [[printable(str(one[name])) for name in names] for one in lines], keys=6)
            console.note(
                f"Note the last chain elsewhere, and a cut end shows: {lines[-1]['sequence']} {lines[-1]['chain']}"
            )
        for fault in faults:
            console.line(fault)
        if not faults:
            console.note("The audit log is as it was written.")
    return exit_codes.WRONG if faults else exit_codes.OK
