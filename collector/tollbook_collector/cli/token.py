"""tollbook-collector token: who may send and ask."""

import argparse
import secrets
from typing import TYPE_CHECKING, Any

from tollbook_collector import exit_codes
from tollbook_collector.cli.command import Commands, add_json, describe
from tollbook_collector.cli.output import Console, printable

if TYPE_CHECKING:
    from tollbook_collector.auth.records import Credential
    from tollbook_collector.cli.access import Opened

_EXAMPLES = """\
  tollbook-collector token create --kind enrolment --engineer ada@example.com
  tollbook-collector token create --kind gateway --teams payments,platform --label litellm
  tollbook-collector token create --kind api --engineer grace@example.com   (`people` gives her a role)
  tollbook-collector token list
  tollbook-collector token approve 4f0c2a9b71de
  tollbook-collector token revoke 4f0c2a9b71de"""
ACTIONS = ("create", "list", "approve", "revoke")
KINDS = ("enrolment", "gateway", "api")
_HOUR_NS = 3600 * 10**9
MOST_HOURS = {"enrolment": 24, "gateway": 24 * 366, "api": 24 * 366}
"""The longest a new token may be good for; also what it is good for when nothing is said."""
MAX_TEAMS = 100


def add(commands: Commands) -> None:
    parser = describe(commands, "token", "who may send and ask", _EXAMPLES, run)
    parser.add_argument("action", choices=ACTIONS, help="what to do")
    parser.add_argument("id", nargs="?", metavar="ID", help="with approve and revoke: the public id that list shows")
    parser.add_argument("--kind", choices=KINDS, default="enrolment", help="with create: default enrolment")
    parser.add_argument("--engineer", metavar="EMAIL", help="with create: whose it is")
    parser.add_argument("--teams", metavar="TEAM[,TEAM]", help="of a gateway: the teams whose people it may name")
    parser.add_argument("--hours", type=int, metavar="N", help="good for N hours (enrolment: 24 at most)")
    parser.add_argument("--reusable", action="store_true", help="an enrolment for many laptops; each needs an approval")
    parser.add_argument("--label", default="", metavar="TEXT", help="with create: a word to know it again by")
    parser.add_argument("--tenant", default="default", metavar="NAME", help="the organisation; create makes it")
    add_json(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook_collector.cli.access import open_access

    with open_access(arguments, console, make_tenant=arguments.action == "create") as opened:
        if isinstance(opened, int):
            return opened
        if arguments.action == "create":
            return _create(arguments, console, opened)
        if arguments.action == "list":
            return _list(arguments, console, opened)
        return _set_state(arguments, console, opened)


def _create(arguments: argparse.Namespace, console: Console, opened: "Opened") -> int:
    from tollbook_collector.auth import tokens
    from tollbook_collector.auth.enrolment import EMAIL, MAX_LABEL
    from tollbook_collector.auth.records import Credential, Event, Kind
    from tollbook_collector.cli.access import usage

    kind = Kind(arguments.kind)
    teams = frozenset(filter(None, (arguments.teams or "").split(",")))
    hours = MOST_HOURS[kind] if arguments.hours is None else arguments.hours
    email = (arguments.engineer or "").strip().lower()
    wrong = _wrong(kind, email, teams, reusable=arguments.reusable)
    if wrong is not None:
        return usage(console, "token create", wrong, "`tollbook-collector token --help` has an example of each kind.")
    if not 1 <= hours <= MOST_HOURS[kind]:
        return usage(console, "--hours", f"{hours} is not between 1 and {MOST_HOURS[kind]}", "Renew it when it ends.")
    if email and not EMAIL.fullmatch(email):
        return usage(
            console, "--engineer", f"{email[:80]!r} is not an e-mail address", "Write it like ada@example.com."
        )
    if len(arguments.label) > MAX_LABEL or not arguments.label.isprintable():
        return usage(console, "--label", f"it is longer than {MAX_LABEL} characters, or not printable", "Shorten it.")
    directory = opened.directory
    now = directory.now_ns
    token = tokens.mint(kind, opened.tenant, secrets.token_bytes(tokens.ID_BYTES + tokens.SECRET_BYTES))
    one = Credential(
        tenant=opened.tenant,
        id=token.id,
        kind=kind,
        person=directory.reference(opened.tenant, email) if email else None,
        teams=teams,
        label=arguments.label,
        reusable=arguments.reusable,
        created_at=now,
        expires_at=now + hours * _HOUR_NS,
    )
    event = Event(actor="operator", action="token_create", object=one.id, detail=kind)
    directory.access.add(one, tokens.digest(opened.pepper, token.text), event)
    if arguments.json:
        console.json({**_shown(one, opened), "token": token.text})
        return exit_codes.OK
    console.line(token.text)
    console.note(f"This is shown once. Its id is {one.id}; it is good for {hours} hours.")
    if kind is Kind.ENROLMENT:
        console.note("On the laptop: tollbook enroll URL TOKEN, URL being where this collector's API is reached.")
    return exit_codes.OK


def _wrong(kind: str, email: str, teams: frozenset[str], *, reusable: bool) -> str | None:
    """What does not go together."""
    if reusable and (kind != "enrolment" or email):
        return "--reusable is for enrolments that name no engineer"
    if kind == "gateway" and (email or not teams):
        return "a gateway needs --teams, and is no engineer's"
    if kind != "gateway" and teams:
        return "--teams is for gateways"
    if kind == "api" and not email:
        return "a token of kind api needs --engineer: whose it is"
    if kind == "enrolment" and not email and not reusable:
        return "an enrolment needs --engineer, or --reusable"
    if len(teams) > MAX_TEAMS or any(not each.isprintable() or " " in each for each in teams):
        return f"teams are at most {MAX_TEAMS} words without blanks"
    return None


def _list(arguments: argparse.Namespace, console: Console, opened: "Opened") -> int:
    found = [_shown(one, opened) for one in opened.directory.access.credentials(opened.tenant)]
    if arguments.json:
        console.json({"credentials": found})
        return exit_codes.OK
    names = ("id", "kind", "state", "engineer", "device", "teams", "label", "expires_at", "last_used_at")
    rows = [[_cell(one[name]) for name in names] for one in found]
    console.table([name.replace("_", " ") for name in names], rows, keys=len(names))
    return exit_codes.OK


def _cell(value: object) -> str:
    if isinstance(value, list):
        return printable(",".join(map(str, value)) or "-")  # pyright: ignore[reportUnknownArgumentType]
    return printable(str(value)[:19]) if value else "-"


def _shown(one: "Credential", opened: "Opened") -> dict[str, Any]:
    from tollbook.answer import iso_time
    from tollbook_collector.auth.records import State

    expired = one.expires_at is not None and one.expires_at <= opened.directory.now_ns
    times = {"created_at": one.created_at, "expires_at": one.expires_at, "revoked_at": one.revoked_at}
    times["last_used_at"] = one.last_used_at
    return {
        "id": one.id,
        "kind": one.kind,
        "state": "expired" if expired and one.state in (State.ACTIVE, State.PENDING) else one.state,
        "engineer": None if one.person is None else opened.directory.shown(opened.tenant, one.person),
        "device": one.device,
        "teams": sorted(one.teams),
        "label": one.label,
        "reusable": one.reusable,
        **{name: None if moment is None else iso_time(moment) for name, moment in times.items()},
    }


def _set_state(arguments: argparse.Namespace, console: Console, opened: "Opened") -> int:
    from tollbook_collector.auth.records import Event, State
    from tollbook_collector.cli.access import usage

    access, now = opened.directory.access, opened.directory.now_ns
    found = access.credential(opened.tenant, arguments.id or "")
    if found is None:
        return usage(console, "ID", "there is no such credential", "`tollbook-collector token list` shows them all.")
    revoke = arguments.action == "revoke"
    if not revoke and found[0].state is not State.PENDING:
        return usage(console, "ID", f"it is {found[0].state}: nothing waits for an approval", "See token list.")
    state = State.REVOKED if revoke else State.ACTIVE
    event = Event(actor="operator", action=f"token_{arguments.action}", object=found[0].id)
    access.set_state(opened.tenant, found[0].id, state, event, now)
    console.note(f"{found[0].id} is {state}; a running server knows it within 10 seconds.")
    return exit_codes.OK
