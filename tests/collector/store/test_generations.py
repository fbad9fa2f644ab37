"""What was used since the last turn is remembered, whatever else is forgotten."""

from tollbook_collector.generations import Generations


def test_what_is_used_outlives_what_is_not() -> None:
    known: Generations[str, int] = Generations()
    for name, value in (("used", 1), ("idle", 2)):
        assert known.put(name, value) == value
    for turn in range(3):
        known.turn()
        assert known.get("used") == 1
        assert len(known) == (2 if turn == 0 else 1)
        assert known.young == 1
    assert known.get("idle") is None


def test_nothing_outlives_two_turns_unused() -> None:
    known: Generations[str, int] = Generations()
    known.put("one", 1)
    known.turn()
    known.turn()
    assert (known.get("one"), len(known)) == (None, 0)


def test_cleared_it_knows_nothing() -> None:
    known: Generations[str, int] = Generations()
    known.put("one", 1)
    known.turn()
    known.put("two", 2)
    known.clear()
    assert (known.get("one"), known.get("two"), len(known)) == (None, None, 0)
