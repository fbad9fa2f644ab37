"""What a response's `usage.iterations` add to its top-level counters, and `take_apart`, which both readers call.

From Anthropic's documentation of compaction, of the advisor tool and of server-side fallback:

* `compaction` entries are billed and are in no top-level counter; the summary is made by the model of the request.
* `advisor_message` entries are billed at their own model's price and are in no top-level counter.
* `message` entries are the passes of the model that answers. Top-level `output_tokens` is their sum; `input_tokens` and
  `cache_read_input_tokens` are their sum on one page and those of the first pass on another. The billed amount is the
  sum of the entries, so the larger of both is taken, counter by counter.
* `fallback_message` is the pass that answered after another model declined. The top-level counters are those of the
  model that answered, even where `message_start`, and so the transcript, still names the model of the request.
* A `message` entry of a model that declined is billed only when it had produced output.
"""

import re

from tollbook_agent.capture.anthropic_usage import (
    MAX_COUNT,
    NO_EXTRA,
    Counts,
    Fault,
    Iteration,
    Parts,
    UsageBlock,
    counters,
    disjoint,
    fault_of,
    is_silent,
)

MAX_ITERATIONS = 1000
"""Of one response; a longer list is damage."""
_NOTHING = Counts(0, 0, 0, 0, 0, 0)
_DATE = re.compile(r"-20\d{6}$")
_PASSES = (None, "message", "fallback_message")


def take_apart(block: UsageBlock, *, model: str | None, advisor: str | None = None) -> Parts:
    """Disjoint counts of a usage block, by model.

    Args:
        model: the message's own model.
        advisor: the model of the advisor where its entries do not name one.

    Impossible numbers are a Fault and make the usage unknown; they are never clamped. Thinking beyond the output is a
    Fault too, but only the thinking is then unknown.
    """
    fresh, read, written, five, one, output = counters(block)
    details, tools, entries = block.output_tokens_details, block.server_tool_use, block.iterations
    reasoning = 0 if details is None else details.thinking_tokens or 0
    searches = 0 if tools is None else tools.web_search_requests or 0
    # Two tests of all at once: an `or` of bits is negative where one of them is, and a sum bounds its parts.
    any_negative = (fresh | read | written | five | one | output | reasoning | searches) < 0
    if any_negative or fresh + read + written + output + reasoning + searches > MAX_COUNT:
        fault = fault_of(fresh, read, written, five, one, output, reasoning, searches)
        if fault is not None:
            return Parts(None, model, NO_EXTRA, (fault,))
    if entries and (len(entries) > 1 or entries[0].type != "message"):
        counts = Counts(fresh, read, written, five, one, output)
        return _with_iterations(counts, reasoning, searches, entries, model, advisor)
    if reasoning > output:
        usage = disjoint(fresh, read, written, five, one, output, 0, searches)
        return Parts(usage, model, NO_EXTRA, (_TOO_MUCH_THINKING,))
    if output == 0 == fresh and is_silent(block):
        return Parts(None, model, NO_EXTRA, ())
    return Parts(disjoint(fresh, read, written, five, one, output, reasoning, searches), model, NO_EXTRA, ())


_TOO_MUCH_THINKING = Fault("inconsistent_count", "thinking_tokens")


def _with_iterations(
    counts: Counts, reasoning: int, searches: int, entries: list[Iteration], model: str | None, advisor: str | None
) -> Parts:
    """The general case of `take_apart`."""
    if len(entries) > MAX_ITERATIONS:
        return Parts(None, model, NO_EXTRA, (Fault("unexpected_shape", "usage.iterations"),))
    tally = _Tally(_served(counts, entries, model), any(entry.type == "fallback_message" for entry in entries))
    for entry in entries:
        theirs = Counts(*counters(entry))
        fault = fault_of(*theirs)
        if fault is not None:
            return Parts(None, model, NO_EXTRA, (fault,))
        tally.take(entry, theirs, advisor)
    whole = counts.at_least(tally.passes).plus(tally.added)
    if reasoning > whole.output:
        tally.faults.append(_TOO_MUCH_THINKING)
        reasoning = 0
    extra = {name: each.usage() for name, each in tally.others.items()}
    return Parts(whole.usage(reasoning, searches), tally.served, extra, tuple(tally.faults))


class _Tally:
    """What the entries of one response sum up to."""

    def __init__(self, served: str | None, fell_back: bool) -> None:
        self.served = served
        self.fell_back = fell_back
        self.passes = _NOTHING
        """Of the model that answered: top-level counters should hold these."""
        self.added = _NOTHING
        """Of the same model, and in no top-level counter."""
        self.others: dict[str, Counts] = {}
        self.faults: list[Fault] = []

    def take(self, entry: Iteration, counts: Counts, advisor: str | None) -> None:
        """Put one entry where it belongs."""
        match entry.type:
            case "message" | None:
                self._pass(entry.model, counts, billed=counts.output > 0)
            case "fallback_message":
                self._pass(entry.model, counts, billed=True)
            case "compaction":
                self._apart(entry.model or self.served, counts)
            case "advisor_message" if entry.model or advisor:
                self._apart(entry.model or advisor, counts)
            case "advisor_message":
                self.faults.append(Fault("unexpected_shape", "usage.iterations.model"))
            case _:
                self.faults.append(Fault("unknown_iteration", ""))

    def _pass(self, model: str | None, counts: Counts, *, billed: bool) -> None:
        """A pass that answered, or that declined. Without a fallback there is one model, by whatever alias."""
        if not self.fell_back or same_model(model, self.served):
            self.passes = self.passes.plus(counts)
        elif model is not None and billed:
            self.others[model] = self.others.get(model, _NOTHING).plus(counts)

    def _apart(self, model: str | None, counts: Counts) -> None:
        """An entry that no top-level counter holds."""
        if model is None or same_model(model, self.served):
            self.added = self.added.plus(counts)
        else:
            self.others[model] = self.others.get(model, _NOTHING).plus(counts)


def _served(counts: Counts, entries: list[Iteration], model: str | None) -> str | None:
    """The model the top-level counters belong to.

    After a fallback in the middle of a stream the message still names the model that declined. The counters tell: the
    top-level output is the sum over the passes of the model that answered.
    """
    last = next((entry for entry in reversed(entries) if entry.type == "fallback_message" and entry.model), None)
    if last is None or last.model is None or same_model(last.model, model):
        return model
    output = sum(
        entry.output_tokens or 0 for entry in entries if entry.type in _PASSES and same_model(entry.model, last.model)
    )
    return last.model if output == counts.output else model


def same_model(one: str | None, other: str | None) -> bool:
    """Whether two names are one model: the API answers an alias with the dated name."""
    if one is None or other is None:
        return one is other
    return one == other or _DATE.sub("", one) == _DATE.sub("", other)
