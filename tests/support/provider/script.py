"""What the mock provider plays: a prompt names a script as `[[script:NAME]]`, and each request of it gets one step."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

MARK = re.compile(r"\[\[script:([a-z0-9-]+)(?::([^\]\n]{0,200}))?\]\]")
"""The name, and a word for the script to use."""


class Fault(StrEnum):
    """A way to go wrong, once."""

    RATE_LIMITED = "rate_limited"
    """429 with `retry-after: 0`."""
    OVERLOADED = "overloaded"
    """529 of Anthropic, 503 of OpenAI."""
    ERROR_EVENT = "error_event"
    """An error event in the middle of a stream that had begun well."""
    CUT_AT_START = "cut_at_start"
    """The connection ends after the first event."""
    CUT_IN_CONTENT = "cut_in_content"
    """The connection ends in the middle of the text."""
    HANG = "hang"
    """The stream stops in the middle of the text, and the connection stays until the client goes away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """Something the model asks the client to do."""

    command: str | None = None
    """A shell command."""
    subagent: str | None = None
    """The prompt for a subagent."""
    background: bool = False
    """The subagent runs on beside its parent: always so in Codex."""
    wait: bool = False
    """Wait for subagents: a tool of Codex's only, nothing in Claude Code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One answer."""

    say: str = "Done."
    tools: tuple[Tool, ...] = ()
    pause_seconds: float = 0.0
    """Between two events of the stream."""
    pieces: int = 4
    """How many text events."""
    advisor: bool = False
    """A second model has advised, in the same answer."""
    web_searches: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """Steps in order; the last one is repeated. `faults` are what the first tries of a step meet."""

    steps: tuple[Step, ...] = (Step(),)
    faults: Mapping[int, tuple[Fault, ...]] = field(default_factory=dict[int, tuple[Fault, ...]])

    def step(self, number: int) -> Step:
        """The step with this number, from 0."""
        return self.steps[min(number, len(self.steps) - 1)]

    def fault(self, number: int, attempt: int) -> Fault | None:
        """What the attempt (from 1) at a step meets."""
        planned = self.faults.get(number, ())
        return planned[attempt - 1] if attempt <= len(planned) else None


def _once(fault: Fault, *more: Fault) -> Script:
    return Script(faults={0: (fault, *more)})


def _shell(*commands: str) -> Script:
    asked = tuple(Step(say=f"I run `{command}`.", tools=(Tool(command=command),)) for command in commands)
    return Script(steps=(*asked, Step()))


def _delegating(*, background: bool) -> Script:
    child = Tool(subagent="[[script:child]] Look.", background=background)
    return Script(steps=(Step(say="I ask.", tools=(child,)), Step(say="I wait.", tools=(Tool(wait=True),)), Step()))


SUMMARY = Step(say="<analysis>Short.</analysis>\n<summary>Two commands were run.</summary>")
"""The answer to a request to compact the conversation."""
TITLE = Step(say='{"title": "Refund of orders"}')
"""The answer to a request for a session's title; anything else is asked for again."""
PLAIN = "simple"
"""What is played where no script is named."""


def script(name: str, word: str) -> Script:
    """The script of this name.

    Args:
        name: as in the mark.
        word: what follows it in the mark: the branch to switch to.
    """
    match name:
        case "tool-loop":
            return _shell("echo one", "echo two")
        case "branch-switch":
            return _shell("git status --short", f"git switch -q {word}", "echo after")
        case "subagent":
            return _delegating(background=False)
        case "subagent-background":
            return _delegating(background=True)
        case "child":
            return _shell("echo child")
        case "slow":
            return Script(steps=(Step(pause_seconds=0.2, pieces=10),))
        case "slow-tools":
            return _shell("sleep 0.3", "sleep 0.2")
        case "advisor":
            return Script(steps=(Step(advisor=True),))
        case "web-search":
            return Script(steps=(Step(web_searches=2),))
        case _:
            return FAULTY.get(name) or Script()


FAULTY: Mapping[str, Script] = {
    "rate-limited": _once(Fault.RATE_LIMITED),
    "overloaded": _once(Fault.OVERLOADED, Fault.OVERLOADED),
    "error-event": _once(Fault.ERROR_EVENT),
    "cut-at-start": _once(Fault.CUT_AT_START),
    "cut-in-content": _once(Fault.CUT_IN_CONTENT),
    "hang": _once(Fault.HANG),
}


def last_mark(text: str) -> tuple[str, str] | None:
    """Name and word of the last mark in a text."""
    found = list(MARK.finditer(text))
    return (found[-1][1], found[-1][2] or "") if found else None
