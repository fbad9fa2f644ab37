"""Run the mock provider: prints one JSON line with its ports and files, then serves until its standard input ends."""

import argparse
import asyncio
import json
import sys
from pathlib import Path

from tests.support.provider.certificates import Authority
from tests.support.provider.ledger import Ledger
from tests.support.provider.seen import Seen
from tests.support.provider.server import Server
from tests.support.provider.tunnel import listen_tunnel
from tests.support.provider.world import World


async def serve(folder: Path, *, websocket: bool, bodies: bool) -> None:
    """Listen, say where, wait for the end of standard input: so that it never outlives who started it."""
    authority = Authority()
    certificate, ledger, names = folder / "ca.pem", folder / "ledger.jsonl", folder / "names.jsonl"
    certificate.write_bytes(authority.pem)
    kept = folder / "bodies" if bodies else None
    if kept is not None:
        kept.mkdir(exist_ok=True)
    world = World(ledger=Ledger(ledger), websocket=websocket)
    server = await Server(world, Seen(names, kept)).listen(authority.context())
    port = server.sockets[0].getsockname()[1]
    tunnel = await listen_tunnel(port)
    where = {"port": port, "tunnel": tunnel.sockets[0].getsockname()[1]}
    files = {"ca": str(certificate), "ledger": str(ledger), "names": str(names)}
    print(json.dumps({**where, **files}), flush=True)
    async with server, tunnel:
        await asyncio.to_thread(sys.stdin.buffer.read)


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="takes the certificate and the ledger")
    parser.add_argument("--no-websocket", action="store_true", help="refuse upgrades with 426")
    parser.add_argument("--bodies", action="store_true", help="keep every request body in the folder, to look at")
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.folder, websocket=not arguments.no_websocket, bodies=arguments.bodies))


if __name__ == "__main__":
    main()
