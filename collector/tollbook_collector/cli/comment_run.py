"""The two places of `tollbook-collector comment`: read the command line, ask for figures, tell them."""

import argparse
import os
import re
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager
from typing import Any, NamedTuple, NoReturn

from tollbook.answer import day_number
from tollbook.problem import Problem
from tollbook_collector import exit_codes
from tollbook_collector.ask import ticket_key
from tollbook_collector.cli.opening import load_settings, open_answers
from tollbook_collector.cli.output import Console
from tollbook_collector.comments import adf, markdown
from tollbook_collector.comments.cost import WorkCost
from tollbook_collector.comments.figures import (
    MOST_TICKETS,
    PER_MINUTE,
    Figures,
    LocalFigures,
    ServedFigures,
    bearer,
    explained,
    tickets_of,
)
from tollbook_collector.comments.github import PullComment, PullRequest, ask_pull
from tollbook_collector.comments.jira import IssueComment, put_property
from tollbook_collector.comments.told import Action, Told, tell
from tollbook_collector.config import Settings
from tollbook_collector.outcomes.project_keys import project_keys
from tollbook_collector.outcomes.shelf import read_shelf
from tollbook_collector.pull.client import Client
from tollbook_collector.pull.fault import PullFault
from tollbook_collector.pull.keys import RIGHT, Key, parse_reference, read_key
from tollbook_collector.pull.settings import Source, api_url
from tollbook_collector.pull.trackers import github, jira
from tollbook_collector.store.record.errors import EngineError, RecordError
from tollbook_collector.work_cost import WorkQuestion

GITHUB = "https://api.github.com"
TOKEN = "TOLLBOOK_API_TOKEN"
"""The variable that is looked into where --token is not given."""
PROPERTY_SCHEMA = 1
_REPO = re.compile(r"[\w.-]{1,100}/[\w.-]{1,100}", re.ASCII)
_ISSUE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}-[1-9][0-9]{0,9}", re.ASCII)


class Wrong(Exception):
    """The command cannot be run: a problem and the exit code."""

    def __init__(self, problem: Problem, code: int) -> None:
        super().__init__(problem.reason)
        self.problem, self.code = problem, code


class Said(NamedTuple):
    """What a command did: for printing."""

    target: str
    told: Told
    costs: list[WorkCost]
    body: Any


def run_github(arguments: argparse.Namespace, console: Console) -> int:
    """`comment github`."""

    def say(figures: Figures, settings: Settings) -> Said:
        repo = _matching(_REPO, arguments.repo, "--repo", "acme/shop")
        start = _day(arguments.start)
        address = arguments.api_url or os.environ.get("GITHUB_API_URL") or GITHUB
        key = _key(arguments.key, "--key", settings)
        with closing(Client(_address(address, "--api-url"), github.headers(key), per_minute=PER_MINUTE)) as client:
            pull = ask_pull(client, repo, arguments.pr)
            target = f"{pull.repo}#{pull.number}"
            if pull.is_from_fork and not arguments.forks:
                return Said(target, Told(action=Action.SKIPPED), [], None)
            costs = [figures.cost(question) for question in _questions(pull, arguments.ticket, start, figures)]
            text = markdown.body(costs)
            place = PullComment(client, pull, text, arguments.author)
            told = tell(place, anything=any(cost.calls for cost in costs), dry_run=arguments.dry_run)
            return Said(target, told, costs, text)

    return _run(arguments, console, say)


def run_jira(arguments: argparse.Namespace, console: Console) -> int:
    """`comment jira`."""

    def say(figures: Figures, settings: Settings) -> Said:
        issue = _matching(_ISSUE, arguments.issue, "--issue", "PAY-71").upper()
        email = arguments.email or os.environ.get("JIRA_EMAIL") or ""
        address = _address(arguments.api_url or os.environ.get("JIRA_BASE_URL") or "", "--api-url")
        if not email:
            _wrong("--email", "it is not given", "The address of the account whose API token is used, or $JIRA_EMAIL.")
        source = Source(name="comment", channel="jira", email=email)
        key = _key(arguments.key, "--key", settings)
        with closing(Client(address, jira.headers(source, key), per_minute=PER_MINUTE)) as client:
            cost = figures.cost(WorkQuestion(ticket=ticket_key(issue)))
            anything, dry_run = cost.calls > 0, arguments.dry_run
            if arguments.form == "property":
                body: Any = {"schema": PROPERTY_SCHEMA, **cost.as_json()}
                told = put_property(client, issue, body, anything=anything, dry_run=dry_run)
            else:
                body = adf.document(cost)
                told = tell(IssueComment(client, issue, body), anything=anything, dry_run=dry_run)
            return Said(issue, told, [cost], body)

    return _run(arguments, console, say)


