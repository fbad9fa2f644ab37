"""A hearing process: `python -m tollbook_collector.auth.hearer`, started by the server, which speaks to it by pipes.

It ends when its input ends. Signals are for the server, which finishes what was received and then closes the pipe.
"""

import os
import pickle
import signal
import sys
from typing import BinaryIO, cast

from tollbook.prices import default_book
from tollbook.ticket import TicketRule
from tollbook_collector.allocator import give_back_large_blocks
from tollbook_collector.auth.directory import Directory
from tollbook_collector.auth.hear import Ear, made_ready
from tollbook_collector.auth.hearing_wire import Answer, Asked, Setup, pack, receive, send, unpack_asked
from tollbook_collector.auth.pepper import pepper_of
from tollbook_collector.auth.spoken_shapes import SpokenShapes
from tollbook_collector.collection import rare_collection
from tollbook_collector.projection import Projection
from tollbook_collector.receivers.routing import Taken
from tollbook_collector.store.record.access import Access


def main() -> int:
    """Answer until the server closes the pipe."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    asked = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing that prints may come between the answers
    give_back_large_blocks()
    try:
        with rare_collection():
            return _answer(cast(Setup, pickle.loads(receive(asked))), asked, answers)
    except (EOFError, BrokenPipeError):
        return 0


def _answer(setup: Setup, asked: BinaryIO, answers: BinaryIO) -> int:
    projection = Projection(setup.rule, default_book())
    pepper = pepper_of(setup.home)
    ear = Ear(Directory(Access(setup.store, pepper), pepper), SpokenShapes())
    while True:
        one = unpack_asked(receive(asked))
        if isinstance(one, TicketRule):
            projection = Projection(one, default_book())
        else:
            send(answers, pack(_heard(ear, projection, one)))


def _heard(ear: Ear, projection: Projection, asked: Asked) -> Answer:
    try:
        found = ear.hear(asked.principal, asked.read)
        return made_ready(found, projection) if isinstance(found, Taken) else found
    except Exception as fault:  # the server says what becomes of it
        return fault


if __name__ == "__main__":
    raise SystemExit(main())
