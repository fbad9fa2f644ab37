"""`tollbook ticket KEY`: what a ticket cost. `ticket set KEY`: a folder's from now on. `ticket fix`: a session's."""

import argparse
import http.client
import json
import os
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterable
from typing import Any

from tollbook.answer import iso_time
from tollbook.answer import ticket as answer_ticket
from tollbook.booked import Booked
from tollbook.prices import default_book
from tollbook.ticket import candidates
from tollbook_agent.cli import exit_codes, forms
from tollbook_agent.cli.output import print_json
from tollbook_agent.cli.reader import open_store
from tollbook_agent.cli.ticket_page import ticket_page
from tollbook_agent.settings import Settings, load
from tollbook_agent.store import reading

ASK_TIMEOUT_SECONDS = 3.0
MAX_ANSWER_BYTES = 64 * 1024 * 1024
_ANSWER = frozenset(
    {"ticket", "source", "status", "calls", "list_nano_usd", "usage", "by", "evidence", "unpriced_calls"}
    | {"price_book", "flags"}
)
"""What an answer must hold to be shown."""


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """KEY, or set KEY... / set --clear."""
    parser.description = (
        "What one ticket cost, and who spent it: from the collector when `api` is set, from this laptop\n"
        "otherwise; the answer says which. `ticket set` says which ticket the calls of a folder belong to from now\n"
        "on, `ticket fix` which one the calls of a session belong to that name none."
    )
    parser.epilog = (
        "examples: tollbook ticket PAY-123 --json\n          tollbook ticket set PAY-123 --dir ~/src/shop\n"
        "          tollbook ticket fix 5d1f0c3a PAY-123"
    )
    parser.add_argument(
        "words", nargs="+", metavar="KEY | set KEY... | fix SESSION KEY...",
        help="a ticket key, `set` and keys, or `fix`, a session (the beginning of its id is enough) and keys",
    )  # fmt: skip
    forms.add_arguments(parser)
    parser.add_argument("--laptop", action="store_true", help="answer from this laptop even when enrolled")
    parser.add_argument("--dir", default=".", help="with `set`: the folder (default: this one)")
    parser.add_argument("--all", action="store_true", help="with `fix`: calls too that name another ticket")
    parser.add_argument("--clear", action="store_true", help="with `set`: from now on the branch decides again")


def run(arguments: argparse.Namespace, _name: str) -> int:
    """Show a ticket, or set one."""
    words: list[str] = arguments.words
    settings = load(os.environ)
    if words[0] == "set":
        return _set(settings, words[1:], arguments)
    if words[0] == "fix":
        from tollbook_agent.cli.ticket_fix import fix

        return fix(settings, words[1:], everything=arguments.all, as_json=arguments.form == forms.JSON)
    key = words[0].upper()
    if len(words) != 1 or candidates(key) != (key,):
        return _usage(f"{' '.join(words)!r} is not a ticket key; write it like PAY-123")
    if arguments.clear:
        return _usage("--clear belongs to `tollbook ticket set`")
    found = answer_of(settings, key, laptop=arguments.laptop)
    forms.show(arguments.form, lambda: found, lambda: ticket_page(found))
    return exit_codes.OK


def answer_of(settings: Settings, key: str, *, laptop: bool = False) -> dict[str, Any]:
    """The documented answer: the collector's where one is set and answers, else the laptop's."""
    found = None if laptop else _from_collector(settings, key)
    return found or _from_laptop(settings, key)


def _from_laptop(settings: Settings, key: str) -> dict[str, Any]:
    with open_store(settings) as connection:
        rows: Iterable[Booked] = () if connection is None else reading.of_ticket(connection, key)
        return answer_ticket(rows, key, source="laptop", price_book=default_book().version)


def _from_collector(settings: Settings, key: str) -> dict[str, Any] | None:
    """The collector's answer; `None`, with a word on standard error, when it does not answer."""
    if not settings.api:
        return None
    url = f"{settings.api.rstrip('/')}/api/v1/tickets/{urllib.parse.quote(key)}"
    try:
        with _opened(settings, url) as response:
            found: Any = json.loads(response.read(MAX_ANSWER_BYTES))
        if isinstance(found, dict) and found.keys() >= _ANSWER:  # pyright: ignore[reportUnknownMemberType]
            return found  # pyright: ignore[reportUnknownVariableType]
        wrong = "something else than a collector answers there"
    except (OSError, http.client.HTTPException, ValueError, RecursionError) as fault:
        wrong = f"the collector does not answer: {fault}"
    print(f"tollbook: {wrong}; this is the laptop's own answer", file=sys.stderr)
    return None


def _opened(settings: Settings, url: str) -> Any:
    """The collector's response; as this laptop where it is enrolled there.

    Raises:
        OSError: it cannot be had.
    """
    enrolment = settings.enrolment
    if enrolment is None or settings.api != enrolment.url:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        return opener.open(url, timeout=ASK_TIMEOUT_SECONDS)
    from tollbook_agent.enroll import EnrolmentError, opener_for
    from tollbook_agent.identity_store import IdentityError, token_of

    try:
        headers = {"authorization": f"Bearer {token_of(settings.home, enrolment)}"}
        request = urllib.request.Request(url, headers=headers)
        return opener_for(enrolment.url, enrolment.ca).open(request, timeout=ASK_TIMEOUT_SECONDS)
    except (EnrolmentError, IdentityError) as fault:
        raise OSError(str(fault)) from fault


def _set(settings: Settings, words: list[str], arguments: argparse.Namespace) -> int:
    from tollbook_agent.compose import normal_folder
    from tollbook_agent.store.tickets import set_ticket

    keys = sorted({word.upper() for word in words})
    if arguments.clear == bool(keys) or any(candidates(key) != (key,) for key in keys):
        return _usage("name ticket keys like PAY-123, or --clear")
    place = normal_folder(arguments.dir)
    if not os.path.isdir(place):
        return _usage(f"there is no folder {place}")
    since = time.time_ns()
    set_ticket(settings.store, place, since, " ".join(keys))
    if arguments.form == forms.JSON:
        print_json({"folder": place, "since": iso_time(since), "tickets": keys})
    else:
        said = f"from now on calls made in {place} belong to {', '.join(keys)}"
        print(said if keys else f"from now on the branch decides again in {place}")
    return exit_codes.OK


def _usage(wrong: str) -> int:
    print(f"tollbook: {wrong}", file=sys.stderr)
    return exit_codes.USAGE
