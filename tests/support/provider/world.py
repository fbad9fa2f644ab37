"""What the mock provider remembers while it runs: the number of the next answer and which tries were already made."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field

from tests.support.provider.ledger import Ledger
from tests.support.provider.script import PLAIN, SUMMARY, TITLE, Fault, Script, Step, script


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """Which part of which script one request gets."""

    name: str
    number: int
    """Of the step, from 0."""
    attempt: int
    """From 1."""
    step: Step
    fault: Fault | None


def unasked(purpose: str) -> Play:
    """What a request gets that no person's prompt led to."""
    step = {"compaction": SUMMARY, "title": TITLE}.get(purpose, Step())
    return Play(name=PLAIN, number=0, attempt=1, step=step, fault=None)


@dataclass(slots=True, kw_only=True)
class World:
    """The state of one run."""

    ledger: Ledger
    websocket: bool = True
    """Whether OpenAI's front takes a WebSocket; otherwise it answers 426."""
    _answers: int = 0
    _attempts: Counter[tuple[str, str, int]] = field(default_factory=Counter[tuple[str, str, int]])
    continued: dict[str, tuple[str, str, int]] = field(default_factory=dict[str, tuple[str, str, int]])
    """OpenAI's response id -> the script, its word and the step that it was, for requests that name a previous one."""

    def next_answer(self) -> int:
        """The number of an answer: 1, 2, 3 ..."""
        self._answers += 1
        return self._answers

    def play(self, conversation: str, mark: tuple[str, str] | None, step: int) -> Play:
        """What the next request of a conversation gets. Each call counts as one more attempt at this step."""
        name, word = mark or (PLAIN, "")
        found: Script = script(name, word)
        key = (conversation, name, step)
        self._attempts[key] += 1
        attempt = self._attempts[key]
        return Play(
            name=name, number=step, attempt=attempt, step=found.step(step), fault=found.fault(step, attempt)
        )  # fmt: skip


def made_id(prefix: str, number: int, length: int) -> str:
    """An id that looks like the provider's: the same for the same prefix and number, in any run."""
    return prefix + hashlib.sha256(f"{prefix}{number}".encode()).hexdigest()[:length]
