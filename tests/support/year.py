"""A laptop with a year of calls in its store, put there without any log: for questions about much of it."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from tests.support.domain import made_for, response, sighting
from tollbook.prepare import Prepared, Preparer
from tollbook.prices import default_book
from tollbook.usage import Usage
from tollbook.vocabulary import Channel, Evidence, Provider, Source
from tollbook.work import Work
from tollbook_agent.compose import store_of
from tollbook_agent.settings import load

DAYS = 365
SESSION_CALLS = 40
BATCH = 5_000
REPOS = ("acme/shop", "acme/web", "acme/ledger")
MODELS = ("claude-opus-5-5", "claude-sonnet-5", "claude-haiku-4-5")


def calls(count: int, until: datetime) -> Iterator[tuple[datetime, int]]:
    """Moments of calls over a year, evenly, the last ones just before `until`; each with its number."""
    step = timedelta(days=DAYS) / count
    for number in range(count):
        yield until - step * (count - number), number


def fill(environment: Mapping[str, str], count: int, until: datetime) -> None:
    """Book them, by the settings of an environment. Every eighth session names no ticket."""
    settings = load(environment)
    store = store_of(settings, environment)
    prepare = Preparer(observer=settings.device, rule=settings.rule, book=default_book()).prepare
    works: dict[tuple[str, str], Work] = {}
    batch: list[Prepared] = []
    try:
        for moment, number in calls(count, until):
            session = number // SESSION_CALLS
            repo, ticket = REPOS[session % len(REPOS)], session % 200
            branch = "main" if session % 8 == 0 else f"feature/PAY-{ticket}-x"
            work = works.setdefault(
                (repo, branch), made_for(repo=(repo, Evidence.WORKTREE), branch=(branch, Evidence.REFLOG))
            )
            start = int(moment.timestamp() * 10**9)
            one = sighting(
                Source.LOG,
                response(f"msg_{number:08}"),
                started_at=start,
                ended_at=start + 9 * 10**9,
                usage=Usage(input=20, cache_read=30_000 + number % 977, cache_write_5m=900, output=400 + number % 89),
                channel=Channel.ANTHROPIC,
                provider=Provider.ANTHROPIC,
                model=MODELS[session % len(MODELS)],
                session_id=f"session-{session:05}",
            )
            made = prepare(one, work)
            assert made is not None
            batch.append(made)
            if len(batch) == BATCH:
                store.commit(batch, now_ns=start)
                batch = []
        store.commit(batch, now_ns=int(until.timestamp() * 10**9))
    finally:
        store.close()
