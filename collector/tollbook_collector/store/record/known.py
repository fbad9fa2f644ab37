"""The filter of known aliases, kept in memory and, bit by bit, in the record itself.

Each transaction notes the hashes it adds (`alias_news`). Every few thousand hashes one chunk of the filter is written
(`alias_filter`); once all chunks are newer than a note, the note is deleted. So a start reads the chunks and the few
notes after them, whatever was killed when. A record without a whole filter is read through once to make one.
"""

import sqlite3
from array import array
from collections.abc import Callable, Collection, Sequence

from tollbook_collector.store.record.bloom import Bloom, bits_for

CHUNK_BYTES = 1 << 18
ALIASES_A_CHUNK = 1_024
"""New aliases after which the next chunk is written: 256 bytes an alias."""
SCAN = 1_000
"""Aliases read for a larger filter in one transaction: some milliseconds, in which senders wait."""
CHUNKS_AT_ONCE = 4
"""Of a larger filter that are written in one transaction. Until all are, a start reads the table through."""

_FIRST = (-(2**63), -(2**63))
_NEWEST = "SELECT COALESCE(MAX(sequence), 0) FROM alias_news WHERE tenant = ?"
_NEWS = "SELECT hashes FROM alias_news WHERE tenant = ? AND sequence > ? ORDER BY sequence"
_PUT_NEWS = "INSERT INTO alias_news VALUES (?, ?, ?)"
_DROP_NEWS = "DELETE FROM alias_news WHERE tenant = ? AND sequence <= ? AND sequence < ?"
_CHUNKS = "SELECT chunk, bits, sequence, body FROM alias_filter WHERE tenant = ? ORDER BY chunk"
_PUT_CHUNK = "INSERT OR REPLACE INTO alias_filter VALUES (?, ?, ?, ?, ?)"
_SCAN = "SELECT bucket, hash FROM alias WHERE tenant = ? AND (bucket, hash) > (?, ?) ORDER BY bucket, hash LIMIT ?"


