"""How often Python looks for cycles: a collector makes some hundred objects a span, and next to none in a cycle.

Python's collector would walk those that wait to be booked again and again, which takes a tenth of the time.
"""

import gc
from collections.abc import Generator
from contextlib import contextmanager

COLLECT_AFTER = 500_000
"""New objects after which cycles are looked for: those of some thousand spans that wait."""


def collect_rarely() -> None:
    """From now on, in this process; what has been made so far is not looked at again."""
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, *gc.get_threshold()[1:])


@contextmanager
def no_collection() -> Generator[None]:
    """No cyclic collection inside; what was switched off before stays so."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()
