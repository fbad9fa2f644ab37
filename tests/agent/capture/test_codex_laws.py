"""Laws of reading rollouts: division, repetition, order and copying change nothing; damage never raises."""

from collections import Counter
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.codex_calls import MTIME, joined
from tests.support.codex_rollout import THREAD, Counts, count, line, lines_of, meta, record, running
from tollbook.usage import Usage
from tollbook_agent.capture.logs.codex import EMPTY, read
from tollbook_agent.capture.observation import Observation


@st.composite
def counts(draw: st.DrawFn) -> Counts:
    """One response; never an empty one."""
    cached, written, fresh = draw(st.integers(0, 10**6)), draw(st.integers(0, 10**4)), draw(st.integers(1, 10**5))
    reasoning, spoken = draw(st.integers(0, 10**4)), draw(st.integers(1, 10**4))
    return cached + written + fresh, cached, written, reasoning + spoken, reasoning


LAW = settings(max_examples=30, deadline=None, derandomize=True)
SESSIONS = st.lists(counts(), min_size=1, max_size=12)


def disjoint(one: Counts) -> Usage:
    return Usage(input=one[0] - one[1] - one[2], cache_read=one[1], cache_write=one[2], output=one[3], reasoning=one[4])


def observed(data: bytes, name: str = "rollout.jsonl") -> list[Observation]:
    return read(data, EMPTY, name=name, fallback_time=MTIME)[0]


def usages(observations: Sequence[Observation]) -> Counter[Usage | None]:
    return Counter(call.usage for call in joined(observations))


@LAW
@given(SESSIONS, st.data())
def test_any_division_at_line_ends_gives_the_same(spent: list[Counts], data: st.DataObject) -> None:
    totals = running(spent)
    lines = [meta(), *lines_of(spent)]
    lines += [record(f"resp_{i}", one, totals[i]) for i, one in enumerate(spent)]
    lines = data.draw(st.permutations(lines))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(lines)), max_size=6)))
    state, pieces = EMPTY, list[Observation]()
    for start, end in zip([0, *cuts], [*cuts, len(lines)], strict=True):
        found, _, state = read(b"".join(lines[start:end]), state, name="rollout.jsonl", fallback_time=MTIME)
        pieces += found
    whole, _, after = read(b"".join(lines), EMPTY, name="rollout.jsonl", fallback_time=MTIME)
    assert (pieces, state) == (whole, after)


@LAW
@given(SESSIONS, st.lists(st.sampled_from("RCB"), min_size=12, max_size=12))
def test_a_response_counts_once_whoever_reports_it(spent: list[Counts], kinds: list[str]) -> None:
    """Each response by its record, by its running total, or by both in either order."""
    parts = [meta()]
    for i, (one, total, kind) in enumerate(zip(spent, running(spent), kinds, strict=False)):
        pair = [record(f"resp_{i}", one, total), count(total, one)]
        parts += {"R": pair[:1], "C": pair[1:], "B": pair if i % 2 else pair[::-1]}[kind]
    assert usages(observed(b"".join(parts))) == Counter(disjoint(one) for one in spent)


@LAW
@given(SESSIONS, st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=8))
def test_repeated_totals_add_nothing(spent: list[Counts], repeats: list[tuple[int, int]]) -> None:
    lines = lines_of(spent)
    again = list(lines)
    for source, delay in repeats:
        if source < len(lines):
            place = again.index(lines[source]) + 1
            again.insert(min(place + delay, len(again)), lines[source])
    assert usages(observed(b"".join([meta(), *again]))) == usages(observed(b"".join([meta(), *lines])))


@LAW
@given(SESSIONS, st.booleans())
def test_the_usages_of_one_counter_sum_to_its_last_total(spent: list[Counts], said: bool) -> None:
    totals = running(spent)
    lines = lines_of(spent) if said else [count(total) for total in totals]
    found = [one.sighting.usage for one in observed(meta() + b"".join(lines))]
    assert sum((one for one in found if one), start=Usage()) == disjoint(totals[-1])


@LAW
@given(SESSIONS, SESSIONS, SESSIONS, st.integers(0, 12), st.booleans(), st.permutations([0, 1, 2]))
def test_copies_of_a_fork_join_what_they_copy(
    own: list[Counts], left: list[Counts], right: list[Counts], cut: int, parent: bool, order: list[int]
) -> None:
    """Two unmarked forks of one thread, with or without the thread itself, in any order."""
    copied = own[:cut]
    begin = running(copied)[-1] if copied else (0, 0, 0, 0, 0)
    files = [b"".join([meta("parent"), *(lines_of(own) if parent else [])])]
    for name, more in (("left", left), ("right", right)):
        files.append(b"".join([meta(name, forked_from_id="parent"), *lines_of(copied), *lines_of(more, begin)]))
    observations = [one for place in order for one in observed(files[place])]
    totals = set(running(own)) if parent else set(running(copied))
    totals |= set(running(left, begin)) | set(running(right, begin))
    assert len(joined(observations)) == len(totals)
    for call in joined(observations):
        assert call.usage is not None


@LAW
@given(st.lists(counts(), min_size=2, max_size=8), st.lists(counts(), min_size=2, max_size=8), st.data())
def test_two_counters_in_one_file_do_not_disturb_each_other(
    one: list[Counts], other: list[Counts], data: st.DataObject
) -> None:
    turns = data.draw(st.permutations([0] * len(one) + [1] * len(other)))
    queues = [iter(lines_of(one)), iter(lines_of(other))]
    lines = [meta(), *(next(queues[turn]) for turn in turns)]
    clash = set(running(one)) & set(running(other))
    found = usages(observed(b"".join(lines)))
    assert clash or found == Counter(disjoint(spent) for spent in [*one, *other])


@LAW
@given(SESSIONS, st.data())
def test_damage_never_raises_and_never_invents_a_thread(spent: list[Counts], data: st.DataObject) -> None:
    whole = bytearray(b"".join([meta(), line(0, "turn_context", {"model": "gpt-5.5"}), *lines_of(spent)]))
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(whole) - 1))
        whole[place : place + data.draw(st.integers(1, 40))] = data.draw(st.binary(max_size=12))
    observations, problems, _ = read(bytes(whole), EMPTY, name="rollout.jsonl", fallback_time=MTIME)
    assert len(observations) <= len(spent) + 8
    assert all(problem.reason for problem in problems)
    assert all(one.sighting.ids for one in observations)


@LAW
@given(st.binary(max_size=400))
def test_noise_holds_no_calls(data: bytes) -> None:
    assert observed(data) == []


def test_thread_id_alone_is_never_an_id() -> None:
    data = meta() + b"".join(lines_of([(10, 0, 0, 5, 0), (20, 10, 0, 5, 0)]))
    ids = [one.value for found in observed(data) for one in found.sighting.ids]
    assert ids == [f"{THREAD}:10.0.0.5.0", f"{THREAD}:30.10.0.10.0"]
