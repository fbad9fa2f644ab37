"""Record what emitters send: `python -m scripts.record_emitters NAME...`, into tests/recordings/otlp/emitters.

Each is run against a mock provider on the loopback, and what the collector reads of it must be what was billed.
Look at the difference before you commit it: `expected` is what the readers of today say.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from scripts.record_emitters import claude_code, codex, gemini_cli, openlit, portkey

RECORDERS: dict[str, Callable[[Path], None]] = {
    "openlit": openlit.record,
    "gemini-cli": gemini_cli.record,
    "claude-code": claude_code.record,
    "codex": codex.record,
    "portkey": portkey.record,
}


def main() -> None:
    """Record those that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+", choices=RECORDERS)
    for name in parser.parse_args().names:
        with tempfile.TemporaryDirectory(prefix="tollbook-record-") as folder:
            RECORDERS[name](Path(folder))


main()
