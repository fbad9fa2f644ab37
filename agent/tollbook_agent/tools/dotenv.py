"""KEY=VALUE lines, as Codex reads `.env`. Pure."""

import re

from tollbook_agent.tools.setting import Key, Refused, newline

_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=~-]*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Dotenv:
    """`key` is one name. Of several lines of one name the last counts, and is the one that is changed."""

    def get(self, text: str, key: Key) -> str | None:
        found = _last(text, key[0])
        return None if found is None else _unquoted(found["value"])

    def put(self, text: str, key: Key, value: str) -> tuple[str, int]:
        new = f"{_checked(key[0])}={_quoted(value)}"
        found = _last(text, key[0])
        if found is not None:
            return text[: found.start("pair")] + new + text[found.end("pair") :], 0
        line = newline(text)
        return text + ("" if not text or text.endswith("\n") else line) + new + line, 0

    def drop(self, text: str, key: Key, made: int) -> str:
        found = _last(text, key[0])
        return text if found is None else text[: found.start()] + text[found.end() :]

    def is_empty(self, text: str) -> bool:
        return not text.strip("\ufeff \t\r\n")


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise Refused("bad_name", f"{name!r} is no name of a variable")
    return name


def _last(text: str, name: str) -> re.Match[str] | None:
    """The last line that sets the name."""
    line = rf"^[ \t]*(?:export[ \t]+)?(?P<pair>{re.escape(name)}[ \t]*=[ \t]*(?P<value>[^\r\n]*))(?:\r?\n|\Z)"
    found = list(re.finditer(line, text, re.MULTILINE))
    return found[-1] if found else None


def _quoted(value: str) -> str:
    """The value on one line; single quotes keep everything as it is, `$` included."""
    if "\n" in value or "\r" in value or "'" in value or "\0" in value:
        raise Refused("bad_value", "a value with a quote or a line break cannot be written")
    return value if _PLAIN.fullmatch(value) else f"'{value}'"


def _unquoted(value: str) -> str:
    bare = value.strip()
    if len(bare) >= 2 and bare[0] == bare[-1] and bare[0] in "'\"":
        return bare[1:-1]
    return bare
