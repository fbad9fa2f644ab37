"""`tollbook on`, `off`, `env` and `trust`: whether the network is captured, and by what a tool trusts it."""

import argparse
import datetime as dt
import importlib.util
import os
import shlex
import socket
import sys
from dataclasses import replace
from pathlib import Path

from tollbook.answer import iso_time
from tollbook_agent import home as places
from tollbook_agent.capture.proxy import files
from tollbook_agent.capture.proxy.dial import Parent
from tollbook_agent.cli import exit_codes
from tollbook_agent.cli.output import bold, print_json
from tollbook_agent.settings import Settings, load

NO_PROXY = ("localhost", "127.0.0.1", "::1")
NEEDS = "network capture needs the extra `proxy`: install tollbook-agent[proxy]"
UNKNOWN_PROXY = (
    "HTTPS_PROXY of this shell is no http:// proxy; only such a one can be chained to, so nothing is captured on this"
    " machine: logs and OpenTelemetry (`tollbook install --otel`) work without"
)
WARM_SECONDS = 20.0
"""For the resident agent to answer; it gives up earlier itself."""
NOT_SET_UP = "network capture is not set up on this machine: run `tollbook on`"


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """By command."""
    if name == "on":
        parser.description = (
            "Capture model calls on the network: makes this device's own trust anchor, limited by name to the"
            " providers' hosts, and the relay's port. Nothing is put into the system's trust store."
        )
        parser.epilog = "example: tollbook on && tollbook agent run"
        parser.add_argument("--cursor", action="store_true", help="Cursor's hosts too; experimental")
        parser.add_argument("--host", action="append", default=[], metavar="HOST", help="a host of your company's own")
        parser.add_argument(
            "--program", action="append", default=[], metavar="NAME",
            help="a program beside the known tools that trusts the anchor",
        )  # fmt: skip
    elif name == "off":
        parser.description = "Capture nothing: running sessions go on, and new connections are tunnelled."
        parser.epilog = "example: tollbook off"
    elif name == "env":
        parser.description = "Lines for a shell that lead the tools started in it through the relay."
        parser.epilog = 'example: eval "$(tollbook env)"'
    else:
        parser.description = "This device's trust anchor and the hosts it can vouch for."
        parser.epilog = "example: tollbook trust show --json"
        parser.add_argument("action", choices=["show", "rotate", "remove"])
        parser.add_argument("--json", action="store_true", help="one JSON document, for show")


def run(arguments: argparse.Namespace, name: str) -> int:
    """Do it."""
    settings = load(os.environ)
    if name == "env":
        return _env(settings)
    if name == "off":
        return _off(settings)
    if importlib.util.find_spec("mitmproxy") is None or importlib.util.find_spec("cryptography") is None:
        print(f"tollbook: {NEEDS}", file=sys.stderr)
        return exit_codes.FAILED
    if name == "on":
        return _on(settings, arguments)
    return {"show": _show, "rotate": _rotate, "remove": _remove}[arguments.action](settings, arguments)


def tool_environment(settings: Settings, state: files.ProxyState, before: dict[str, str]) -> dict[str, str]:
    """The variables that lead a tool through the relay."""
    folder = files.folder(settings.home)
    spared = [each for each in before.get("NO_PROXY", before.get("no_proxy", "")).split(",") if each]
    return {
        "HTTPS_PROXY": state.url,
        "NO_PROXY": ",".join(dict.fromkeys([*spared, *NO_PROXY])),
        "NODE_EXTRA_CA_CERTS": str(folder / files.NODE_BUNDLE),
        "CODEX_CA_CERTIFICATE": str(folder / files.CODEX_BUNDLE),
    }


def _on(settings: Settings, arguments: argparse.Namespace) -> int:
    state = files.load(settings.home) or files.ProxyState(port=_free_port())
    before = os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy") or state.upstream_proxy
    if before and before.endswith(f"@127.0.0.1:{state.port}"):
        before = state.upstream_proxy  # our own, in a shell that has it already
    if before and Parent.of(before) is None:
        print(f"tollbook: {UNKNOWN_PROXY}", file=sys.stderr)
        return exit_codes.FAILED
    authorities = os.environ.get("NODE_EXTRA_CA_CERTS") or state.upstream_ca
    if authorities and Path(authorities).parent == files.folder(settings.home):
        authorities = state.upstream_ca
    wanted = replace(
        state,
        capture=True,
        upstream_proxy=before,
        upstream_ca=authorities,
        optional=("cursor",) if arguments.cursor else state.optional,
        more_hosts=tuple(dict.fromkeys([*state.more_hosts, *map(str.lower, arguments.host)])),
        programs=tuple(dict.fromkeys([*state.programs, *arguments.program])),
    )
    state = files.save(settings.home, wanted)
    _mint(settings, state, always=False)
    print(f"network capture is on; the relay's address is 127.0.0.1:{state.port}")
    print("`tollbook agent run` serves it, `tollbook run -- claude` starts a tool with it")
    if _warmed(settings):
        print("the engine is running: the first calls are captured too")
    return exit_codes.OK


