"""Collectors whose disk is full or whose store is held: the real command, and what senders are told meanwhile."""

import http.client
import json
import os
import shutil
import subprocess
import sys
import urllib.error
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import grpc

from tests.collector.claim_maker import request_of
from tests.collector.serve_bench import PATIENCE_SECONDS, Command
from tests.collector.test_retry_info import google_rpc
from tollbook.claim import Claim
from tollbook_collector.receivers.otlp_grpc import SERVICE

SMALL_DISK_MIB = 12


class Told(NamedTuple):
    """What a sender was answered."""

    status: str
    """UNAVAILABLE, OK, or the HTTP status."""
    wait_seconds: int | None
    """By RetryInfo or Retry-After."""


def over_grpc(address: str, claims: Sequence[Claim]) -> Told:
    """Send over gRPC, once."""
    with grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
        export: Any = channel.unary_unary(f"/{SERVICE}/Export")
        try:
            export(request_of(claims), timeout=PATIENCE_SECONDS)
        except grpc.RpcError as fault:
            failed: Any = fault
            trailers = dict(failed.trailing_metadata() or ())
            status_class, info_class = google_rpc()
            details = status_class.FromString(trailers.get("grpc-status-details-bin", b"")).details
            wait = info_class.FromString(details[0].value).retry_delay.seconds if details else None
            return Told(failed.code().name, wait)
    return Told("OK", None)


def over_http(url: str, claims: Sequence[Claim]) -> Told:
    """Send over HTTP, once."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=PATIENCE_SECONDS)
    try:
        connection.request("POST", "/v1/traces", request_of(claims), {"content-type": "application/x-protobuf"})
        answer = connection.getresponse()
        answer.read()
        wait = answer.getheader("retry-after")
    finally:
        connection.close()
    return Told(str(answer.status), None if wait is None else int(wait))


def readiness(command: Command) -> tuple[int, dict[str, Any]]:
    """Status and document of /readyz."""
    try:
        return 200, command.get("/readyz")
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


class SmallDisk:
    """A file system of a few megabytes that only a process and its children see; it goes when they end."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        mount = f'mount -t tmpfs -o size={SMALL_DISK_MIB}m,mode=700 tmpfs "{folder}" && exec "$@"'
        own = [] if os.geteuid() == 0 else ["--map-root-user"]
        self.prefix = ["unshare", "--mount", *own, "sh", "-c", mount, "sh"]

    def why_not(self) -> str | None:
        """Why there can be none here; `None` where there can."""
        if sys.platform != "linux" or shutil.which("unshare") is None:
            return "a mount of one's own needs Linux and unshare"
        done = subprocess.run([*self.prefix, "true"], capture_output=True, text=True, timeout=PATIENCE_SECONDS)
        return None if done.returncode == 0 else f"no tmpfs may be mounted here: {done.stderr.strip()}"

    def seen_by(self, pid: int) -> Path:
        """The folder as a process inside sees it."""
        return Path(f"/proc/{pid}/root{self.folder}")

    def fill(self, pid: int) -> Path:
        """Take all the room there is; the file to delete for having it again."""
        ballast = self.seen_by(pid) / "ballast"
        with ballast.open("wb", buffering=0) as file:
            for size in (1024 * 1024, 4096):
                try:
                    while file.write(bytes(size)) == size:
                        pass
                except OSError:
                    continue
        return ballast

    def inside(self, pid: int, *command: str) -> str:
        """What a command prints that sees the same disk."""
        where = ["nsenter", f"--mount=/proc/{pid}/ns/mnt"]
        if os.geteuid() != 0:
            where.insert(1, f"--user=/proc/{pid}/ns/user")
        environment = {**os.environ, "TOLLBOOK_COLLECTOR_HOME": str(self.folder)}
        done = subprocess.run(
            [*where, *command], capture_output=True, text=True, timeout=PATIENCE_SECONDS, env=environment
        )
        assert done.returncode == 0, done.stderr
        return done.stdout
