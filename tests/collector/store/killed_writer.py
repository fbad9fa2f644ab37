"""A process that books a stream of claims and is killed, again and again. Run as a script by `test_record_kill.py`.

It imports everything once; for every line on its input it forks a child that books from some batch on, and prints the
child's process id. A child notes each batch in a file once `book` has returned: what it noted it has acknowledged.
"""

import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tests.collector.claim_maker import FIRST, make_claim
from tests.collector.store.record_state import opened
from tollbook.claim import Claim
from tollbook.vocabulary import Source

BATCHES = 600
CALLS = 1200


@cache
def batches() -> list[list[Claim]]:
    """Calls that the proxy and the log see, in any order, some reported twice."""
    choice = Random(7)
    claims = [make_claim(number) for number in range(CALLS)]
    claims += [make_claim(number, Source.LOG) for number in range(0, CALLS, 2)]
    claims += choice.sample(claims, CALLS // 3)
    choice.shuffle(claims)
    size = -(-len(claims) // BATCHES)
    return [claims[start : start + size] for start in range(0, len(claims), size)]


def book_from(path: Path, first: int) -> Iterator[int]:
    """Book the batches from `first` on; yields each number after its commit."""
    with opened(path) as record:
        for number, batch in enumerate(batches()):
            if number >= first:
                record.book(batch, now_ns=FIRST + number)
                yield number


def _child(path: Path, first: int) -> None:
    notes = os.open(path.with_suffix(".notes"), os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    for number in book_from(path, first):
        os.write(notes, f"{number}\n".encode())


def main() -> None:
    batches()
    for line in sys.stdin:
        path, first = line.split()
        child = os.fork()
        if child == 0:
            _child(Path(path), int(first))
            os._exit(0)
        print(child, flush=True)
        os.waitpid(child, 0)
        print("ended", flush=True)


if __name__ == "__main__":
    main()
