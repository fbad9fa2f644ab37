"""Checks of network capture: its state, the relay, the engine, the anchor and what this shell says."""

import datetime as dt
import importlib.util
import os
import socket

from tollbook_agent.capture.proxy import files, generations
from tollbook_agent.capture.proxy.dial import Parent
from tollbook_agent.capture.proxy.hosts import all_hosts
from tollbook_agent.cli.run_tool import answers
from tollbook_agent.doctor.finding import Check, Finding, fail, note, ok, warn
from tollbook_agent.doctor.machine import Machine

OFF = "network capture is not set up: `tollbook on`"
RENEW = dt.timedelta(days=30)
CONNECT_SECONDS = 3.0


def state(machine: Machine) -> Finding:
    """How capture is set up."""
    if machine.proxy is not None:
        return ok("captures" if machine.proxy.capture else "set up, and switched off")
    if (machine.proxy_folder / files.STATE).exists():
        return fail(
            "how network capture is set up cannot be read", f"remove {machine.proxy_folder}, then `tollbook on`"
        )
    return note(OFF)


def relay(machine: Machine) -> Finding:
    """Whether it answers, or somebody in its place."""
    if machine.proxy is None:
        return note(OFF)
    if machine.agent is None:
        return note("not looked at: the agent does not run")
    if answers(machine.proxy):
        return ok(f"the relay answers on port {machine.proxy.port}")
    if _listens("127.0.0.1", machine.proxy.port):
        advice = f"end the program that holds port {machine.proxy.port}, then start the agent again"
        return fail("another program answers in the relay's place", advice)
    return fail("the relay does not answer", "start the agent again: it began before `tollbook on`")


def engine(machine: Machine) -> Finding:
    """The packages that decrypt."""
    if machine.proxy is None or not machine.proxy.capture:
        return note(OFF)
    lacking = [name for name in ("mitmproxy", "cryptography") if importlib.util.find_spec(name) is None]
    if lacking:
        return fail(f"{lacking[0]} is not installed", "uv tool install 'tollbook-agent[proxy]'")
    return ok("the engine is installed")


def anchor(machine: Machine) -> Finding:
    """When it ends."""
    newest = _newest(machine)
    if machine.proxy is None or newest is None:
        return note(OFF)
    until = dt.datetime.fromtimestamp(newest.until, dt.UTC)
    if until <= machine.now:
        return fail(f"the device's anchor ended on {until:%Y-%m-%d}", "tollbook trust rotate")
    if until <= machine.now + RENEW:
        return warn(f"the device's anchor ends on {until:%Y-%m-%d}", "tollbook trust rotate")
    return ok(f"the device's anchor is valid until {until:%Y-%m-%d}")


def leaves(machine: Machine) -> Finding:
    """Hosts without one are tunnelled."""
    newest = _newest(machine)
    if machine.proxy is None or not machine.proxy.capture:
        return note(OFF)
    if newest is None:
        return fail("this device has no anchor: nothing is captured", "tollbook on")
    wanted = all_hosts(frozenset(machine.proxy.optional), machine.proxy.more_hosts)
    lacking = {host for each in wanted.values() for host in each} - newest.hosts
    if lacking:
        return warn(f"{len(lacking)} hosts are not covered, {min(lacking)} for one", "tollbook trust rotate")
    return ok(f"{len(newest.hosts)} hosts are covered")


def leaf_files(machine: Machine) -> Finding:
    """The certificates themselves."""
    newest = _newest(machine)
    if machine.proxy is None or newest is None:
        return note(OFF)
    folder = machine.proxy_folder / files.LEAVES / newest.name
    if not any(folder.glob("*.pem")):
        return fail("the leaves of the anchor are gone", "tollbook trust rotate")
    return ok("the leaves are there")


