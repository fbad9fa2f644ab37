"""Which branch and commit a checkout stood on at a moment, from the bytes of its `logs/HEAD`. Pure.

Of an entry only three things are read: its time, its new hash, and the branch names that git itself writes for
checkouts, renames and rebases. Messages of people (`commit: ...`, `rebase (pick): ...`) match no group and never become
objects.

The branch is found by walking back from the branch HEAD names now, as git does for `@{-1}`: the *from* of `checkout:
moving from A to B` is what was left, while *to* is what somebody typed and may be a tag or `HEAD~2`.

git keeps whole seconds. A call within the second of a checkout counts as made after it, unless `timeline` is given the
finer time of the last one. Where the clock went back, the order of the entries stands: the last entry at or before the
moment counts.
"""

import re
from array import array
from binascii import unhexlify
from bisect import bisect_right
from enum import Enum
from typing import NamedTuple

SECOND_NS = 1_000_000_000
SHARPEN_NS = 1_100_000_000
"""How far after the second of a checkout HEAD's own modification time may lie and still be that checkout's: the second
it was cut to, and the time between the two writes."""

_NAME = rb"[^ \n\x00-\x1f\x7f~^:?*\[\\]{1,255}"
_END = rb"(?=\n)"
_HASH = rb"(?:[0-9a-f]{40}|[0-9a-f]{64})"
_MOVES = (
    rb"checkout: moving from (?P<left>" + _NAME + rb") to (?P<to>" + _NAME + _END + rb")?",
    rb"Branch: renamed refs/heads/(?P<old>" + _NAME + rb") to refs/heads/(?P<renamed>" + _NAME + rb")" + _END,
    rb"(?:rebase|pull)[^()\n]* \((?P<step>start|finish|abort)\): "
    rb"(?:returning to refs/heads/(?P<back>" + _NAME + rb")" + _END + rb")?",
    rb"(?P<start_am>rebase: checkout )",
    rb"rebase finished: returning to refs/heads/(?P<back_am>" + _NAME + rb")" + _END,
    rb"(?P<born>commit \(initial\))",
)
"""The messages git writes itself. `pull --rebase` puts its own command line before `(start)`; `rebase: checkout` and
`rebase finished` are of git before 2.26."""
_LINE = re.compile(
    rb"^" + _HASH + rb" (?P<new>" + _HASH + rb") [^>\n]*> (?P<time>[0-9]{1,12}) [+-][0-9]{4}"
    rb"(?:\t(?:" + rb"|".join(_MOVES) + rb")?)?[^\n]*\n",
    re.MULTILINE,
)
_HEX = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class _Kind(Enum):
    CHECKOUT = 1
    RENAME = 2
    START = 3
    """A rebase begins: HEAD leaves the branch, the work does not."""
    FINISH = 4
    """A rebase ends or is given up: HEAD returns to the branch."""
    BORN = 5
    """First commit of a branch without history; git does not log the checkout that led to it."""


class _Move(NamedTuple):
    """One entry that may change the branch. Names are `None` where HEAD was detached or the name is not told."""

    entry: int
    kind: _Kind
    before: str | None
    after: str | None


class Reflog(NamedTuple):
    """What is kept of a `logs/HEAD`: 8 bytes of time and 20 (or 32) of hash an entry, and the moves."""

    times: "array[int]"
    """Of each entry the smallest time, in seconds, from it to the end: never falling, so that it can be bisected."""
    commits: bytes
    width: int
    moves: tuple[_Move, ...]
    skipped: int
    """Complete lines that are no entries."""


class Moment(NamedTuple):
    """Where a checkout stood. `branch` is `None` where HEAD was detached."""

    branch: str | None
    commit: str | None
    certain: bool
    """False before the first entry that is left: the earliest known branch is a guess there."""


def parse(data: bytes, *, torn_start: bool = False) -> Reflog:
    """Read `logs/HEAD`. A last line without its newline is still being written and is left out.

    Args:
        data: the file, or its tail.
        torn_start: `data` may begin inside a line, which is left out.
    """
    start = data.find(b"\n") + 1 if torn_start else 0
    times: array[int] = array("q")
    hashes: list[bytes] = []
    moves: list[_Move] = []
    for match in _LINE.finditer(data, start):
        times.append(int(match["time"]))
        hashes.append(match["new"])
        if match.lastgroup not in ("new", "time"):
            moves.append(_move(len(times) - 1, match))
    for index in range(len(times) - 2, -1, -1):
        times[index] = min(times[index], times[index + 1])
    width = len(hashes[0]) // 2 if hashes else 20
    packed = unhexlify(b"".join(one if len(one) == 2 * width else b"0" * 2 * width for one in hashes))
    return Reflog(times, packed, width, tuple(moves), data.count(b"\n", start) - len(times))