def _questions(
    pull: PullRequest, named: list[str] | None, start: int | None, figures: Figures
) -> Generator[WorkQuestion]:
    """The branch, then each ticket."""
    yield WorkQuestion(repo=pull.head_repo or pull.repo, branch=pull.branch, start=start)
    keys = named[:MOST_TICKETS] if named else tickets_of(pull.branch, pull.title, figures.project_keys())
    for key in dict.fromkeys(map(ticket_key, keys)):
        yield WorkQuestion(ticket=key)


def _run(arguments: argparse.Namespace, console: Console, say: Any) -> int:
    settings = load_settings(arguments, console)
    if isinstance(settings, int):
        return settings
    try:
        with _figures(arguments, console, settings) as figures:
            if isinstance(figures, int):
                return figures
            said: Said = say(figures, settings)
    except Wrong as wrong:
        return console.fail(wrong.problem, wrong.code)
    except PullFault as fault:
        problem = explained(fault)
        return console.fail(problem, exit_codes.WRONG if problem.permanent else exit_codes.TEMPORARY)
    except (RecordError, EngineError) as fault:
        problem = Problem(reason="store_busy", where="the books", detail=str(fault), remedy="Run it again.")
        return console.fail(problem, exit_codes.STORE)
    _print(said, arguments, console)
    return exit_codes.OK


@contextmanager
def _figures(arguments: argparse.Namespace, console: Console, settings: Settings) -> Generator[Figures | int]:
    """Of a collector that --url names, or of the record here."""
    if arguments.url is None:
        with open_answers(arguments, console) as answers:
            if isinstance(answers, int):
                yield answers
                return
            found = project_keys(settings.project_keys, read_shelf(settings.home)[0])["project_keys"]
            yield LocalFigures(answers, None if found is None else frozenset(found))
        return
    reference = arguments.token or (f"env:{TOKEN}" if os.environ.get(TOKEN) else None)
    token = None if reference is None else _key(reference, "--token", settings)
    with closing(Client(_address(arguments.url, "--url"), bearer(token), per_minute=PER_MINUTE)) as client:
        yield ServedFigures(client)


def _print(said: Said, arguments: argparse.Namespace, console: Console) -> None:
    told = said.told
    if arguments.json:
        row: Mapping[str, Any] = {
            "target": said.target,
            "action": told.action.value,
            "dry_run": arguments.dry_run,
            "id": told.id,
            "removed": told.removed,
            "costs": [cost.as_json() for cost in said.costs],
            "body": said.body,
        }
        console.json(row)
        return
    if arguments.dry_run and said.body is not None:
        console.line(said.body.rstrip()) if isinstance(said.body, str) else console.json(said.body)
    why = {
        Action.NOTHING: ": no call was seen, nothing is said",
        Action.SKIPPED: ": it comes from a fork; --forks tells it all the same",
    }.get(told.action, "")
    word = f"would be {told.action}" if arguments.dry_run and told.action in ("created", "updated") else told.action
    console.note(f"{said.target}: {word}{why}")
    if told.removed:
        console.note(f"{told.removed} more of our comments there {'would be' if arguments.dry_run else 'were'} removed")


def _key(reference: str, option: str, settings: Settings) -> Key:
    try:
        parsed = parse_reference(reference)
    except ValueError as fault:
        _wrong(option, str(fault), f"Right would be {RIGHT}.")
    key = read_key(parsed, settings.home, os.environ)
    if isinstance(key, Problem):
        raise Wrong(key, exit_codes.SETTINGS)
    return key


def _address(text: str, option: str) -> str:
    try:
        return api_url(text)
    except ValueError as fault:
        _wrong(option, str(fault), "Write it as https://host, with what its API stands under.")


def _matching(pattern: re.Pattern[str], text: str, option: str, example: str) -> str:
    if not pattern.fullmatch(text) or ".." in text:
        _wrong(option, f"{text[:80]!r} is none", f"Write it as {example}.")
    return text


def _day(text: str | None) -> int | None:
    try:
        return None if text is None else day_number(text)
    except ValueError:
        _wrong("--from", f"{str(text)[:40]!r} is not a date", "Write it as 2026-10-01 (UTC).")


def _wrong(option: str, what: str, remedy: str) -> NoReturn:
    raise Wrong(Problem(reason="parameter_wrong", where=option, detail=what, remedy=remedy), exit_codes.USAGE)
