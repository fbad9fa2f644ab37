"""What is remembered, until when, and who waits for whom."""

import threading

import pytest

from tollbook_collector.memory import LONGEST_NS, OLDEST_NS, QUICK_NS, REST, Memory, Told


class Clock:
    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now


class Work:
    """Counts how often it is done, and takes its time by the clock."""

    def __init__(self, clock: Clock, takes: int = QUICK_NS + 1) -> None:
        self._clock, self.takes = clock, takes
        self.times = 0

    def __call__(self) -> int:
        self._clock.now += self.takes
        self.times += 1
        return self.times


def test_an_answer_holds_until_something_changes() -> None:
    clock = Clock()
    memory, work = Memory(clock=clock), Work(clock)
    assert [memory.get("k", 1, work), memory.get("k", 1, work), memory.get("k", 2, work)] == [1, 1, 2]
    assert memory.get("other", 2, work) == 3
    memory.forget()
    assert memory.get("k", 2, work) == 4


def settled(memory: Memory, change: object, work: Work) -> int:
    """The answer once the thread behind has done its part."""
    for _ in range(10_000):
        if memory.get("k", change, work, may_be_old=True) != 1:
            break
        threading.Event().wait(0.001)
    return memory.get("k", change, work)


def test_who_may_be_told_something_old_is_told_it_at_once_with_its_age_and_something_new_next() -> None:
    clock = Clock()
    memory, work = Memory(clock=clock), Work(clock)
    assert memory.told("k", 1, work) == Told(1, 0)
    assert memory.told("k", 1, work, may_be_old=True) == Told(1, 0), "nothing has changed: it is no old answer"
    clock.now += REST * work.takes
    age = clock.now
    assert memory.told("k", 2, work, may_be_old=True) == Told(1, age)
    assert settled(memory, 2, work) == 2
    assert work.times == 2


def test_an_answer_that_changes_all_the_time_is_not_worked_out_all_the_time() -> None:
    clock = Clock()
    memory, work = Memory(clock=clock), Work(clock)
    memory.get("k", 0, work)
    for change in range(1, 9):
        clock.now += work.takes * REST // 9
        assert memory.told("k", change, work, may_be_old=True) == Told(1, clock.now)
    assert work.times == 1


@pytest.mark.parametrize(("takes", "later"), [(QUICK_NS, 0), (QUICK_NS + 1, OLDEST_NS)])
def test_what_is_quick_or_too_old_is_worked_out_before_it_is_told(takes: int, later: int) -> None:
    clock = Clock()
    memory, work = Memory(clock=clock), Work(clock, takes)
    memory.get("k", 1, work)
    clock.now += later
    assert memory.get("k", 2, work, may_be_old=True) == 2


@pytest.mark.parametrize(
    ("allowed", "until"), [(0, OLDEST_NS), (2 * OLDEST_NS, 2 * OLDEST_NS), (2 * LONGEST_NS, LONGEST_NS)]
)
def test_who_keeps_answers_warm_may_allow_more_within_bounds(allowed: int, until: int) -> None:
    for asked, age in ((until - 1, until - 1), (until, 0)):
        clock = Clock()
        memory, work = Memory(clock=clock), Work(clock)
        memory.allow(allowed)
        memory.get("k", 1, work)
        clock.now = asked
        assert memory.told("k", 2, work, may_be_old=True).age_ns == age


def test_of_too_many_the_longest_unasked_is_forgotten() -> None:
    clock = Clock()
    memory, work = Memory(most=2, clock=clock), Work(clock)
    for key in ("a", "b", "a", "c"):
        memory.get(key, 1, work)
    assert work.times == 3
    memory.get("a", 1, work)
    assert work.times == 3
    memory.get("b", 1, work)
    assert work.times == 4


def test_who_asks_at_the_same_time_waits_for_one_working_out() -> None:
    begun, go = threading.Event(), threading.Event()
    memory, times = Memory(), list[int]()

    def work() -> str:
        times.append(1)
        begun.set()
        assert go.wait(20)
        return "done"

    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(memory.get("k", 1, work))) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert begun.wait(20)
    go.set()
    for thread in threads:
        thread.join(20)
    assert (found, times) == (["done"] * 4, [1])


def test_a_fault_is_told_and_not_remembered() -> None:
    memory = Memory()

    def fail() -> int:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        memory.get("k", 1, fail)
    assert memory.get("k", 1, lambda: 5) == 5
