"""Which counter a running total continues."""

from tollbook_agent.capture.logs.codex_vector import MAX_PAST, MAX_TIPS, Marks, Vector


def v(tokens: int) -> Vector:
    return Vector(tokens, tokens // 2, 0, tokens // 10, 0)


def after(*steps: tuple[int, int | None]) -> Marks:
    marks = Marks()
    for total, last in steps:
        marks, _ = marks.advance(v(total), None if last is None else v(last))
    return marks


def test_the_first_total_is_what_the_response_used() -> None:
    assert Marks().advance(v(900), v(200))[1] == v(200)
    assert Marks().advance(v(900), None)[1] is None


def test_a_missing_row_is_made_up_for_by_the_next_total() -> None:
    assert after((100, 100)).advance(v(600), v(200))[1] == v(500)


def test_with_several_counters_an_unknown_predecessor_is_not_guessed() -> None:
    marks = after((100_000, 1000), (8000, 8000))
    assert len(marks.tips) == 2
    assert marks.advance(v(50_000), v(5000))[1] == v(5000)


def test_without_last_usage_the_greatest_counter_below_is_continued() -> None:
    marks = after((100_000, 1000), (8000, 8000))
    assert marks.advance(v(110_000), None)[1] == v(10_000)
    assert marks.advance(v(9000), None)[1] == v(1000)
    assert marks.advance(v(5000), None)[1] is None


def test_a_class_that_fell_is_another_counter() -> None:
    lower_output = Vector(200, 60, 0, 5, 0)
    assert after((100, 100)).advance(lower_output, Vector(30, 10, 0, 5, 0))[1] == Vector(30, 10, 0, 5, 0)


def test_last_usage_beyond_the_total_is_ignored() -> None:
    assert after((100, 100)).advance(v(300), v(4000))[1] == v(200)


def test_a_branch_off_an_earlier_total_leaves_the_other_counter_alone() -> None:
    marks = after((100, 100), (300, 200))
    marks, first = marks.advance(v(140), v(40))
    marks, second = marks.advance(v(350), v(50))
    assert (first, second) == (v(40), v(50))


def test_passed_totals_are_still_known() -> None:
    marks = after((100, 100), (300, 200))
    assert marks.seen(v(100))
    assert marks.seen(v(300))
    assert not marks.seen(v(200))


def test_what_is_kept_is_bounded() -> None:
    ever_on = after(*((100 * i, 100) for i in range(1, 500)))
    assert (len(ever_on.tips), len(ever_on.past)) == (1, MAX_PAST)
    restarts = after(*((10_000 - i, 1) for i in range(100)))
    assert (len(restarts.tips), len(restarts.past)) == (MAX_TIPS, 0)


def test_contradicting_counts_are_no_usage() -> None:
    assert Vector(10, 8, 3, 1, 0).usage() is None
    assert Vector(10, 8, 2, 1, 2).usage() is None
    assert Vector(10, 8, 2, 1, 1).usage() is not None
