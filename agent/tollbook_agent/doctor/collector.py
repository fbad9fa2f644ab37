"""Checks of the way to the collector: name, port, TLS, credential, the collector's own readiness and clock."""

import datetime as dt
import email.utils
import json
import socket
import ssl
import urllib.error
from typing import Any

from tollbook_agent import enroll, identity_store
from tollbook_agent.doctor.finding import Check, Finding, fail, note, ok, warn
from tollbook_agent.doctor.machine import Machine
from tollbook_agent.settings import Settings

CONNECT_SECONDS = 5.0
MOST_SKEW = dt.timedelta(minutes=2)
MAX_ANSWER_BYTES = 64 * 1024
NONE_SET = "no collector is set: nothing leaves this machine"
EARLIER = "not looked at: an earlier step fails"


def enrolment(machine: Machine) -> Finding:
    """Whether it can be read, and counts."""
    if not (machine.home / identity_store.FILE).exists():
        return note("this laptop is not enrolled")
    known = identity_store.load(machine.home)
    if known is None:
        return fail("the enrolment cannot be read", "tollbook enroll URL TOKEN, with a new token")
    if known.state == "pending":
        return warn("the enrolment waits for an administrator", "ask for its approval; nothing is lost meanwhile")
    return ok("this laptop is enrolled")


def credential(machine: Machine) -> Finding:
    """Whether it is there, for this user only."""
    known = identity_store.load(machine.home)
    if known is None:
        return note("there is no credential")
    try:
        identity_store.token_of(machine.home, known)
    except identity_store.IdentityError as fault:
        return fail(str(fault), "tollbook enroll URL TOKEN, with a new token")
    return ok(f"the credential is in a {known.kept_in}")


def name(machine: Machine) -> Finding:
    """DNS."""
    target = _target(machine)
    if target is None:
        return note(NONE_SET)
    if _resolves(target):
        return ok(f"{target[0]} has an address")
    return fail(f"{target[0]} has no address", "check `collector` and the VPN or DNS of this machine")


def reach(machine: Machine) -> Finding:
    """TCP."""
    target = _target(machine)
    if target is None or not _resolves(target):
        return note(NONE_SET if target is None else EARLIER)
    if _connects(target):
        return ok(f"{target[0]}:{target[1]} answers")
    return fail(f"nobody answers at {target[0]}:{target[1]}", "start the collector, or open the port on the way to it")


def tls(machine: Machine) -> Finding:
    """The certificate that the collector shows."""
    target, known = _target(machine), identity_store.load(machine.home)
    if target is None or known is None or not known.secure:
        return note("not over TLS: this machine only")
    if not _connects(target):
        return note(EARLIER)
    try:
        context = ssl.create_default_context(cafile=known.ca)
        context.set_alpn_protocols(["h2"])
        with socket.create_connection(target, CONNECT_SECONDS) as raw, context.wrap_socket(
            raw, server_hostname=target[0]
        ) as channel:  # fmt: skip
            shown: Any = channel.getpeercert()
    except ssl.SSLCertVerificationError as fault:
        advice = "tollbook enroll --ca FILE with the authority of your company, or correct the collector's certificate"
        return fail(f"the collector's certificate is not trusted: {fault.verify_message}", advice)
    except OSError as fault:
        return fail(
            f"TLS does not work with the collector ({type(fault).__name__})", "check `tls_cert` of the collector"
        )
    left = dt.datetime.fromtimestamp(ssl.cert_time_to_seconds(shown["notAfter"]), dt.UTC) - machine.now
    if left < dt.timedelta(days=7):
        return warn(f"the collector's certificate ends in {left.days} days", "tell who runs the collector")
    return ok("the collector's certificate is trusted")