def _warmed(settings: Settings) -> bool:
    """Whether the resident agent, where one serves the relay, has the engine running now."""
    from tollbook_agent.control import Unreachable, ask

    try:
        return ask(settings.home / places.CONTROL, "warm", timeout=WARM_SECONDS).get("engine") is True
    except Unreachable:
        return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _mint(settings: Settings, state: files.ProxyState, *, always: bool) -> None:
    """An anchor for the hosts that are to be captured, where there is none for all of them yet."""
    from tollbook_agent.capture.proxy import trust
    from tollbook_agent.capture.proxy.hosts import all_hosts

    folder = files.folder(settings.home)
    hosts = all_hosts(frozenset(state.optional), state.more_hosts)
    now = dt.datetime.now(dt.UTC)
    late = now + dt.timedelta(days=trust.RENEW_DAYS)
    have = {host for leaf in trust.leaves(folder) if leaf.not_after > late for host in leaf.hosts}
    if always or not have.issuperset(host for each in hosts.values() for host in each):
        trust.install(folder, trust.mint(hosts, now, settings.device), os.environ, state.upstream_ca)
    else:
        trust.write_bundles(folder, os.environ, state.upstream_ca)


def _off(settings: Settings) -> int:
    state = files.load(settings.home)
    if state is None:
        print(NOT_SET_UP)
        return exit_codes.OK
    files.save(settings.home, replace(state, capture=False))
    print("network capture is off: new connections are tunnelled; `tollbook on` begins again")
    return exit_codes.OK


def _env(settings: Settings) -> int:
    state = files.load(settings.home)
    if state is None:
        print(f"tollbook: {NOT_SET_UP}", file=sys.stderr)
        return exit_codes.FAILED
    for name, value in tool_environment(settings, state, dict(os.environ)).items():
        print(f"export {name}={shlex.quote(value)}")
    return exit_codes.OK


def _show(settings: Settings, arguments: argparse.Namespace) -> int:
    from tollbook_agent.capture.proxy import trust

    folder = files.folder(settings.home)
    anchors = trust.certificates(folder / files.ANCHORS)
    leaves = trust.leaves(folder)
    document = {
        "anchors": [
            {
                "subject": each.subject.rfc4514_string(),
                "sha256": trust.fingerprint(each),
                "not_after": iso_time(int(each.not_valid_after_utc.timestamp() * 1e9)),
            }
            for each in anchors
        ],
        "leaves": [
            {"channel": leaf.path.stem, "anchor": leaf.generation, "hosts": list(leaf.hosts)} for leaf in leaves
        ],
        "bundles": {"node": str(folder / files.NODE_BUNDLE), "codex": str(folder / files.CODEX_BUNDLE)},
    }
    if arguments.json:
        print_json(document)
    elif not anchors:
        print(NOT_SET_UP)
    else:
        for each in anchors:
            print(f"{bold('anchor')}  {each.subject.rfc4514_string()}, until {each.not_valid_after_utc:%Y-%m-%d}")
            print(f"        sha256 {trust.fingerprint(each)}")
        for leaf in [each for each in leaves if each.generation == leaves[0].generation]:
            named = leaf.hosts[0] if len(leaf.hosts) == 1 else f"{leaf.hosts[0]} and {len(leaf.hosts) - 1} more"
            print(f"{bold('leaf')}    {leaf.path.stem}: {named}")
    return exit_codes.OK


def _rotate(settings: Settings, _arguments: argparse.Namespace) -> int:
    state = files.load(settings.home)
    if state is None:
        print(f"tollbook: {NOT_SET_UP}", file=sys.stderr)
        return exit_codes.FAILED
    _mint(settings, state, always=True)
    print("a new anchor is in use; sessions that trust only the one before are served until they end")
    return exit_codes.OK


def _remove(settings: Settings, _arguments: argparse.Namespace) -> int:
    from tollbook_agent.capture.proxy import trust

    state = files.load(settings.home)
    if state is not None:
        files.save(settings.home, replace(state, capture=False))
    trust.remove(files.folder(settings.home))
    print("the anchor and its leaves are gone; nothing is captured until `tollbook on`")
    return exit_codes.OK
