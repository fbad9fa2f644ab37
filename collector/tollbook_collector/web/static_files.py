"""The pages' own style, scripts and, once built, charts: read once, compressed once, kept by browsers for ever.

An address holds a hash of what is there, so that a new version has a new address.
"""

import gzip
import hashlib
from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

FOLDER = Path(__file__).parent / "static"
CHARTS = "vendor/charts.js"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_LEAST = 512
"""Bytes below which compressing is no gain."""


class _Asset(NamedTuple):
    raw: bytes
    compressed: bytes | None
    tag: str
    type: str


class StaticFiles:
    """What is in the folder when a server starts. Nothing else can be asked for."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._assets: dict[str, _Asset] = {}
        for path in sorted(folder.rglob("*")):
            if path.suffix in _TYPES:
                raw = path.read_bytes()
                small = gzip.compress(raw, 9, mtime=0) if len(raw) >= _LEAST else None
                tag = hashlib.sha256(raw).hexdigest()[:12]
                self._assets[path.relative_to(folder).as_posix()] = _Asset(raw, small, tag, _TYPES[path.suffix])

    def __contains__(self, name: str) -> bool:
        return name in self._assets

    def address(self, name: str) -> str:
        """Where a file is, in this version.

        Raises:
            KeyError: there is none of this name.
        """
        return f"/static/{self._assets[name].tag}/{name}"

    async def answer(self, request: Request) -> Response:
        """The file of an address, or 404."""
        asset = self._assets.get(request.path_params["name"])
        if asset is None or asset.tag != request.path_params["tag"]:
            return Response("there is no such file\n", 404, media_type="text/plain")
        headers = {"cache-control": "public, max-age=31536000, immutable", "vary": "accept-encoding"}
        if asset.compressed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            headers["content-encoding"] = "gzip"
            return Response(asset.compressed, headers=headers, media_type=asset.type)
        return Response(asset.raw, headers=headers, media_type=asset.type)
