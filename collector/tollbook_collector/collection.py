"""How often Python looks for cycles: a collector makes some hundred objects a span, and next to none in a cycle.

Python's collector would walk those that wait to be booked again and again, which takes a tenth of the time.
"""

import gc
from collections.abc import Generator
from contextlib import contextmanager

COLLECT_AFTER = 500_000
"""New objects after which cycles are looked for: those of some thousand spans that wait."""


@contextmanager
def rare_collection() -> Generator[None]:
    """Cycles are looked for rarely inside, and what was made before is not looked at; after it all is as it was."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, *before[1:])
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


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
