"""What every engine of the reader offers."""

from typing import Any, Protocol

from tollbook_collector.ask import SpendQuestion


class Reader(Protocol):
    """Answers a question about one tenant's spend. For any thread.

    Every engine gives the same answer, to the nano-dollar and in the same order, as `tollbook.answer.spend` gives over
    all booked calls: as of one moment, while the record is being written.
    """

    def spend(self, question: SpendQuestion, engineers: frozenset[str] | None = None) -> dict[str, Any]:
        """The documented spend table; `engineers`, as facts name them, are those whose calls count (`None`: all).

        Raises:
            sqlite3.Error: the record cannot be read.
        """
        ...

    def close(self) -> None:
        """Let go of every file. A question that is being answered is answered to its end."""
        ...
