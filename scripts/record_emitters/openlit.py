"""Records OpenLIT."""

import os
import subprocess
import sys
from pathlib import Path

from scripts.emitters import emitter_named, install
from scripts.record_emitters.taking import taking
from scripts.record_emitters.writing import billed_counts, write
from tests.support.provider.process import provider

_APPLICATION = Path(__file__).with_name("openlit_application.py")
_SECONDS = 180


def record(folder: Path) -> None:
    """Run the application against the mock provider and write what OpenLIT sent."""
    emitter = emitter_named("openlit")
    packages = install(emitter, os.environ)
    with provider(folder / "provider") as served, taking() as taken:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONPATH": str(packages),
            "HTTPS_PROXY": f"http://127.0.0.1:{served.tunnel}",
            "NO_PROXY": "127.0.0.1",
            "SSL_CERT_FILE": str(served.ca),
        }
        python = Path(sys.base_prefix) / "bin" / "python3"  # that of no environment: its packages would mix in
        words = [str(python), "-P", str(_APPLICATION), taken.endpoint]
        subprocess.run(words, env=environment, cwd=folder, check=True, timeout=_SECONDS)
        billed = [billed_counts(entry) for entry in served.entries() if entry.billed]
    about = f"openlit {emitter.version}, run with anthropic and openai"
    write("openlit", about, "traces", taken.parts["traces"], keep=lambda span: True, billed=billed)
