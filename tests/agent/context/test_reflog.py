"""The reflog parser: every kind of entry, torn and foreign bytes, moments before the first entry."""

import pytest

from tollbook_agent.context.reflog import Moment, branch_at, parse, timeline

S = 1_000_000_000
A, B, C = "a" * 40, "b" * 40, "c" * 40
ZERO = "0" * 40


def line(seconds: int, message: str, new: str = B, old: str = A) -> bytes:
    return f"{old} {new} Ada L <ada@example.com> {seconds} +0200\t{message}\n".encode()


CLONE = line(100, "clone: from https://u:secret@example.com/acme/shop.git", A, ZERO)


def branches(data: bytes, head: str | None, *seconds: int) -> list[str | None]:
    log = parse(data)
    return [branch_at(log, head, at * S)[0] for at in seconds]


def test_checkouts_are_walked_back_from_head() -> None:
    data = CLONE + line(200, "checkout: moving from main to x") + line(300, "checkout: moving from x to y", C)
    assert branches(data, "y", 100, 199, 200, 299, 300, 10_000) == ["main", "main", "x", "x", "y", "y"]
    assert branch_at(parse(data), "y", 250 * S) == ("x", B)
    assert branch_at(parse(data), "y", 300 * S) == ("y", C)


def test_before_the_first_entry_the_earliest_branch_is_a_guess() -> None:
    data = CLONE + line(200, "checkout: moving from main to x")
    assert timeline(parse(data), "x").at(99 * S) == Moment("main", None, False)
    assert timeline(parse(data), "x").at(100 * S) == Moment("main", A, True)


def test_what_was_typed_is_not_taken_for_a_branch() -> None:
    data = CLONE + line(200, "checkout: moving from main to v1.0") + line(300, f"checkout: moving from {B} to main")
    assert branches(data, "main", 250, 300) == [None, "main"]
    assert branches(CLONE + line(200, "checkout: moving from main to HEAD~2"), None, 150, 250) == ["main", None]
    assert branches(CLONE + line(200, "checkout: moving from main to :/fix a bug"), None, 150, 250) == ["main", None]


def test_detached_in_a_repository_of_long_hashes() -> None:
    old, new = "1" * 64, "2" * 64
    data = line(100, "commit (initial): x", old, "0" * 64) + line(200, f"checkout: moving from {old} to x", new, old)
    assert branch_at(parse(data), "x", 100 * S) == (None, old)
    assert branch_at(parse(data), "x", 200 * S) == ("x", new)


def test_renamed_branch_has_the_name_it_had() -> None:
    message = "Branch: renamed refs/heads/old to refs/heads/PAY-1/new"
    data = CLONE + line(200, message, ZERO, A) + line(200, message, A, ZERO)
    assert branches(data, "PAY-1/new", 199, 200) == ["old", "PAY-1/new"]
    assert branch_at(parse(data), "PAY-1/new", 200 * S) == ("PAY-1/new", A)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("rebase (start): checkout main", "rebase (finish): returning to refs/heads/x"),
        ("rebase -i (start): checkout main", "rebase -i (finish): returning to refs/heads/x"),
        ("rebase (start): checkout main", "rebase (abort): returning to refs/heads/x"),
        ("rebase (start): checkout main", "rebase (abort): updating HEAD"),
        ("pull -q --rebase origin main (start): checkout " + C, "rebase (abort): returning to refs/heads/x"),
        ("rebase: checkout main", "rebase finished: returning to refs/heads/x"),
    ],
)
def test_a_rebase_stays_on_its_branch(start: str, end: str) -> None:
    data = CLONE + line(200, "checkout: moving from main to x") + line(300, start) + line(310, "rebase (pick): two")
    assert branches(data + line(320, end), "x", 199, 250, 300, 315, 320, 400) == ["main", *["x"] * 5]
    assert branches(data, None, 199, 250, 305, 400) == ["main", "x", "x", "x"]  # still going on: HEAD is detached


def test_a_rebase_that_names_another_branch_moves_to_it() -> None:
    data = CLONE + line(200, "checkout: moving from x to main") + line(300, "rebase (start): checkout main")
    data += line(310, "rebase (finish): returning to refs/heads/x")
    assert branches(data, "x", 150, 250, 305, 320) == ["x", "main", "x", "x"]


