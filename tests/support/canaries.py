"""Invented secrets of many kinds, each with a needle of its own."""

import base64
import hashlib
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

NEEDLE = 16
"""Characters of a needle: random enough to be nowhere by chance."""
MARK = "kqzx"
"""Every needle begins with it, in the letters of its kind: what holds no mark in any form holds no needle."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_GREEK = "αβγδεζηθικλμνξοπρστυφχψωжщюядфлб"


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """One secret."""

    place: str
    """Where it was planted."""
    kind: str
    needle: str
    """The part of its text that is nobody else's."""
    text: str


def _jwt(needle: str) -> str:
    parts = (b'{"alg":"HS256"}', f'{{"sub":"{needle}"}}'.encode())
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + f".{needle}"


NAMES: Mapping[str, Callable[[str], str]] = {"name": str}
WORDS: Mapping[str, Callable[[str], str]] = {
    "Anthropic key": lambda needle: f"sk-ant-api03-{needle}",
    "OAuth token": lambda needle: f"sk-ant-oat01-{needle}",
    "OpenAI key": lambda needle: f"sk-proj-{needle}",
    "GitHub token": lambda needle: f"ghp_{needle}",
    "AWS access key": lambda needle: f"AKIA{needle.upper()}",
    "Google key": lambda needle: f"AIza{needle}",
    "Slack token": lambda needle: f"xoxb-1234-{needle}",
    "JWT": _jwt,
    "branch-like": lambda needle: f"feature/{needle}",
}
"""One printable word each: these fit into headers and addresses too."""
LINES: Mapping[str, Callable[[str], str]] = {
    **WORDS,
    "AWS secret key": lambda needle: f"aws_secret_access_key = wJalr/{needle}+K7",
    "e-mail of a stranger": lambda needle: f"Jo Doe <{needle}@stranger.example>",
    "path": lambda needle: f"/home/{needle}/.ssh/id_ed25519",
    "Windows path": lambda needle: f"C:\\Users\\{needle}\\secrets.txt",
    "URL with credentials": lambda needle: f"https://jo:{needle}@db.example/x?token={needle}",
    "connection string": lambda needle: f"postgres://app:{needle}@10.0.0.5:5432/pay",
    "password": lambda needle: f'password="{needle}!"',
    "SQL": lambda needle: f"SELECT iban FROM people WHERE name = '{needle}';",
}
"""One line of ASCII each."""
TEXTS: Mapping[str, Callable[[str], str]] = {
    **LINES,
    "PEM": lambda needle: f"-----BEGIN PRIVATE KEY-----\nMIIE{needle}\n-----END PRIVATE KEY-----\n",
    "source code": lambda needle: f"def {needle}(x: int) -> str:\n\treturn f'{{x}}' * 3  # <secret> & co\n",
    "Unicode": lambda needle: f"Grüße, {_map(needle, _GREEK)} \U0001f511",
    "card number": lambda needle: f"card {_digits(needle)} 12/31",
    "ticket-like": lambda needle: f"see {_ticket(needle)}-4711",
}
"""Anything that may stand in a prompt or an answer."""
_OWN_NEEDLES: Mapping[str, Callable[[str], str]] = {
    "AWS access key": str.upper,
    "Unicode": lambda needle: _map(needle, _GREEK),
    "card number": lambda needle: _digits(needle),
    "ticket-like": lambda needle: _ticket(needle),
}
"""Kinds that do not hold the needle as it is."""


def _map(needle: str, alphabet: str) -> str:
    return "".join(alphabet[_LETTERS.index(letter)] for letter in needle)


def _digits(needle: str) -> str:
    return f"4913{int.from_bytes(needle.encode()) % 10**12:012d}"


def _ticket(needle: str) -> str:
    return "".join(chr(65 + ord(letter) % 26) for letter in needle[:10])


class Canaries:
    """Hands out secrets, every one once, the kinds in turn, and remembers where each was planted."""

    def __init__(self) -> None:
        self.planted: list[Canary] = []
        self._turns = {id(kinds): itertools.cycle(kinds) for kinds in (NAMES, WORDS, LINES, TEXTS)}

    def _plant(self, place: str, kinds: Mapping[str, Callable[[str], str]]) -> str:
        kind = next(self._turns[id(kinds)])
        digest = hashlib.blake2b(str(len(self.planted)).encode(), digest_size=NEEDLE).digest()
        seed = MARK + "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest)[len(MARK) :]
        needle = _OWN_NEEDLES.get(kind, str)(seed)
        made = Canary(place=place, kind=kind, needle=needle, text=kinds[kind](seed))
        self.planted.append(made)
        return made.text

    def word(self, place: str) -> str:
        """A secret without blanks, for headers."""
        return self._plant(place, WORDS)

    def name(self, place: str) -> str:
        """A secret of letters and digits alone, for names of files, hosts and folders."""
        return self._plant(place, NAMES)

    def line(self, place: str, count: int = 2) -> str:
        """Secrets of one line of ASCII."""
        return " ".join(self._plant(place, LINES) for _ in range(count))

    def text(self, place: str, count: int = 4) -> str:
        """Secrets of any kind."""
        return "\n".join(self._plant(place, TEXTS) for _ in range(count))