def bundles(machine: Machine) -> Finding:
    """What tools read at their start."""
    if machine.proxy is None or _newest(machine) is None:
        return note(OFF)
    try:
        own = (machine.proxy_folder / files.ANCHORS).read_bytes().strip()
        held = [(machine.proxy_folder / name).read_bytes() for name in (files.NODE_BUNDLE, files.CODEX_BUNDLE)]
    except OSError as fault:
        return fail(f"{os.path.basename(str(fault.filename))} is gone: tools would not trust the anchor", "tollbook on")
    if not all(own in each for each in held):
        return fail("a bundle lacks the device's anchor: tools would refuse it", "tollbook on writes it again")
    return ok("the bundles hold the device's anchor")


def upstream_proxy(machine: Machine) -> Finding:
    """The proxy that this machine used before."""
    parent = None if machine.proxy is None else Parent.of(machine.proxy.upstream_proxy)
    if parent is None:
        return note("no other proxy is chained to")
    if _listens(parent.host, parent.port):
        return ok("the proxy this machine used before answers")
    advice = "set HTTPS_PROXY as it is now and run `tollbook on` again"
    return fail("the proxy this machine used before does not answer", advice)


def upstream_ca(machine: Machine) -> Finding:
    """Certificates that this machine trusted before."""
    path = None if machine.proxy is None else machine.proxy.upstream_ca
    if not path:
        return note("no other certificates are chained to")
    if os.path.isfile(path):
        return ok("the certificates this machine trusted before are there")
    return warn(f"{path} is gone", "set NODE_EXTRA_CA_CERTS as it is now and run `tollbook on` again")


def shell_proxy(machine: Machine) -> Finding:
    """A shell that leads tools to where nobody answers."""
    url = machine.environment.get("HTTPS_PROXY") or machine.environment.get("https_proxy") or ""
    if machine.proxy is None or f"@127.0.0.1:{machine.proxy.port}" not in url:
        return ok("this shell does not lead tools to the relay") if url else note("this shell has no proxy")
    if url != machine.proxy.url:
        return fail("this shell has the relay's address with an old password", 'eval "$(tollbook env)"')
    if machine.agent is None or not answers(machine.proxy):
        return fail(
            "this shell leads tools to the relay, which does not answer", "unset HTTPS_PROXY, or start the agent"
        )
    return ok("this shell leads tools to the relay")


def shell_trust(machine: Machine) -> Finding:
    """Variables that weaken or break trust."""
    values = machine.environment
    if values.get("NODE_TLS_REJECT_UNAUTHORIZED") == "0":
        return warn("NODE_TLS_REJECT_UNAUTHORIZED=0: Claude Code checks no certificate", "unset it")
    for name in ("NODE_EXTRA_CA_CERTS", "CODEX_CA_CERTIFICATE", "SSL_CERT_FILE"):
        if values.get(name) and not os.path.isfile(values[name]):
            return fail(f"{name} names a file that is not there", f"unset {name}, or correct it")
    return ok("nothing in this shell breaks trust")


def _newest(machine: Machine) -> generations.Generation | None:
    return next(iter(generations.read(machine.proxy_folder)), None)


def _listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), CONNECT_SECONDS).close()
    except (OSError, UnicodeError):
        return False
    return True


CHECKS: tuple[Check, ...] = (
    Check(name="capture_state", looks_at="how network capture is set up", look=state),
    Check(name="relay", looks_at="whether the relay answers", look=relay),
    Check(name="engine", looks_at="the packages that decrypt", look=engine),
    Check(name="anchor", looks_at="when the device's anchor ends", look=anchor),
    Check(name="leaves", looks_at="hosts without a leaf", look=leaves),
    Check(name="leaf_files", looks_at="the leaves themselves", look=leaf_files),
    Check(name="bundles", looks_at="what tools read to trust the anchor", look=bundles),
    Check(name="upstream_proxy", looks_at="the proxy this machine used before", look=upstream_proxy),
    Check(name="upstream_ca", looks_at="the certificates it trusted before", look=upstream_ca),
    Check(name="shell_proxy", looks_at="HTTPS_PROXY of this shell", look=shell_proxy),
    Check(name="shell_trust", looks_at="certificate variables of this shell", look=shell_trust),
)
