"""Content codings, undone as the bytes come: gzip, deflate, br, zstd and any few of them on top of each other.

Names are those of the IANA registry of HTTP content codings. A decoder works on a copy of what passes: where it cannot
go on it says so once in `problem` and gives nothing more.
"""

import zlib
from collections.abc import Callable
from typing import Any, Protocol, cast

import brotli  # pyright: ignore[reportMissingTypeStubs]
import zstandard

from tollbook.problem import Problem

MAX_LAYERS = 4
"""Codings on top of each other."""
MAX_OUTPUT = 16 * 1024 * 1024
"""Bytes that one slice of input may become; more is a bomb."""
SLICE = 64 * 1024
"""Bytes of input that are undone at a time."""
ZSTD_SLICE = 256
"""The same for zstd, whose package bounds no output: a block is at least 4 bytes and becomes at most 128 KiB."""
ZSTD_WINDOW = 8 * 1024 * 1024
"""Bytes a frame may refer back to: RFC 9659 allows no more in HTTP."""


class _Bomb(Exception):
    """More output than is allowed."""


class _Layer(Protocol):
    """One coding. `feed` may raise what its package raises on damaged input."""

    def feed(self, data: bytes) -> bytes: ...


class _Zlib:
    """gzip (of one or several members) and deflate (with or without zlib's header)."""

    def __init__(self, gzip: bool) -> None:
        self._gzip = gzip
        self._begin = b""
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 16) if gzip else None

    def feed(self, data: bytes) -> bytes:
        if self._inflate is None:
            self._begin += data
            if len(self._begin) < 2:
                return b""
            data, self._begin = self._begin, b""
            self._inflate = zlib.decompressobj(zlib.MAX_WBITS if _has_zlib_header(data) else -zlib.MAX_WBITS)
        output: list[bytes] = []
        left = MAX_OUTPUT
        while data:
            if self._inflate.eof:
                if not self._gzip:
                    break
                self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
            part = self._inflate.decompress(data, left)
            output.append(part)
            left -= len(part)
            if self._inflate.unconsumed_tail or left <= 0:
                raise _Bomb
            data = self._inflate.unused_data
        return b"".join(output)


def _has_zlib_header(data: bytes) -> bool:
    """Whether the first two bytes are zlib's (RFC 1950); some servers send deflate without them."""
    return data[0] & 0x0F == 8 and int.from_bytes(data[:2]) % 31 == 0


class _Brotli:
    """br: one stream; what follows its end is ignored."""

    def __init__(self) -> None:
        self._decompress: Any = cast(Any, brotli).Decompressor()

    def feed(self, data: bytes) -> bytes:
        if self._decompress.is_finished():
            return b""
        output = cast(bytes, self._decompress.process(data, output_buffer_limit=MAX_OUTPUT))
        if len(output) >= MAX_OUTPUT:
            raise _Bomb
        return output


class _Zstd:
    """zstd: one or several frames."""

    def __init__(self) -> None:
        self._frame = _zstd_frame()

    def feed(self, data: bytes) -> bytes:
        output: list[bytes] = []
        size = 0
        for at in range(0, len(data), ZSTD_SLICE):
            part = data[at : at + ZSTD_SLICE]
            while part:
                if self._frame.eof:
                    self._frame = _zstd_frame()
                output.append(self._frame.decompress(part))
                size += len(output[-1])
                part = self._frame.unused_data if self._frame.eof else b""
            if size > MAX_OUTPUT:
                raise _Bomb
        return b"".join(output)


def _zstd_frame() -> Any:  # the package's own types name its properties methods
    return zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW).decompressobj()


_DAMAGE: tuple[type[Exception], ...] = (zlib.error, zstandard.ZstdError, cast(type[Exception], cast(Any, brotli).error))
_MAKERS: dict[str, Callable[[], _Layer]] = {
    "gzip": lambda: _Zlib(gzip=True),
    "x-gzip": lambda: _Zlib(gzip=True),
    "deflate": lambda: _Zlib(gzip=False),
    "br": _Brotli,
    "zstd": _Zstd,
}


class Decoder:
    """Undoes the codings of one body."""

    def __init__(self, layers: list[_Layer], where: str, problem: Problem | None = None) -> None:
        self.problem = problem
        """Why decoding ended; it does not begin anew."""
        self._layers = layers
        self._where = where

    def feed(self, data: bytes) -> bytes:
        """The plain bytes that these coded ones give; nothing once there is a problem."""
        if not self._layers or self.problem is not None:
            return b"" if self.problem is not None else data
        output: list[bytes] = []
        for at in range(0, len(data), SLICE):
            part = data[at : at + SLICE]
            try:
                for layer in self._layers:
                    part = layer.feed(part)
            except _Bomb:
                self._fail("coding_bomb")
                break
            except _DAMAGE as fault:
                self._fail("coding_damaged", type(fault).__name__)
                break
            output.append(part)
        return b"".join(output)

    def _fail(self, reason: str, detail: str = "") -> None:
        self._layers.clear()
        self.problem = Problem(reason=reason, where=self._where, detail=detail)


def decoder(content_encoding: str | None, where: str) -> Decoder:
    """A decoder for a body with this `content-encoding` header; without one, bytes pass as they are."""
    names = [name for part in (content_encoding or "").lower().split(",") if (name := part.strip()) not in _PLAIN]
    if len(names) > MAX_LAYERS or not all(name in _MAKERS for name in names):
        return Decoder([], where, Problem(reason="unknown_coding", where=where))
    return Decoder([_MAKERS[name]() for name in reversed(names)], where)


_PLAIN = ("", "identity")
