"""`tollbook run -- TOOL ...`: a tool with network capture where that works, and simply the tool where it does not."""

import argparse
import os
import socket
import subprocess
import sys

from tollbook_agent.capture.proxy import files, head
from tollbook_agent.cli.capture import tool_environment
from tollbook_agent.selftest.tiers import refuses_network
from tollbook_agent.settings import SettingError, load

PROBE_SECONDS = 0.25
"""For the relay to answer; a tool never waits longer for us."""
NOT_FOUND = 127
NOT_RUNNABLE = 126


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """TOOL and its arguments."""
    parser.description = (
        "Run a tool with network capture; without it, and saying so, where the relay does not answer at once."
    )
    parser.epilog = "example: tollbook run -- claude"
    parser.add_argument("tool", nargs=argparse.REMAINDER, metavar="-- TOOL ...", help="the tool and its arguments")


def run(arguments: argparse.Namespace, _name: str) -> int:
    """Become the tool."""
    words: list[str] = arguments.tool[1:] if arguments.tool[:1] == ["--"] else arguments.tool
    if not words:
        print("tollbook run: name the tool, like `tollbook run -- claude`", file=sys.stderr)
        return 2
    environment = dict(os.environ)
    reason = _prepare(environment, os.path.basename(words[0]))
    if reason:
        print(f"tollbook: running {words[0]} without network capture: {reason}", file=sys.stderr)
    try:
        if sys.platform == "win32":
            return subprocess.call(words, env=environment)
        os.execvpe(words[0], words, environment)
    except FileNotFoundError:
        print(f"tollbook: {words[0]} was not found", file=sys.stderr)
        return NOT_FOUND
    except OSError as fault:
        print(f"tollbook: {words[0]} cannot be run: {fault.strerror}", file=sys.stderr)
        return NOT_RUNNABLE


def _prepare(environment: dict[str, str], tool: str) -> str | None:
    """Set the variables; why not, where that would not work."""
    try:
        settings = load(environment)
    except SettingError as fault:
        return str(fault)
    state = files.load(settings.home)
    if state is None:
        return "it is not set up (`tollbook on`)"
    reason = _refusal(environment, state, str(files.folder(settings.home) / files.NODE_BUNDLE))
    if reason is None and refuses_network(settings.home, tool):
        reason = "it did not pass `tollbook self-test` here for this tool"
    if reason:
        _restore(environment, state)
        return reason
    environment.update(tool_environment(settings, state, environment))
    environment.pop("https_proxy", None)
    return None


def _refusal(environment: dict[str, str], state: files.ProxyState, bundle: str) -> str | None:
    if not state.capture:
        return "it is off (`tollbook on`)"
    own = environment.get("HTTPS_PROXY") or environment.get("https_proxy")
    if own and own not in (state.url, state.upstream_proxy):
        return "this shell has another proxy than when it was set up; `tollbook on` takes it over"
    trusted = environment.get("NODE_EXTRA_CA_CERTS")
    if trusted and trusted not in (state.upstream_ca, bundle):
        return "this shell trusts other certificates than when it was set up; `tollbook on` takes them over"
    if not answers(state):
        return "the resident agent does not answer (`tollbook agent run`)"
    return None


def _restore(environment: dict[str, str], state: files.ProxyState) -> None:
    """A shell that has our proxy already (`tollbook env`) must not lead the tool to where nobody answers."""
    for name in ("HTTPS_PROXY", "https_proxy"):
        if environment.get(name) == state.url:
            del environment[name]
            if state.upstream_proxy:
                environment[name] = state.upstream_proxy


def answers(state: files.ProxyState) -> bool:
    """Whether the relay answers, at once. It also starts the engine, which then is warm when the tool comes."""
    request = (
        "CONNECT health.tollbook.invalid:443 HTTP/1.1\r\n"
        f"Proxy-Authorization: {head.credential(files.USER, state.password)}\r\n\r\n"
    )
    try:
        with socket.create_connection(("127.0.0.1", state.port), PROBE_SECONDS) as probe:
            probe.settimeout(PROBE_SECONDS)
            probe.sendall(request.encode())
            return probe.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False
