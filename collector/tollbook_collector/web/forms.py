"""Forms: what pages send. Read within bounds, and only where a page of this session sent them."""

from urllib.parse import parse_qsl

from starlette.requests import Request

from tollbook.problem import Problem
from tollbook_collector.ask import MAX_TEXT
from tollbook_collector.web.origin import same_origin
from tollbook_collector.web.sessions import Sessions
from tollbook_collector.web.visit import Refused, wrong

MAX_BODY = 16 * 1024
MAX_FIELDS = 20
_NOT_OURS = Problem(
    reason="forbidden",
    where="",
    detail="this form did not come from a page of this session",
    remedy="Open the page again and send it from there.",
)


async def fields_of(request: Request) -> dict[str, str]:
    """The fields of a form, each once.

    Raises:
        Refused: it is no form, or too much.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise wrong("body", "it is not declared as a form", "Send it from the page.")
    raw = bytearray()
    async for part in request.stream():
        raw += part
        if len(raw) > MAX_BODY:
            raise wrong("body", f"it is longer than {MAX_BODY} bytes", "Send less.")
    try:
        pairs = parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
    except ValueError:
        raise wrong("body", "it cannot be read", "Send it from the page.") from None
    found = dict(pairs)
    if len(found) < len(pairs) or any(len(text) > MAX_TEXT for text in found.values()):
        raise wrong("body", f"a field is there twice, or longer than {MAX_TEXT} characters", "Send it from the page.")
    return found


def check(request: Request, sessions: Sessions, session: str, fields: dict[str, str]) -> None:
    """Raises Refused where another site's page sent the form."""
    if not same_origin(request) or not sessions.proves(session, fields.get("proof", "")):
        raise Refused(_NOT_OURS)
