"""`tollbook enroll URL TOKEN`: this laptop's own credential at a collector."""

import argparse
import os
import sys
from pathlib import Path

from tollbook_agent import enroll, identity_store
from tollbook_agent.cli import exit_codes
from tollbook_agent.cli.output import bold, print_json
from tollbook_agent.identity_store import Enrolment
from tollbook_agent.settings import Settings, load

MAX_TOKEN = 200
RESTART = "a running agent takes it up when it is started again: `tollbook agent run`, or your service manager"


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """URL TOKEN, --ca, --engineer, --renew, --file, --json."""
    parser.description = "Exchange a one-off token for this laptop's own credential. TOKEN `-` is read from stdin."
    parser.epilog = "example: tollbook enroll https://tollbook.example.com:4319 -  < token.txt"
    parser.add_argument("url", nargs="?", metavar="URL", help="where the collector's API is reached")
    parser.add_argument("token", nargs="?", metavar="TOKEN", help="what your administrator gave you")
    parser.add_argument("--ca", metavar="FILE", help="trust this authority (PEM) instead of the system's")
    parser.add_argument("--engineer", metavar="EMAIL", help="who you are, for a reusable token")
    parser.add_argument("--renew", action="store_true", help="take the next credential; the present one ends in a day")
    parser.add_argument("--file", action="store_true", help="keep the credential in a file, keyring or not")
    parser.add_argument("--json", action="store_true", help="one JSON document")


def run(arguments: argparse.Namespace, _name: str) -> int:
    """Enrol, or renew."""
    settings = load(os.environ)
    if arguments.renew == bool(arguments.url) or bool(arguments.url) != bool(arguments.token):
        return _fail("name URL and TOKEN, or --renew without them", exit_codes.USAGE)
    try:
        made = _renew(settings, arguments) if arguments.renew else _enroll(settings, arguments)
    except (enroll.EnrolmentError, identity_store.IdentityError) as fault:
        return _fail(str(fault), exit_codes.FAILED)
    if arguments.json:
        print_json(shown(made))
    else:
        print(
            f"{bold('enrolled')}  as {made.engineer} at {made.url}, device {made.device}, credential {made.credential}"
        )
        print(RESTART)
    if made.state == "pending":
        print("tollbook: an administrator has to approve it first; until then what is read waits here", file=sys.stderr)
    if made.kept_in == identity_store.IN_FILE:
        print(f"tollbook: there is no keyring that keeps it: the credential is in {_file(settings)},", file=sys.stderr)
        print("  which only this user can read; whoever has the file can send as you", file=sys.stderr)
    return exit_codes.OK


def _enroll(settings: Settings, arguments: argparse.Namespace) -> Enrolment:
    url = enroll.checked_url(arguments.url)
    token = sys.stdin.read(MAX_TOKEN + 1).strip() if arguments.token == "-" else arguments.token
    ca = None if arguments.ca is None else str(Path(arguments.ca).resolve())
    asked = {"device": settings.device} | ({"engineer": arguments.engineer} if arguments.engineer else {})
    return _keep(settings, url, ca, enroll.exchange(url, enroll.ENROLL, token, asked, ca), in_file=arguments.file)


def _renew(settings: Settings, arguments: argparse.Namespace) -> Enrolment:
    known = identity_store.load(settings.home)
    if known is None:
        raise enroll.EnrolmentError("this laptop is not enrolled: tollbook enroll URL TOKEN")
    token = identity_store.token_of(settings.home, known)
    answer = enroll.exchange(known.url, enroll.RENEW, token, {}, known.ca)
    return _keep(settings, known.url, known.ca, answer, in_file=arguments.file)


def _keep(settings: Settings, url: str, ca: str | None, answer: dict[str, object], *, in_file: bool) -> Enrolment:
    ports: object = answer["ports"]
    assert isinstance(ports, dict)
    enrolment = Enrolment(
        url=url,
        collector=enroll.address_of(url, ports.get("otlp_grpc")),  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        engineer=None if answer["engineer"] is None else str(answer["engineer"]),
        device=str(answer["device"]),
        tenant=str(answer["tenant"]),
        credential=str(answer["credential"]),
        kept_in="",
        state=str(answer["state"]),
        ca=ca,
    )
    return identity_store.save(settings.home, enrolment, str(answer["token"]), in_file=in_file)


def shown(enrolment: Enrolment) -> dict[str, str | None]:
    """The documented JSON: what is known of this laptop at its collector, without the credential."""
    return enrolment._asdict()


def _file(settings: Settings) -> Path:
    return settings.home / identity_store.CREDENTIAL


def _fail(wrong: str, code: int) -> int:
    print(f"tollbook: {wrong}", file=sys.stderr)
    return code
