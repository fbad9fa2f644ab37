"""A blocked Bloom filter over alias hashes: "certainly new" without touching a page. Pure.

Every id of a new call asks the alias table a question whose answer is no. In a B-tree of millions each such no reads a
page of its own; here it costs half a microsecond. A hash that was added is always found; one that was not is taken for
known once in some thousand times, and then the table is asked.
"""

from collections.abc import Iterable

BLOCK_BITS = 9
"""All bits of a hash lie in one block of 64 bytes: one miss of the processor's cache."""
SMALLEST_BITS = 1 << 23
BITS_AN_ALIAS = 24
"""At capacity. The chance of a false "known" is then about one in a thousand."""


class Bloom:
    """The filter. Hashes are signed 64-bit integers, uniformly distributed."""

    def __init__(self, bits: int = SMALLEST_BITS) -> None:
        self.bits = bits
        """A power of two of at least `SMALLEST_BITS`."""
        self.table = bytearray(bits >> 3)
        self._mask = (bits >> BLOCK_BITS) - 1

    @property
    def capacity(self) -> int:
        """Aliases above which a larger filter is due; beyond it answers stay right and get slower."""
        return self.bits // BITS_AN_ALIAS

    def add(self, hashes: Iterable[int]) -> None:
        """Know these from now on."""
        table, mask = self.table, self._mask
        for one in hashes:
            block = (one & mask) << 6
            rest = one >> 28
            table[block + (rest >> 3 & 63)] |= 1 << (rest & 7)
            table[block + (rest >> 12 & 63)] |= 1 << (rest >> 9 & 7)
            table[block + (rest >> 21 & 63)] |= 1 << (rest >> 18 & 7)
            table[block + (rest >> 30 & 63)] |= 1 << (rest >> 27 & 7)

    def known(self, hashes: Iterable[int]) -> list[int]:
        """Those that may have been added; the others certainly were not."""
        table, mask = self.table, self._mask
        found: list[int] = []
        for one in hashes:
            block = (one & mask) << 6
            rest = one >> 28
            if (
                table[block + (rest >> 3 & 63)] >> (rest & 7) & 1
                and table[block + (rest >> 12 & 63)] >> (rest >> 9 & 7) & 1
                and table[block + (rest >> 21 & 63)] >> (rest >> 18 & 7) & 1
                and table[block + (rest >> 30 & 63)] >> (rest >> 27 & 7) & 1
            ):
                found.append(one)
        return found


def bits_for(aliases: int) -> int:
    """The size of a filter that is due for this many aliases: room for twice as many."""
    bits = SMALLEST_BITS
    while bits // BITS_AN_ALIAS < 2 * aliases:
        bits *= 2
    return bits
