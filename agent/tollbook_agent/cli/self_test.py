"""`tollbook self-test`: is a call seen on this machine, by which ways, and which is each tool's best?"""

import argparse
import datetime as dt
import os
import subprocess
import sys

from tollbook_agent.cli import exit_codes
from tollbook_agent.cli.output import bold, dim, print_json
from tollbook_agent.doctor import machine
from tollbook_agent.selftest import tiers
from tollbook_agent.selftest.scratch import scratch
from tollbook_agent.selftest.steps import STEPS, Step, handshakes, tiers_of
from tollbook_agent.settings import load


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """--json."""
    parser.description = (
        "Make one invented call by each way that Tollbook sees calls, with an agent of its own in a temporary folder,"
        " and look whether it is stored with its ticket. Nothing leaves this machine and nothing counts as spend. The"
        " best way that passed is remembered for each tool: `tollbook run` uses the relay for no tool that failed."
    )
    parser.epilog = "example: tollbook self-test"
    parser.add_argument("--json", action="store_true", help="one JSON document")


def run(arguments: argparse.Namespace, _name: str) -> int:
    """Test, remember, say."""
    settings = load(os.environ)
    steps: list[Step] = []
    try:
        with scratch(os.environ) as made:
            for step in STEPS:
                steps.append(step(made))
                if not arguments.json:
                    print(_text(steps[-1]), flush=True)
    except (OSError, subprocess.SubprocessError) as fault:
        print(f"tollbook: the self-test cannot begin ({type(fault).__name__}): `tollbook doctor`", file=sys.stderr)
        return exit_codes.FAILED
    accepts = handshakes(machine.look(os.environ))
    passed = tiers_of(steps, accepts, dt.datetime.now(dt.UTC).isoformat(timespec="seconds"))
    tiers.save(settings.home, passed)
    if arguments.json:
        rows = [{"tool": each.tool, "tier": each.tier, "passed": each.passed, "saw": each.saw} for each in steps]
        best = {tool: {"default": each.default, "passed": list(each.tiers)} for tool, each in passed.items()}
        print_json({"steps": rows, "tools": best})
    else:
        for tool, each in passed.items():
            why = "" if tiers.Tier.NETWORK in each.tiers else f"; network: {accepts[tool].saw}"
            print(f"{bold(tool.ljust(12))} {each.default or 'nothing passed'}{dim(why)}")
    failed = [each for each in steps if not each.passed and not each.saw.startswith("not looked at")]
    return exit_codes.FAILED if failed else exit_codes.OK


def _text(step: Step) -> str:
    mark = "ok  " if step.passed else "-   " if step.saw.startswith("not looked at") else "FAIL"
    return f"{mark}  {step.tier.ljust(8)} {(step.tool or 'any tool').ljust(12)} {step.saw}"
