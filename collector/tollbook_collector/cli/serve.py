"""tollbook-collector serve: the collector itself, in the foreground."""

import argparse
import json
import os
from contextlib import ExitStack

from tollbook_collector import exit_codes
from tollbook_collector.allocator import give_back_large_blocks
from tollbook_collector.cli.command import Commands, describe
from tollbook_collector.cli.output import Console
from tollbook_collector.collection import rare_collection

_EXAMPLES = """\
  tollbook-collector serve
  tollbook-collector serve --dev

The first line on stdout says where it listens, as JSON:
  {"otlp_grpc":"127.0.0.1:4317","otlp_http":"http://127.0.0.1:4318","api":"http://127.0.0.1:4319"}
Ctrl-C or SIGTERM stops it: what was received is booked first."""
_CODES = {
    "cannot_listen": exit_codes.LISTEN,
    "store": exit_codes.STORE,
    "no_credentials": exit_codes.SETTINGS,
}


def add(commands: Commands) -> None:
    parser = describe(commands, "serve", "receive spans, book them, answer questions", _EXAMPLES, run)
    parser.add_argument(
        "--dev",
        action="store_true",
        help="free ports, and a store in TOLLBOOK_COLLECTOR_HOME or, without it, one that is deleted after",
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    import asyncio
    import logging
    import tempfile
    from dataclasses import replace
    from pathlib import Path

    from tollbook_collector.address import Address
    from tollbook_collector.app import Listening, serve
    from tollbook_collector.cli.opening import load_settings
    from tollbook_collector.config import HOME
    from tollbook_collector.pull.schedule import scheduled

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    with ExitStack() as stack:
        home: Path | None = None
        if arguments.dev and not os.environ.get(HOME):
            home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tollbook-collector-")))
        settings = load_settings(arguments, console, home)
        if isinstance(settings, int):
            return settings
        if arguments.dev:
            free = Address("127.0.0.1", 0)
            measured = free if settings.metrics_address else None
            settings = replace(
                settings, otlp_grpc_address=free, otlp_http_address=free, api_address=free, metrics_address=measured
            )

        scheme = "http" if settings.tls is None else "https"

        def announce(listening: Listening) -> None:
            where = {
                "otlp_grpc": str(listening.otlp_grpc),
                "otlp_http": f"{scheme}://{listening.otlp_http}",
                "api": f"{scheme}://{listening.api}",
            }
            if listening.metrics is not None:
                where["metrics"] = f"{scheme}://{listening.metrics}/metrics"
            print(json.dumps(where, separators=(",", ":")), file=console.out, flush=True)
            console.note(f"The record is {settings.store}. Ctrl-C stops.")

        give_back_large_blocks()
        with rare_collection(), scheduled(settings):
            problem = asyncio.run(serve(settings, announce))
    return exit_codes.OK if problem is None else console.fail(problem, _CODES[problem.reason])
