"""Invented text of a given size: program code, listings, answers. The same on every machine and every Python.

Recorded logs are mostly what tools read and printed, so the demo's must be too. Nothing here is anybody's work: words
are drawn from short lists by a hash.
"""

import hashlib
from collections.abc import Sequence

_BASE62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_BASE64 = _BASE62 + "+/"
_BASE36 = _BASE62[26:]
_HEX = "0123456789abcdef"
_NOUNS = ("order", "refund", "invoice", "basket", "cent", "rate", "currency", "ledger", "payment", "batch", "customer")
_VERBS = (
    "round",
    "split",
    "apply",
    "load",
    "check",
    "merge",
    "post",
    "settle",
    "reverse",
    "collect",
    "charge",
    "report",
)
_TAILS = (
    "before the total is written",
    "so that no cent is lost",
    "once for each line of the order",
    "as the bank expects it",
    "in the currency of the basket",
    "and say why when it fails",
)


class Dice:
    """Draws that depend on nothing but the name they were made with."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._count = 0

    def number(self, limit: int) -> int:
        """From 0 to below `limit`."""
        self._count += 1
        text = f"{self._name}/{self._count}"
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) % limit

    def pick(self, choices: Sequence[str]) -> str:
        """One of them."""
        return choices[self.number(len(choices))]

    def letters(self, alphabet: str, count: int) -> str:
        """A word of an alphabet."""
        self._count += 1
        drawn = hashlib.shake_256(f"{self._name}/{self._count}".encode()).digest(count)
        return "".join(alphabet[each % len(alphabet)] for each in drawn)

    def hexadecimal(self, count: int) -> str:
        """Hexadecimal digits, as of a hash."""
        return self.letters(_HEX, count)

    def base62(self, count: int) -> str:
        """As in the ids of responses."""
        return self.letters(_BASE62, count)

    def base36(self, count: int) -> str:
        """As in the ids of response items."""
        return self.letters(_BASE36, count)

    def base64(self, count: int) -> str:
        """As in signatures."""
        return self.letters(_BASE64, count - 2) + "=="

    def uuid4(self) -> str:
        """A random UUID."""
        digits = self.hexadecimal(32)
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    def uuid7(self, at_ms: int) -> str:
        """A UUID that begins with its time: milliseconds since the epoch."""
        time, rest = f"{at_ms:012x}", self.hexadecimal(18)
        return f"{time[:8]}-{time[8:]}-7{rest[:3]}-b{rest[3:6]}-{rest[6:]}"


def sentence(dice: Dice) -> str:
    """Something to say about work on money."""
    return f"I will {dice.pick(_VERBS)} the {dice.pick(_NOUNS)} {dice.pick(_TAILS)}."


def prose(dice: Dice, size: int) -> str:
    """About `size` characters of sentences."""
    text = sentence(dice)
    while len(text) < size:
        text += ("\n\n" if dice.number(4) == 0 else " ") + sentence(dice)
    return text


def code(dice: Dice, size: int) -> str:
    """About `size` characters of a program."""
    parts: list[str] = ["from decimal import Decimal\n"]
    length = len(parts[0])
    while length < size:
        parts.append(_function(dice))
        length += len(parts[-1])
    return "\n\n".join(parts)


def _function(dice: Dice) -> str:
    verb, noun, other = dice.pick(_VERBS), dice.pick(_NOUNS), dice.pick(_NOUNS)
    name, limit = f"{verb}_{noun}_{dice.number(90) + 10}", dice.number(900) + 100
    return (
        f"def {name}({noun}: dict[str, Decimal], *, limit: int = {limit}) -> Decimal:\n"
        f'    """{verb.capitalize()} the {noun} {dice.pick(_TAILS)}."""\n'
        f'    {other} = Decimal("0.{dice.number(90) + 10}")\n'
        f"    for key, value in sorted({noun}.items()):\n"
        f'        if not key.startswith("{other}") or value > limit:\n'
        f"            continue\n"
        f"        {other} += (value / 100).quantize(Decimal('0.01'))\n"
        f"    return {other}\n"
    )


def numbered(text: str) -> str:
    """A file as a reading tool shows it: with line numbers."""
    return "\n".join(f"{number:>6}\t{line}" for number, line in enumerate(text.split("\n"), 1))


def listing(dice: Dice, size: int) -> str:
    """About `size` characters of what a search prints."""
    lines: list[str] = []
    length = 0
    while length < size:
        noun, verb = dice.pick(_NOUNS), dice.pick(_VERBS)
        lines.append(f"src/{noun}/{verb}.py:{dice.number(400) + 1}:    {noun} = {verb}({dice.pick(_NOUNS)}, {noun})")
        length += len(lines[-1]) + 1
    return "\n".join(lines)
