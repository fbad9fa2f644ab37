"""tollbook-collector people: their roles and teams, pseudonyms, and erasure."""

import argparse
from typing import TYPE_CHECKING

from tollbook_collector import exit_codes
from tollbook_collector.cli.command import Commands, add_json, describe
from tollbook_collector.cli.output import Console, printable

if TYPE_CHECKING:
    from tollbook_collector.cli.access import Opened

_EXAMPLES = """\
  tollbook-collector people list
  tollbook-collector people set grace@example.com --role lead --team payments
  tollbook-collector people pseudonymise ada@example.com
  tollbook-collector people erase ada@example.com"""
ACTIONS = ("list", "set", "pseudonymise", "name", "erase")
ROLES = ("engineer", "lead", "finance", "admin", "auditor")


def add(commands: Commands) -> None:
    parser = describe(commands, "people", "roles, teams, pseudonyms and erasure", _EXAMPLES, run)
    parser.add_argument("action", choices=ACTIONS, help="what to do; name takes a pseudonym back, erase is for good")
    parser.add_argument("email", nargs="?", metavar="EMAIL", help="of the person")
    parser.add_argument("--role", choices=ROLES, help="with set: what the person may see")
    parser.add_argument("--team", metavar="NAME", help='with set: the team; "" for none')
    parser.add_argument("--tenant", default="default", metavar="NAME", help="the organisation")
    add_json(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook_collector.cli.access import open_access

    with open_access(arguments, console) as opened:
        if isinstance(opened, int):
            return opened
        return _list(arguments, console, opened) if arguments.action == "list" else _change(arguments, console, opened)


def _list(arguments: argparse.Namespace, console: Console, opened: "Opened") -> int:
    found = [
        {
            "engineer": opened.directory.shown(opened.tenant, one.reference),
            "standing": one.standing,
            "role": one.role,
            "team": one.team,
            "reference": one.reference,
        }
        for one in opened.directory.access.people(opened.tenant)
    ]
    if arguments.json:
        console.json({"people": found})
    else:
        rows = [[printable(value or "-") for value in one.values()] for one in found]
        console.table(["engineer", "standing", "role", "team", "reference"], rows, keys=5)
    return exit_codes.OK


def _change(arguments: argparse.Namespace, console: Console, opened: "Opened") -> int:
    from tollbook_collector.auth.enrolment import EMAIL
    from tollbook_collector.auth.records import Event, Role, Standing
    from tollbook_collector.cli.access import usage

    directory, action = opened.directory, arguments.action
    email = (arguments.email or "").strip().lower()
    team: str | None = arguments.team
    if not EMAIL.fullmatch(email):
        return usage(console, "EMAIL", f"{email[:80]!r} is not an e-mail address", "Write it like ada@example.com.")
    if (team is not None and (not team.isprintable() or " " in team or "," in team)) or (
        action != "set" and (team is not None or arguments.role)
    ):
        return usage(console, "--team", "it is no word, or --team and --role stand without set", "See --help.")
    person = directory.access.person_of(opened.tenant, email)
    if person is None and action == "set":
        directory.reference(opened.tenant, email)
        person = directory.access.person_of(opened.tenant, email)
    if person is None:
        return usage(console, "EMAIL", "nobody of this address is known", "`people list` shows everybody.")
    if person.standing is Standing.ERASED:
        return usage(console, "EMAIL", "this person was erased, which is for good", "`people list` shows everybody.")
    standing = {"pseudonymise": Standing.PSEUDONYMOUS, "name": Standing.NAMED, "erase": Standing.ERASED}.get(action)
    role = Role(arguments.role) if arguments.role else None
    told = [f"role={role}"] if role else []
    told += [] if team is None else [f"team={team}"]
    detail = " ".join(told)
    event = Event(actor="operator", action=f"person_{action}", object=person.reference, detail=detail)
    directory.access.change_person(person, event, directory.now_ns, role=role, team=team, standing=standing)
    console.note(f"Done; a running server knows it within 10 seconds. The reference is {person.reference}.")
    return exit_codes.OK
