"""What a fork takes over from the lines it copied, and what not."""

from tests.support.codex_calls import MTIME
from tests.support.codex_rollout import THREAD, Counts, count, line, meta, plus
from tollbook.vocabulary import Channel, Purpose
from tollbook_agent.capture.logs.codex import EMPTY, read
from tollbook_agent.capture.observation import Observation

OLD: Counts = (1000, 400, 0, 50, 10)
NEW: Counts = (2000, 900, 0, 70, 0)
PARENT = "parent-thread"
SPAWNED = {"subagent": {"thread_spawn": {"parent_thread_id": PARENT, "depth": 1}}}
NINE = 1789376400
"""When the thread was made, in seconds since the epoch."""


def task(began: int, turn: str) -> bytes:
    return line(1, "event_msg", {"type": "task_started", "turn_id": turn, "started_at": began})


def turn_context(turn: str, **more: str) -> bytes:
    return line(1, "turn_context", {"turn_id": turn, **more})


def parse(*parts: bytes) -> list[Observation]:
    return read(b"".join(parts), EMPTY, name="r.jsonl", fallback_time=MTIME)[0]


def planned(total: Counts, last: Counts) -> bytes:
    """A running total that names a ChatGPT plan."""
    return count(total, last).replace(b'"rate_limits":null', b'"rate_limits":{"plan_type":"pro"}')


def test_an_ancestors_folder_turn_and_plan_stay_with_the_copy() -> None:
    (found,) = parse(
        meta(forked_from_id=PARENT),
        task(NINE - 600, "old-turn"),
        turn_context("old-turn", cwd="/home/ada/ancestor", model="gpt-5.5"),
        planned(OLD, OLD),
        task(NINE, "new-turn"),
        count(plus(OLD, NEW), NEW),
    )
    assert found.sighting.turn_id == "new-turn"
    assert found.sighting.model == "gpt-5.5"
    assert found.sighting.channel is Channel.OPENAI
    assert found.place.cwd == "/home/ada/shop"
    assert [one.value for one in found.sighting.ids] == [f"{THREAD}:3000.1300.0.120.10"]


def test_before_the_end_of_a_copy_is_known_no_row_is_called_a_subagents() -> None:
    unmarked = parse(meta(forked_from_id=PARENT, source=SPAWNED), count(OLD, OLD), count(plus(OLD, NEW), NEW))
    assert [len(one.sighting.ids) for one in unmarked] == [2, 2]
    assert {(one.sighting.agent_id, one.sighting.purpose) for one in unmarked} == {(None, None)}
    marked = parse(meta(forked_from_id=PARENT, source=SPAWNED), task(NINE + 1, "new"), count(plus(OLD, NEW), NEW))
    assert [(one.sighting.agent_id, one.sighting.purpose) for one in marked] == [(THREAD, Purpose.SUBAGENT)]


def test_a_copy_ends_once_and_for_all() -> None:
    found = parse(
        meta(forked_from_id=PARENT),
        task(NINE - 600, "old"),
        task(NINE + 5, "new"),
        task(NINE - 300, "clock went back"),
        count(plus(OLD, NEW), NEW),
    )
    assert [len(one.sighting.ids) for one in found] == [1]


def test_a_thread_that_copied_nothing_ignores_when_its_turns_began() -> None:
    assert len(parse(meta(), task(NINE - 600, "clock went back"), count(OLD, OLD))) == 1


def test_a_foreign_header_without_turns_leaves_the_rows_to_their_ids() -> None:
    header = line(1, "session_meta", {"id": PARENT, "forked_from_id": "grandparent", "cwd": "/elsewhere"})
    (found,) = parse(meta(), header, count(OLD, OLD))
    assert [one.value.partition(":")[0] for one in found.sighting.ids] == [THREAD, PARENT, "grandparent"]
    assert found.place.cwd == "/home/ada/shop"


def test_a_marker_without_ordinals_falls_back_to_the_turns() -> None:
    header = line(1, "session_meta", {"id": PARENT})
    found = parse(
        meta(forked_from_id=PARENT, subagent_history_start_ordinal=9),
        header,
        task(NINE - 600, "old"),
        count(OLD, OLD),
        task(NINE + 1, "new"),
        count(plus(OLD, NEW), NEW),
    )
    assert [one.sighting.turn_id for one in found] == ["new"]


def test_a_total_of_a_fork_without_any_last_usage_is_unknown() -> None:
    (found,) = parse(meta(forked_from_id=PARENT), count(plus(OLD, NEW)))
    assert found.sighting.usage is None