def test_a_rebase_left_with_quit_ends_at_the_next_checkout() -> None:
    data = CLONE + line(200, "checkout: moving from main to x") + line(300, "rebase (start): checkout main")
    data += line(400, f"checkout: moving from {C} to main")
    assert branches(data, "main", 250, 350, 400) == ["x", "x", "main"]


def test_detached_before_an_old_rebase_is_detached() -> None:
    data = (
        CLONE + line(200, f"checkout: moving from {C} to x") + line(300, "rebase finished: returning to refs/heads/x")
    )
    assert branches(data, "x", 150) == ["x"]  # an end without a start: the rebase may be older than the log
    data = CLONE + line(150, "checkout: moving from main to v1") + line(200, f"checkout: moving from {C} to x")
    data += line(290, "rebase: checkout main") + line(300, "rebase finished: returning to refs/heads/x")
    assert branches(data, "x", 120, 170, 250, 295) == ["main", None, "x", "x"]


def test_first_commit_of_an_orphan_branch_begins_it() -> None:
    data = CLONE + line(200, "checkout: moving from x to main") + line(300, "commit (initial): pages", B, ZERO)
    assert branches(data, "pages", 250, 300) == ["main", "pages"]


def test_messages_of_people_say_nothing() -> None:
    traps = [
        "commit: checkout: moving from main to evil",
        "commit: rebase (finish): returning to refs/heads/evil",
        "rebase (pick): x (finish): returning to refs/heads/evil",
        "commit (amend): Branch: renamed refs/heads/main to refs/heads/evil",
        "reset: moving to evil",
        "merge evil: Fast-forward",
        "pull (x) (finish): returning to refs/heads/evil",
    ]
    data = CLONE + b"".join(line(200 + place, trap) for place, trap in enumerate(traps))
    assert parse(data).moves == ()
    assert branches(data, "main", 100, 203, 400) == ["main"] * 3


def test_within_one_second_the_later_entry_counts() -> None:
    data = CLONE + line(200, "checkout: moving from main to x") + line(200, "checkout: moving from x to y", C)
    assert branch_at(parse(data), "y", 200 * S) == ("y", C)
    assert branch_at(parse(data), "y", 200 * S - 1) == ("main", A)


def test_modification_of_head_sharpens_the_last_move_only() -> None:
    data = CLONE + line(200, "checkout: moving from main to x") + line(200, "checkout: moving from x to y", C)
    data += line(205, "commit: z", A)
    sharp = timeline(parse(data), "y", 200 * S + 700)
    assert [sharp.at(200 * S + ns).branch for ns in (0, 699, 700, 5 * S)] == ["x", "x", "y", "y"]
    assert sharp.at(200 * S - 1).branch == "main"
    later = timeline(parse(data), "y", 300 * S)  # HEAD was written again, for another reason
    assert later.at(200 * S).branch == "y"


def test_a_clock_that_went_back_keeps_the_order_of_entries() -> None:
    data = CLONE + line(500, "checkout: moving from main to x") + line(300, "checkout: moving from x to y")
    assert branches(data, "y", 299, 300, 400, 600) == ["main", "y", "y", "y"]


def test_torn_and_foreign_lines() -> None:
    good = line(200, "checkout: moving from main to x")
    torn = line(300, "checkout: moving from x to feature/PAY-12")[:-4]
    assert branches(CLONE + good + torn, "x", 150, 350) == ["main", "x"]
    junk = parse(CLONE + b"no entry\n" + b"\xff\xfe\n" + good)
    assert junk.skipped == 2
    assert len(junk.times) == 2
    assert parse(b"").times.tolist() == []
    assert parse(torn).skipped == 0


def test_entries_without_a_message() -> None:
    bare = f"{ZERO} {A} Ada <a@b> 100 +0200\n".encode()
    assert branch_at(parse(bare + line(110, "reset: moving to HEAD")), "wt", 105 * S) == ("wt", A)


def test_a_tail_leaves_out_its_first_line_and_stays_uncertain_before_it() -> None:
    data = CLONE + line(200, "checkout: moving from main to x") + line(300, "checkout: moving from x to y")
    tail = parse(data[30:], torn_start=True)
    assert tail.skipped == 0
    assert timeline(tail, "y").at(150 * S) == Moment("main", None, False)


def test_a_name_that_is_no_utf8_is_replaced() -> None:
    data = CLONE + line(200, "checkout: moving from main to x").replace(b"main", b"caf\xe9")
    assert branches(data, "x", 150) == ["caf\ufffd"]
