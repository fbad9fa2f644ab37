"""Results of Anthropic's message batches: JSON lines, each the answer to one request of the batch.

From Anthropic's API reference: `{"custom_id", "result": {"type": "succeeded", "message": {...}}}`. Entries that
errored, expired or were cancelled are not billed. Lines may be megabytes of answer and are never held.
"""

from tollbook.vocabulary import Quality
from tollbook_agent.capture.wire.anthropic_answers import name
from tollbook_agent.capture.wire.anthropic_message import Notes, Outcome, usage_block
from tollbook_agent.capture.wire.fields import Fields

TIER = "batch"
_PATHS = ("result.type", "result.message.id", "result.message.model")
_USAGE = "result.message.usage"


class BatchAnswer:
    """One outcome for each entry that succeeded."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._line: Fields | None = None

    def feed(self, data: bytes) -> list[Outcome]:
        """The entries that these bytes complete."""
        outcomes: list[Outcome] = []
        *lines, rest = data.split(b"\n")
        for line in lines:
            self._go_on(line)
            outcomes += self.end()
        self._go_on(rest)
        return outcomes

    def end(self) -> list[Outcome]:
        """The entry on the last line, if it is whole: a torn one comes again with the next download."""
        fields, self._line = self._line, None
        if fields is None:
            return []
        problem = fields.end()
        self._notes.keep(problem)
        if problem is not None or fields.values.get("result.type") != "succeeded":
            return []
        written = fields.raw.get(_USAGE)
        block = None if written is None else usage_block(written, self._notes)
        if block is None:
            self._notes.add("usage_missing")
        elif block.service_tier is None:
            block.service_tier = TIER
        message_id, model = (name(fields.values.get(path)) for path in _PATHS[1:])
        return [Outcome(message_id, model, block, Quality.PARTIAL if block is None else Quality.FINAL, None)]

    def _go_on(self, part: bytes) -> None:
        if self._line is None:
            part = part.lstrip()
            if not part:
                return
            self._line = Fields(_PATHS, self._notes.where, whole=(_USAGE,))
        self._line.feed(part)
