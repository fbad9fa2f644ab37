"""Live handshakes: does each runtime that is found accept this device's anchor, through a relay, on loopback alone?

Each is started in an empty folder of its own, with an invented key, towards a stand-in that refuses every request: it
sees no setting of the user's, and nothing leaves this machine.
"""

import contextlib
import json
import queue
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tollbook_agent.capture.proxy import files, generations
from tollbook_agent.doctor.finding import Check, Finding, fail, note, ok, warn
from tollbook_agent.doctor.loopback import StandIn, relay_to
from tollbook_agent.doctor.machine import Machine

PATIENCE_SECONDS = 30.0
END_SECONDS = 5.0
KEY = "invented-by-tollbook-doctor"
ANTHROPIC, OPENAI = "api.anthropic.com", "api.openai.com"
_HANDSHAKE = """
const net = require("net"), tls = require("tls"), proxy = new URL(process.env.HTTPS_PROXY), host = "%s";
const credential = Buffer.from(proxy.username + ":" + proxy.password).toString("base64");
const raw = net.connect(Number(proxy.port), proxy.hostname, () =>
  raw.write(`CONNECT ${host}:443 HTTP/1.1\\r\\nProxy-Authorization: Basic ${credential}\\r\\n\\r\\n`));
raw.on("error", () => process.exit(1));
raw.once("data", () => {
  const channel = tls.connect({socket: raw, servername: host}, () => channel.end());
  channel.on("error", () => process.exit(1));
  channel.on("close", () => process.exit(0));
});
"""
"""For node and bun: CONNECT, then TLS with whatever the runtime trusts."""


def node(machine: Machine) -> Finding:
    """What npm programs run on."""
    return _script(machine, "node")


def bun(machine: Machine) -> Finding:
    """What Claude Code is built with."""
    return _script(machine, "bun")


def claude(machine: Machine) -> Finding:
    """Claude Code itself."""
    words = ("-p", "--max-turns", "1", "hello")
    more = {
        "ANTHROPIC_API_KEY": KEY,
        "DISABLE_AUTOUPDATER": "1",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    }
    return _tried(machine, "claude", words, ANTHROPIC, more)


def codex(machine: Machine) -> Finding:
    """Codex itself: versions before CODEX_CA_CERTIFICATE refuse the anchor."""
    words = ("exec", "--skip-git-repo-check", "hello")
    return _tried(machine, "codex", words, OPENAI, {"OPENAI_API_KEY": KEY, "CODEX_API_KEY": KEY})


def _script(machine: Machine, program: str) -> Finding:
    return _tried(machine, program, ("-e", _HANDSHAKE % ANTHROPIC), ANTHROPIC, {})


def _tried(machine: Machine, program: str, words: Sequence[str], host: str, more: Mapping[str, str]) -> Finding:
    """Start it and wait for its first handshake."""
    found = shutil.which(program, path=machine.environment.get("PATH"))
    if found is None:
        return note(f"{program} is not on this PATH")
    if machine.proxy is None or not machine.proxy.capture:
        return note("not looked at: network capture is not on")
    leaves = _leaves(machine)
    if host not in leaves:
        return note("not looked at: there is no leaf for its provider")
    outcome = handshake([found, *words], host, leaves, machine.proxy_folder, {**_kept(machine.environment), **more})
    if outcome is None:
        advice = f"does `{program} --version` work here? `tollbook run` falls back to logs for it"
        return warn(f"{program} made no connection in {PATIENCE_SECONDS:.0f} s", advice)
    if outcome:
        advice = f"update {program}; until then its calls are read from its logs: do not lead it through the relay"
        return fail(f"{program} refuses this device's anchor ({outcome})", advice)
    return ok(f"{program} accepts this device's anchor through a relay")


def handshake(
    words: Sequence[str], host: str, leaves: Mapping[str, Path], folder: Path, environment: Mapping[str, str]
) -> str | None:
    """What the first handshake with a host came to: "" for accepted, why not, or `None` for none."""
    stand_in = StandIn(leaves)
    try:
        with tempfile.TemporaryDirectory(prefix="tollbook-doctor-") as scratch, relay_to(stand_in.port) as proxy:
            place = Path(scratch)
            (place / "codex").mkdir()
            (place / "codex" / "auth.json").write_text(json.dumps({"OPENAI_API_KEY": KEY}))
            child = subprocess.Popen(
                list(words), cwd=scratch, env={**environment, **_homes(place), **_trust(folder, proxy)},
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            try:
                return _first(stand_in, host, child)
            finally:
                _end(child)
    except OSError:
        return None
    finally:
        stand_in.close()


def _first(stand_in: StandIn, host: str, child: "subprocess.Popen[bytes]") -> str | None:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        ended = child.poll() is not None
        with contextlib.suppress(queue.Empty):
            asked, outcome = stand_in.outcomes.get(timeout=0.2)
            if asked == host:
                return outcome
            continue
        if ended:
            return None
    return None


def _end(child: "subprocess.Popen[bytes]") -> None:
    child.terminate()
    try:
        child.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _leaves(machine: Machine) -> dict[str, Path]:
    """Host -> the file with its leaf and key."""
    newest = next(iter(generations.read(machine.proxy_folder)), None)
    if newest is None:
        return {}
    folder = machine.proxy_folder / files.LEAVES / newest.name
    known = {ANTHROPIC: folder / "anthropic.pem", OPENAI: folder / "openai.pem"}
    return {host: path for host, path in known.items() if path.is_file()}


def _kept(environment: Mapping[str, str]) -> dict[str, str]:
    """What a runtime needs of the shell to run at all."""
    return {name: environment[name] for name in ("PATH", "LANG", "SYSTEMROOT", "TERM") if name in environment}


def _homes(place: Path) -> dict[str, str]:
    return {
        "HOME": str(place),
        "USERPROFILE": str(place),
        "TMPDIR": str(place),
        "XDG_CONFIG_HOME": str(place),
        "CLAUDE_CONFIG_DIR": str(place / "claude"),
        "CODEX_HOME": str(place / "codex"),
    }


def _trust(folder: Path, proxy: str) -> dict[str, str]:
    return {
        "HTTPS_PROXY": proxy,
        "NO_PROXY": "",
        "NODE_EXTRA_CA_CERTS": str(folder / files.NODE_BUNDLE),
        "CODEX_CA_CERTIFICATE": str(folder / files.CODEX_BUNDLE),
    }


CHECKS: tuple[Check, ...] = (
    Check(name="trust_node", looks_at="a TLS handshake by node", look=node, live=True),
    Check(name="trust_bun", looks_at="a TLS handshake by bun", look=bun, live=True),
    Check(name="trust_claude", looks_at="a TLS handshake by Claude Code", look=claude, live=True),
    Check(name="trust_codex", looks_at="a TLS handshake by Codex", look=codex, live=True),
)
