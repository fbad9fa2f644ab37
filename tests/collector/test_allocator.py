"""Large blocks go back to the system, whatever was freed before."""

import subprocess
import sys

import pytest

_ASKED = """
import ctypes, sys
from tollbook_collector.allocator import LARGE_BYTES, give_back_large_blocks

def resident_kib():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

told = give_back_large_blocks() if sys.argv[1] == "yes" else None
first = bytes(16 * LARGE_BYTES)
del first                                      # here glibc learns
before = resident_kib()
blocks = [(bytearray(b"x") * LARGE_BYTES, bytearray(b"x") * (LARGE_BYTES // 8)) for _ in range(100)]
small = [one for _, one in blocks]             # what lies behind each large block
del blocks
print(told, resident_kib() - before)
"""


def kept_kib(asked: str) -> tuple[str, int]:
    done = subprocess.run([sys.executable, "-c", _ASKED, asked], capture_output=True, text=True, check=True, timeout=60)
    told, kept = done.stdout.split()
    return told, int(kept)


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc has this")
def test_large_blocks_are_given_back() -> None:
    _, learnt = kept_kib("no")
    told, kept = kept_kib("yes")
    if told == "False":
        pytest.skip("the C library is not glibc")
    assert told == "True"
    assert kept < learnt / 2
