"""The calls of a company as claims: who makes them, in which order they come, which come a second and a third time.

Everything follows from the number of the call, so that a preloaded store and the claims that follow it agree.
"""

import random
from collections.abc import Iterator

from tollbook.claim import Claim, claim_of
from tollbook.identity import Id
from tollbook.sighting import Scope, Sighting
from tollbook.usage import Usage
from tollbook.vocabulary import Billing, Channel, IdKind, Provider, Purpose, Source, Tool
from tollbook.work import Evidence, Known, Work

CALLS_A_DAY = 27_400
"""About a thousand engineers' worth; ten million calls are a year."""
SESSIONS_AT_ONCE = 1_000
CALLS_A_SESSION = 60
SESSIONS_A_TICKET = 5
FIRST_DAY = 20_300
NANOSECONDS_A_DAY = 86_400 * 10**9
LASTS = 8 * 10**9
"""How long a call takes, in nanoseconds."""
RUN = 10
"""Calls of one session that a late observer reports in one go."""
PLACES = ((0.60, 2), (0.90, 14), (1.0, None))
"""How old the calls of second and third claims are: share up to, days back (`None`: any)."""


def day(call: int) -> int:
    """The UTC day a call was made."""
    return FIRST_DAY + call // CALLS_A_DAY


def started_at(call: int) -> int:
    """When a call was made, in nanoseconds."""
    return FIRST_DAY * NANOSECONDS_A_DAY + call * (NANOSECONDS_A_DAY // CALLS_A_DAY)


def session(call: int) -> int:
    """A thousand sessions take turns; each ends after sixty calls."""
    return call // SESSIONS_AT_ONCE // CALLS_A_SESSION * SESSIONS_AT_ONCE + call % SESSIONS_AT_ONCE


def ticket(call: int) -> str:
    """The ticket a session works on."""
    own = session(call)
    return f"PAY-{1 + own // SESSIONS_AT_ONCE // SESSIONS_A_TICKET * SESSIONS_AT_ONCE + own % SESSIONS_AT_ONCE}"


def ids(call: int) -> tuple[Id, Id, Id]:
    """Response, request and client request id."""
    return (
        Id(IdKind.RESPONSE, f"msg_01{call * 7919:022d}"),
        Id(IdKind.REQUEST, f"req_011{call * 104_729:021d}"),
        Id(IdKind.CLIENT_REQUEST, f"{call:08x}-1111-4222-8333-{call:012x}"),
    )


def usage(call: int) -> Usage:
    """The counts every observer reports alike."""
    return Usage(
        input=12 + call % 50,
        cache_read=40_000 + call % 9_999,
        cache_write_5m=call % 1_000,
        cache_write_1h=call % 300,
        output=300 + call % 700,
    )


SEEN = {Source.PROXY: slice(0, 3), Source.LOG: slice(0, 2), Source.OTEL: slice(1, 3)}
"""The ids each observer sees."""


def claim(call: int, source: Source) -> Claim:
    """What one of three observers says of a call."""
    own = session(call)
    engineer = Known(f"dev{own % 800}@example.com", Evidence.EXPLICIT)
    work = Work(engineer=engineer)
    if source is not Source.OTEL:
        work = Work(
            engineer=engineer,
            device=Known(f"device-{own % 800:08x}", Evidence.EXPLICIT),
            repo=Known(f"acme/service-{own % 83}", Evidence.WORKTREE),
            branch=Known(f"feature/{ticket(call)}-mend-the-thing", Evidence.HEAD),
            commit=Known(f"{own:040x}", Evidence.HEAD),
        )
    sighting = Sighting(
        source=source,
        tool=Tool.CLAUDE_CODE,
        ids=ids(call)[SEEN[source]],
        started_at=started_at(call),
        ended_at=started_at(call) + LASTS,
        usage=usage(call),
        channel=Channel.ANTHROPIC,
        provider=Provider.ANTHROPIC,
        billing=Billing.METERED,
        scope=Scope(organization="org-1234") if source is Source.PROXY else Scope(),
        model_requested="claude-sonnet-4-5",
        model="claude-sonnet-4-5-20250929",
        service_tier="standard",
        speed="standard",
        session_id=f"{own:08x}-aaaa-4bbb-8ccc-{own:012x}",
        turn_id=f"{own:08x}-dddd-4bbb-8ccc-{own:012x}" if source is Source.LOG else None,
        purpose=Purpose.TURN,
        work=work,
    )
    made = claim_of(sighting, f"device-{own % 800:08x}")
    assert made is not None
    return made


def has_log(call: int) -> bool:
    """Whether a preloaded call has been seen twice already; its next claim is the third."""
    return call % SESSIONS_AT_ONCE % 4 == 0


def arrivals(first: int, count: int, later: float, seed: int) -> Iterator[tuple[int, Source]]:
    """Call and observer of `count` claims after `first` calls; a share `later` are second or third ones of a call."""
    choice = random.Random(seed)
    told: set[int] = set()
    call = first
    waiting: list[int] = []
    for _ in range(count):
        if call > first and choice.random() < later:
            while not waiting:
                waiting = [each for each in _session_part(choice, call) if each not in told]
            old = waiting.pop()
            told.add(old)
            yield old, Source.OTEL if old < first and has_log(old) else Source.LOG
        else:
            yield call, Source.PROXY
            call += 1


def _session_part(choice: random.Random, now: int) -> list[int]:
    """Consecutive calls of one session that exist, newest first."""
    share = choice.random()
    days = next(days for up_to, days in PLACES if share <= up_to)
    oldest = 0 if days is None else max(0, now - days * CALLS_A_DAY)
    last = choice.randrange(oldest, now)
    return list(range(last, max(oldest, last - RUN * SESSIONS_AT_ONCE) - 1, -SESSIONS_AT_ONCE))[:RUN]