def _move(entry: int, match: re.Match[bytes]) -> _Move:
    if match["left"] is not None:
        return _Move(entry, _Kind.CHECKOUT, _branch(match["left"]), _branch(match["to"]))
    if match["old"] is not None:
        return _Move(entry, _Kind.RENAME, _branch(match["old"]), _branch(match["renamed"]))
    if match["born"] is not None:
        return _Move(entry, _Kind.BORN, None, None)
    if match["step"] == b"start" or match["start_am"] is not None:
        return _Move(entry, _Kind.START, None, None)
    return _Move(entry, _Kind.FINISH, None, _branch(match["back"] or match["back_am"]))


def _branch(name: bytes | None) -> str | None:
    """A branch name as text; `None` for hashes and for what git writes when there is no branch."""
    if name is None or name in (b"HEAD", b"(invalid)"):
        return None
    text = name.decode("utf-8", "replace")
    return None if _HEX.fullmatch(text) else text


class Timeline(NamedTuple):
    """A reflog read from one HEAD: the branch of every stretch between two moves."""

    reflog: Reflog
    starts: tuple[int, ...]
    """Entry that begins each stretch but the first."""
    branches: tuple[str | None, ...]
    sharp_entry: int
    sharp_ns: int
    """The last move happened at this nanosecond, finer than its entry says; 0 where that is not known."""

    def entry_at(self, at_ns: int) -> int:
        """The entry in force at a moment (UTC nanoseconds); -1 before the first."""
        entry = bisect_right(self.reflog.times, at_ns // SECOND_NS) - 1
        return self.sharp_entry - 1 if entry >= self.sharp_entry and at_ns < self.sharp_ns else entry

    def moment(self, entry: int) -> Moment:
        """Where the checkout stood while an entry was in force."""
        branch = self.branches[bisect_right(self.starts, entry)]
        if entry < 0:
            return Moment(branch, None, False)
        return Moment(branch, self._commit(entry), True)

    def at(self, at_ns: int) -> Moment:
        """Where the checkout stood at a moment (UTC nanoseconds)."""
        return self.moment(self.entry_at(at_ns))

    def _commit(self, entry: int) -> str | None:
        width = self.reflog.width
        commit = self.reflog.commits[entry * width : (entry + 1) * width]
        return commit.hex() if any(commit) else None


def timeline(reflog: Reflog, head_branch: str | None, head_changed_ns: int | None = None) -> Timeline:
    """Give every stretch of the reflog its branch.

    Args:
        reflog: the parsed `logs/HEAD`.
        head_branch: the branch HEAD names now; `None` when it is detached.
        head_changed_ns: modification time of the HEAD file, which git rewrites when the branch changes.
    """
    moves = reflog.moves
    branches = _backward(moves, head_branch)
    for place, move in enumerate(moves):
        if move.kind is _Kind.START and branches[place + 1] is None:
            branches[place + 1] = branches[place]  # a rebase that is still going on
    sharp_entry, sharp_ns = len(reflog.times), 0
    if moves and head_changed_ns is not None:
        written = reflog.times[moves[-1].entry] * SECOND_NS
        if written < head_changed_ns < written + SHARPEN_NS:
            sharp_entry, sharp_ns = moves[-1].entry, head_changed_ns
    return Timeline(reflog, tuple(move.entry for move in moves), tuple(branches), sharp_entry, sharp_ns)


def _backward(moves: tuple[_Move, ...], head_branch: str | None) -> list[str | None]:
    """The branch of each stretch, walking back from HEAD; one more stretch than moves."""
    current = head_branch
    rebasing = False
    branches = [current]
    for place in range(len(moves) - 1, -1, -1):
        move = moves[place]
        told = moves[place - 1].after if place else None
        if move.kind is _Kind.CHECKOUT:
            rebasing = rebasing and move.before is None
            current = current if rebasing else move.before
        elif move.kind is _Kind.RENAME:
            current = move.before
        elif move.kind is _Kind.FINISH:
            current = move.after or current
            rebasing = True
        else:  # START and BORN do not say what was left: the move before them may
            current = told or current
            rebasing = False
        branches.append(current)
    return branches[::-1]


def branch_at(reflog: Reflog, head_branch: str | None, at_ns: int) -> tuple[str | None, str | None]:
    """Branch and commit at one moment; to ask for many moments, keep the `timeline`."""
    moment = timeline(reflog, head_branch).at(at_ns)
    return moment.branch, moment.commit