class Known:
    """Which hashes the alias table may hold. Used inside the writer's transactions only."""

    def __init__(self, connection: sqlite3.Connection, tenant: int, reading: Callable[[], sqlite3.Connection]) -> None:
        """`reading` opens a connection to read the whole table with: the writer's would keep all of it in its cache,
        instead of what senders ask for."""
        self._connection = connection
        self._tenant = tenant
        self._reading = reading
        self._aside: sqlite3.Connection | None = None
        """Reads the table for a larger filter, slice by slice."""
        self._load()

    def close(self) -> None:
        """Let go of what reads aside."""
        if self._aside is not None:
            self._aside.close()
            self._aside = None

    @property
    def bits(self) -> int:
        """The size of the filter in use."""
        return self._bloom.bits

    def _load(self) -> None:
        """The filter from its chunks and the notes after them, or from the table itself."""
        rows = self._connection.execute(_CHUNKS, (self._tenant,)).fetchall()
        whole = bool(rows) and len({row[1] for row in rows}) == 1 and len(rows) == rows[0][1] // 8 // CHUNK_BYTES
        self._count = self._one("SELECT COALESCE(MAX(value), 0) FROM tally WHERE tenant = ? AND name = 'aliases'")
        self._larger: Bloom | None = None
        self._scanned = _FIRST
        self._unsaved = 0
        self._next_chunk = 0
        self._unwritten = 0
        """Chunks of a larger filter that are to be written still."""
        if whole:
            self._bloom = Bloom(rows[0][1])
            for chunk, _, _, body in rows:
                self._bloom.table[chunk * CHUNK_BYTES : (chunk + 1) * CHUNK_BYTES] = body
            self._seen = min(row[2] for row in rows)
            self._next_chunk = min(rows, key=lambda row: row[2])[0]
            self._replay()
            self._seen = self._pending = self._newest()
        else:
            self._seen = self._pending = self._newest()
            self._bloom = Bloom(bits_for(self._count))
            while self._scan(self._bloom):
                pass
            self.close()
            self._save_all()

    def _one(self, sql: str) -> int:
        return int(self._connection.execute(sql, (self._tenant,)).fetchone()[0])

    def _newest(self) -> int:
        return max(
            self._one(_NEWEST), self._one("SELECT COALESCE(MAX(sequence), 0) FROM alias_filter WHERE tenant = ?")
        )

    def _replay(self) -> int:
        """Add the notes after the last one seen; how many there were."""
        notes = 0
        for (raw,) in self._connection.execute(_NEWS, (self._tenant, self._seen)):
            self._bloom.add(_unpacked(raw))
            if self._larger is not None:
                self._larger.add(_unpacked(raw))
            notes += 1
        return notes

    def refresh(self) -> None:
        """Learn what another process booked meanwhile. To be called when a transaction has begun."""
        newest = self._one(_NEWEST)
        if newest > self._seen:
            if self._replay() != newest - self._seen:
                self._load()
            self._seen = newest
        self._pending = self._seen

    def among(self, hashes: Collection[int]) -> list[int]:
        """Those of the hashes that may be in the table."""
        return self._bloom.known(hashes)

    def note(self, hashes: Sequence[int]) -> None:
        """Hashes that this transaction adds to the table, or moves in it. Noting too many does no harm, nor what is
        rolled back later."""
        if not hashes:
            return
        self._pending = self._seen + 1
        self._connection.execute(_PUT_NEWS, (self._tenant, self._pending, array("q", hashes).tobytes()))
        self._bloom.add(hashes)
        self._count += len(hashes)
        self._grow(hashes)
        self._unsaved += len(hashes)
        for _ in range(min(self._unwritten, CHUNKS_AT_ONCE)):
            self._unwritten -= 1
            self._save_chunk()
        while self._unsaved >= ALIASES_A_CHUNK:
            self._unsaved -= ALIASES_A_CHUNK
            self._save_chunk()

    def confirm(self) -> None:
        """The transaction is committed."""
        self._seen = self._pending

    def _grow(self, hashes: Sequence[int]) -> None:
        """Fill a larger filter beside the present one, a slice at a time, and take its place once it is complete."""
        if self._larger is None:
            if self._count <= self._bloom.capacity:
                return
            self._larger, self._scanned = Bloom(bits_for(self._count)), _FIRST
        self._larger.add(hashes)
        if not self._scan(self._larger):
            self.close()
            self._bloom, self._larger = self._larger, None
            self._next_chunk, self._unwritten = 0, self._chunks

    def _scan(self, into: Bloom) -> bool:
        """Add the next slice of what is committed of the table; whether there was one."""
        self._aside = self._aside or self._reading()
        rows = self._aside.execute(_SCAN, (self._tenant, *self._scanned, SCAN)).fetchall()
        into.add([hash_ for _, hash_ in rows])
        if rows:
            self._scanned = rows[-1]
        return bool(rows)

    @property
    def _chunks(self) -> int:
        return self._bloom.bits // 8 // CHUNK_BYTES

    def _save_all(self) -> None:
        self._next_chunk = 0
        for _ in range(self._chunks):
            self._save_chunk()

    def _save_chunk(self) -> None:
        """Write the next chunk; after a whole round forget the notes that every chunk contains."""
        bloom, chunk = self._bloom, self._next_chunk
        body = bytes(bloom.table[chunk * CHUNK_BYTES : (chunk + 1) * CHUNK_BYTES])
        self._connection.execute(_PUT_CHUNK, (self._tenant, chunk, bloom.bits, self._pending, body))
        self._next_chunk = (chunk + 1) % self._chunks
        if self._next_chunk == 0:
            oldest = self._one("SELECT MIN(sequence) FROM alias_filter WHERE tenant = ?")
            self._connection.execute(_DROP_NEWS, (self._tenant, oldest, self._pending))


def _unpacked(raw: bytes) -> array[int]:
    hashes = array("q")
    hashes.frombytes(raw)
    return hashes
