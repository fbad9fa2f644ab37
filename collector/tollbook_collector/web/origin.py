"""What requests say of where they come from. Pure."""

from urllib.parse import urlsplit

from starlette.requests import Request


def same_origin(request: Request) -> bool:
    """Whether a form was sent by a page of ours, as far as the browser says.

    Pages that send no referrer send their forms with an origin of `null`: newer browsers say it in a header of its own.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def within(address: str) -> str:
    """An address of this site to go on to; the overview where it is none."""
    inside = address.startswith("/") and not address.startswith("//") and "\\" not in address
    return address if inside and address.isprintable() else "/"
