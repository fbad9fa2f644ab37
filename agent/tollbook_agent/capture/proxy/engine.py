"""The engine: mitmproxy with nothing but what a tee needs, in a process of its own.

Reads one line of JSON on standard input, tells its port on standard output, then notes; ends when standard input does.
It keeps no flows, writes no certificates, and decrypts only hosts it has leaves for.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import asyncio
import json
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from cryptography import x509
from mitmproxy import certs, master, options
from mitmproxy.addons import core, disable_h2c, next_layer, proxyserver, tlsconfig, upstream_auth
from mitmproxy.proxy import context

from tollbook_agent.capture import spool
from tollbook_agent.capture.observation import Observation
from tollbook_agent.capture.proxy import routes
from tollbook_agent.capture.proxy.addon import Tee
from tollbook_agent.capture.proxy.generations import NAME
from tollbook_agent.capture.proxy.tap import Tap

COUNTS_SECONDS = 5.0
CLOSE_SECONDS = 2.0
ROTATE_BYTES = 4 * 1024 * 1024
"""Of a spool file, after which the next is begun: small ones are read, and removed, as a whole."""

type Entries = dict[str, certs.CertStoreEntry]


class Leaves(tlsconfig.TlsConfig):
    """mitmproxy's TLS with the leaves of this device and no authority to make more."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._generations: dict[str, Entries] = {}
        self._chosen: dict[str, Entries] = {}
        """By client connection."""
        self.certstore: Any = SimpleNamespace(dhparams=None)

    def choose(self, client: str, generation: str, host: str) -> bool:
        """Show this client connection the leaves of a generation; whether there is one for the host."""
        entries = self._generations.get(generation)
        if entries is None and NAME.fullmatch(generation):
            entries = _entries(self._folder / generation)
            if entries:
                self._generations[generation] = entries
        if not entries or host not in entries:
            return False
        self._chosen[client] = entries
        return True

    def client_disconnected(self, client: Any) -> None:
        """Forget it."""
        self._chosen.pop(client.id, None)

    def configure(self, updated: set[str]) -> None:
        """No store, no authority, nothing on disk."""

    def get_cert(self, conn_context: context.Context) -> certs.CertStoreEntry:
        """The leaf of the host the client asked for.

        Raises:
            KeyError: there is none; the relay hands over no such host.
        """
        address = conn_context.server.address
        entries = self._chosen[conn_context.client.id]
        return entries[str(conn_context.client.sni or (address[0] if address else ""))]


def _entries(folder: Path) -> Entries:
    """The leaves of one generation by host; none where it is gone."""
    found: Entries = {}
    for path in sorted(folder.glob("*.pem")):
        pem = path.read_bytes()
        certificate = certs.Cert.from_pem(pem)
        key = certs.load_pem_private_key(pem, None)
        names = certificate.to_cryptography().extensions.get_extension_for_class(x509.SubjectAlternativeName)
        for host in names.value.get_values_for_type(x509.DNSName):
            found[host] = certs.CertStoreEntry(certificate, key, None, [])
    return found


class Writer:
    """Puts observations into a spool file of this process; a file that has become large is followed by another."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._number = folder, 0

    def __call__(self, observations: Sequence[Observation]) -> None:
        """Raises OSError: they are lost, which the tap counts."""
        path = self._folder / f"engine-{os.getpid()}-{self._number}{spool.SUFFIX}"
        try:
            large = path.stat().st_size > ROTATE_BYTES
        except OSError:
            large = False
        if large:
            self._number += 1
            path = self._folder / f"engine-{os.getpid()}-{self._number}{spool.SUFFIX}"
        spool.append(path, observations)


def say(note: Mapping[str, Any]) -> None:
    """One line to the relay."""
    sys.stdout.write(json.dumps(note) + "\n")
    sys.stdout.flush()


def _options(config: Mapping[str, Any]) -> options.Options:
    mode = f"upstream:{config['parent']}" if config.get("parent") else "regular"
    return options.Options(
        listen_host="127.0.0.1",
        listen_port=0,
        mode=[f"{mode}@0"],
        ssl_verify_upstream_trusted_ca=config["upstream_ca"],
        confdir=config["folder"],
        http3=False,
    )


async def run(config: Mapping[str, Any]) -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    made = master.Master(_options(config), loop)
    leaves = Leaves(Path(config["leaves"]))
    tap = Tap(routes.open_exchange, Writer(Path(config["spool"])))
    tee = Tee(tap, token=config["token"], choose=leaves.choose, health=config["health"], note=say)
    proxy = proxyserver.Proxyserver()
    made.addons.add(core.Core(), proxy, next_layer.NextLayer(), leaves, disable_h2c.DisableH2C(), tee)
    if config.get("parent"):
        auth = upstream_auth.UpstreamAuth()
        made.addons.add(auth)
        made.options.update(upstream_auth=config.get("parent_auth"))
    made.options.update(connection_strategy="lazy", upstream_cert=False)
    serving = asyncio.create_task(made.run())
    while not proxy.listen_addrs() and not serving.done():
        await asyncio.sleep(0.005)
    say({"port": proxy.listen_addrs()[0][1]})
    threading.Thread(target=_until_end, args=(made,), name="end", daemon=True).start()
    counting = asyncio.create_task(_count(tap))
    await serving
    counting.cancel()
    tap.close(CLOSE_SECONDS)
    say(_counts(tap))


def _until_end(made: master.Master) -> None:
    """The relay holds the other end of standard input; when it is gone, so are we."""
    sys.stdin.read()
    made.shutdown()


async def _count(tap: Tap) -> None:
    told: Mapping[str, Any] = {}
    while True:
        await asyncio.sleep(COUNTS_SECONDS)
        now = _counts(tap)
        if now != told:
            say(now)
            told = now


def _counts(tap: Tap) -> Mapping[str, Any]:
    return {"calls": tap.calls, "problems": dict(sorted(tap.problems.items()))}


def main() -> int:
    """Entry point of the process."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold what people typed
    config: Any = json.loads(sys.stdin.readline())
    asyncio.run(run(config))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
