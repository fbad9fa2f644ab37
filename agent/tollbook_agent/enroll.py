"""Enrolment: a one-off token for this laptop's own credential, over the collector's API."""

import http.client
import ipaddress
import json
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any

ENROLL, RENEW = "/api/v1/enroll", "/api/v1/renew"
ASK_TIMEOUT_SECONDS = 20.0
MAX_ANSWER_BYTES = 64 * 1024
_ANSWER = frozenset({"credential", "token", "state", "device", "engineer", "tenant", "ports"})


class EnrolmentError(Exception):
    """It did not work; the message says why and what to do."""


def checked_url(text: str) -> str:
    """The URL of a collector's API, without a path.

    Raises:
        EnrolmentError: it is none, or a credential would travel to another machine in clear.
    """
    try:
        parts = urllib.parse.urlsplit(text.strip())
        port = parts.port
    except ValueError as fault:
        raise EnrolmentError(f"{text!r} is no URL; write it like https://tollbook.example.com:4319") from fault
    host = parts.hostname
    if parts.scheme not in ("http", "https") or not host or parts.path.strip("/") or parts.query or parts.username:
        raise EnrolmentError(f"{text!r} is no URL of a collector; write it like https://tollbook.example.com:4319")
    if parts.scheme == "http" and not is_loopback(host):
        raise EnrolmentError("a credential is never sent to another machine in clear: use https://")
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{name}" + ("" if port is None else f":{port}")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def opener_for(url: str, ca: str | None) -> urllib.request.OpenerDirector:
    """Asks a collector: past every proxy for this machine, never following a redirect, which would take the credential
    along.

    Raises:
        EnrolmentError: the authorities cannot be read.
    """
    try:
        context = ssl.create_default_context(cafile=ca)
    except (OSError, ValueError) as fault:
        raise EnrolmentError(f"{ca} holds no certificates ({fault})") from fault
    handlers: list[Any] = [urllib.request.HTTPSHandler(context=context), _NoRedirect()]
    if is_loopback(urllib.parse.urlsplit(url).hostname or ""):
        handlers.append(urllib.request.ProxyHandler({}))
    return urllib.request.build_opener(*handlers)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments: Any, **named: Any) -> None:
        return None


def exchange(url: str, path: str, token: str, asked: Mapping[str, str], ca: str | None = None) -> dict[str, Any]:
    """What the collector answers to `ENROLL` or `RENEW`.

    Raises:
        EnrolmentError: it refused, or could not be reached.
    """
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    request = urllib.request.Request(url + path, json.dumps(asked).encode(), headers, method="POST")
    try:
        with opener_for(url, ca).open(request, timeout=ASK_TIMEOUT_SECONDS) as response:
            found: Any = json.loads(response.read(MAX_ANSWER_BYTES))
    except urllib.error.HTTPError as fault:
        raise EnrolmentError(_refusal(fault)) from fault
    except (OSError, http.client.HTTPException, ValueError, RecursionError) as fault:
        raise EnrolmentError(f"{url} does not answer as a collector does: {fault}") from fault
    if not isinstance(found, dict) or not found.keys() >= _ANSWER or not isinstance(found["ports"], dict):  # pyright: ignore[reportUnknownMemberType]
        raise EnrolmentError(f"something else than a collector answers at {url}")
    return found  # pyright: ignore[reportUnknownVariableType]


def _refusal(fault: urllib.error.HTTPError) -> str:
    """The collector's own words."""
    try:
        error: Any = json.loads(fault.read(MAX_ANSWER_BYTES))["error"]
        return f"the collector refused: {error['message']}. {error['remedy']}"
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return f"the collector refused with status {fault.code}"


def address_of(url: str, port: object) -> str:
    """host:port of another port of the same host."""
    host = urllib.parse.urlsplit(url).hostname or ""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