def accepted(machine: Machine) -> Finding:
    """Whether it takes what this laptop sends: an empty request with the laptop's own credential."""
    target, settings = _target(machine), machine.settings
    if target is None or settings is None or settings.collector is None:
        return note(NONE_SET)
    if not _connects(target) or _tls_fails(machine) or _no_credential(machine):
        return note(EARLIER)
    from tollbook_agent.daemon import transport_of
    from tollbook_agent.export import CannotSend

    transport = transport_of(settings, settings.collector)
    try:
        transport.send(())
    except CannotSend as fault:
        if str(fault) in ("unauthenticated", "permission_denied"):
            advice = "tollbook enroll URL TOKEN, with a new token: the credential was revoked or has ended"
            return fail("the collector refuses this laptop's credential", advice)
        advice = "is `collector` the OTLP/gRPC port (4317)? A proxy on the way must let HTTP/2 through"
        return fail(f"the collector does not take spans: {fault}", advice)
    finally:
        transport.close()
    return ok("the collector takes what this laptop sends")


def ready(machine: Machine) -> Finding:
    """What the collector says of itself."""
    if machine.settings is None or machine.settings.api is None:
        return note("no API address is set")
    try:
        said, _ = _readyz(machine, machine.settings)
    except OSError as fault:
        return fail(
            f"the collector's API does not answer ({type(fault).__name__})", "check `api`; is the collector up?"
        )
    if said.get("status") == "ready":
        return ok("the collector is ready")
    return warn(f"the collector is not ready: {said.get('reason', 'no reason given')}", "tell who runs the collector")


def clock(machine: Machine) -> Finding:
    """Days and prices depend on it."""
    if machine.settings is None or machine.settings.api is None:
        return note("no other clock to compare with")
    try:
        _, date = _readyz(machine, machine.settings)
        theirs = email.utils.parsedate_to_datetime(date)
    except (OSError, ValueError):
        return note("not looked at: the collector's API tells no time")
    apart = abs(theirs - machine.now)
    if apart > MOST_SKEW:
        return warn(
            f"this clock and the collector's are {apart.total_seconds():,.0f} s apart", "set this machine's clock"
        )
    return ok("this clock and the collector's agree")


def _readyz(machine: Machine, settings: Settings) -> tuple[dict[str, Any], str]:
    """Its document and the moment of the answer.

    Raises:
        OSError: it does not answer like a collector.
    """
    assert settings.api is not None
    known = identity_store.load(machine.home)
    try:
        opener = enroll.opener_for(settings.api, None if known is None else known.ca)
        try:
            answer = opener.open(settings.api.rstrip("/") + "/readyz", timeout=CONNECT_SECONDS)
        except urllib.error.HTTPError as fault:
            answer = fault
        with answer:
            said: Any = json.loads(answer.read(MAX_ANSWER_BYTES))
            date = str(answer.headers.get("date", ""))
    except (enroll.EnrolmentError, ValueError) as fault:
        raise ConnectionError("no collector") from fault
    if not isinstance(said, dict):
        raise ConnectionError("no collector")
    return said, date  # pyright: ignore[reportUnknownVariableType]


def _target(machine: Machine) -> tuple[str, int] | None:
    if machine.settings is None or machine.settings.collector is None:
        return None
    host, _, port = machine.settings.collector.rpartition(":")
    return host.strip("[]"), int(port)


def _resolves(target: tuple[str, int]) -> bool:
    try:
        return bool(socket.getaddrinfo(*target))
    except (OSError, UnicodeError):
        return False


def _connects(target: tuple[str, int]) -> bool:
    try:
        socket.create_connection(target, CONNECT_SECONDS).close()
    except (OSError, UnicodeError):
        return False
    return True


def _tls_fails(machine: Machine) -> bool:
    return tls(machine).verdict == "fail"


def _no_credential(machine: Machine) -> bool:
    return credential(machine).verdict == "fail"


CHECKS: tuple[Check, ...] = (
    Check(name="enrolment", looks_at="who this laptop is at its collector", look=enrolment),
    Check(name="credential", looks_at="the laptop's credential", look=credential),
    Check(name="collector_name", looks_at="the collector's address in DNS", look=name),
    Check(name="collector_reach", looks_at="the collector's port", look=reach),
    Check(name="collector_tls", looks_at="the certificate it shows", look=tls),
    Check(name="collector_accepts", looks_at="whether it takes spans of this laptop", look=accepted),
    Check(name="collector_ready", looks_at="what it says of itself", look=ready),
    Check(name="clock", looks_at="this clock against the collector's", look=clock),
)
