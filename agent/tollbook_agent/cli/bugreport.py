"""`tollbook bugreport`: a file to attach to a report, with nothing in it that is anybody's business."""

import argparse
import json
import os
import time
from pathlib import Path

from tollbook_agent import report
from tollbook_agent.cli import exit_codes
from tollbook_agent.cli.output import print_json
from tollbook_agent.cli.status import gather
from tollbook_agent.doctor import machine
from tollbook_agent.doctor.examine import examine
from tollbook_agent.settings import SettingError, load
from tollbook_agent.store.connect import StoreError
from tollbook_agent.store.schema import NewerStore


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """--output, --json."""
    parser.description = (
        "Write versions, counters, the doctor's verdicts and which settings are set into a file: no value of a"
        " setting, no path, no name, no address, no text of anybody's. Nothing is sent; read it, then attach it."
    )
    parser.epilog = "example: tollbook bugreport --output /tmp/report.json"
    parser.add_argument("--output", metavar="FILE", help="default: tollbook-bugreport-<time>.json in this folder")
    parser.add_argument("--json", action="store_true", help="print it instead of writing a file")


def run(arguments: argparse.Namespace, _name: str) -> int:
    """Gather and write."""
    environment = os.environ
    try:
        status = gather(load(environment, make=False))
    except (SettingError, StoreError, NewerStore):
        status = {}  # the verdicts tell
    found = report.document(machine.look(environment), list(examine(environment, live=False)), status)
    if arguments.json:
        print_json(found)
        return exit_codes.OK
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    path = Path(arguments.output or f"tollbook-bugreport-{stamp}.json").absolute()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        json.dump(found, file, indent=1)
        file.write("\n")
    print(f"{path}\nnothing was sent: read it, then attach it to your report")
    return exit_codes.OK
