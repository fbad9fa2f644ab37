"""What the C library does with memory that is free again.

glibc serves large blocks from a mapping of their own at first, which goes back to the system when they are freed. But
it learns: once a message of 4 MB was freed, all up to that size come from the heaps, one heap a thread, where what lies
behind them keeps them from being given back. A collector that takes messages of any size for months would grow to
several times what it holds.
"""

import ctypes
import os

LARGE_BYTES = 256 * 1024
"""Blocks of this size have a mapping of their own: larger than the requests of an agent, and than the pages of a
record."""
_MMAP_THRESHOLD = -3
"""M_MMAP_THRESHOLD of malloc.h; whoever sets it also ends the learning."""


def give_back_large_blocks() -> bool:
    """For the whole process. False where the C library is not glibc: others do not learn, or learn otherwise."""
    try:
        if not (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc"):
            return False
        return bool(ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, LARGE_BYTES))
    except (AttributeError, OSError, ValueError):  # no such question, name or function here
        return False
