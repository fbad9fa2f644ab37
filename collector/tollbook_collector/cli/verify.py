"""tollbook-collector verify: whether every call follows from its claims, and whether the ledger adds up."""

import argparse

from tollbook_collector import exit_codes
from tollbook_collector.cli.command import DEFAULT_NAME, Commands, add_json, add_tenant, describe
from tollbook_collector.cli.output import Console

_EXAMPLES = """\
  tollbook-collector verify
  tollbook-collector verify --json"""


def add(commands: Commands) -> None:
    parser = describe(commands, "verify", "check that the record and the ledger are whole", _EXAMPLES, run)
    add_tenant(parser)
    add_json(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook_collector.cli.finance_opening import open_ledger
    from tollbook_collector.cli.opening import open_record

    with open_record(arguments, console) as record:
        if isinstance(record, int):
            return record
        faults = record.verify()
    ledger = False
    if arguments.tenant == DEFAULT_NAME:  # the bills are that organisation's
        with open_ledger(arguments, console) as finance:
            if isinstance(finance, int):
                return finance
            ledger = finance is not None
            if finance is not None:
                faults += finance.verify()
    if arguments.json:
        console.json({"faults": faults})
    elif faults:
        for fault in faults:
            console.line(fault)
        console.note(f"{len(faults)} faults. Keep a copy of the store before anything else.")
    else:
        console.line("The record is whole.")
        if ledger:
            console.line("The ledger is whole.")
    return exit_codes.WRONG if faults else exit_codes.OK
