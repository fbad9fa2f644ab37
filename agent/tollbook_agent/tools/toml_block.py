"""One table of ours in a TOML file, between two comment lines of our own at its end. Pure.

The rest of the file is not touched and not understood, only proven unchanged: tomllib reads the text before and after.
"""

import re
import tomllib
from typing import Any

from tollbook_agent.tools.setting import Key, Refused, newline

BEGIN = "# >>> tollbook: written and removed by `tollbook install` and `tollbook uninstall`"
END = "# <<< tollbook"
_BLOCK = re.compile(
    rf"^{re.escape(BEGIN)}\r?\n(?P<body>.*?)^{re.escape(END)}[ \t]*(?:\r?\n|\Z)", re.MULTILINE | re.DOTALL
)


class TomlBlock:
    """`key` is the name of a top-level table; the value is the block's text, which defines that table."""

    def get(self, text: str, key: Key) -> str | None:
        found = _BLOCK.search(text)
        return None if found is None else found["body"].replace("\r\n", "\n")

    def put(self, text: str, key: Key, value: str) -> tuple[str, int]:
        line = newline(text)
        bare = self.drop(text, key, 0)
        before = _table(bare)
        if key[0] in before:
            raise Refused("own_table", f"[{key[0]}] is set by hand; remove it, or leave it and do without ours")
        body = value if value.endswith("\n") else value + "\n"
        block = f"{BEGIN}\n{body}{END}\n".replace("\n", line)
        found = _BLOCK.search(text)
        if found is not None:
            new = text[: found.start()] + block + text[found.end() :]
        else:
            new = text + ("" if not text or text.endswith("\n") else line) + block
        after = _table(new)
        if {name: after[name] for name in after if name != key[0]} != before or key[0] not in after:
            raise Refused("unexpected_toml", "the file's last lines do not allow another table; correct it first")
        return new, 0

    def drop(self, text: str, key: Key, made: int) -> str:
        found = _BLOCK.search(text)
        return text if found is None else text[: found.start()] + text[found.end() :]

    def is_empty(self, text: str) -> bool:
        return not text.strip("\ufeff \t\r\n")


def _table(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except (tomllib.TOMLDecodeError, RecursionError):
        raise Refused("not_toml", "the file is not valid TOML; correct it first") from None
