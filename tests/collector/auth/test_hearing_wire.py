"""What passes to a hearing process arrives as it was sent, and the bytes of a request go as they are."""

from functools import partial
from typing import Any

import pytest

from tollbook.ticket import TicketRule
from tollbook_collector.auth.hearing_wire import Asked, pack_asked, unpack_asked
from tollbook_collector.auth.principal import NOBODY

BODY = bytes(range(256)) * 4
READS: dict[str, Any] = {
    "body": partial(bytes.replace, BODY),
    "others": partial(bytes.replace, BODY, b"\x00", b"\xff\xff"),
    "named": partial(int.from_bytes, BODY, signed=True),
    "empty": partial(bytes.join, b""),
    "no body": partial(int, base=36),
    "text first": partial(str.replace, "ab", "a"),
}


@pytest.mark.parametrize("name", READS)
def test_a_request_arrives_as_it_was_asked(name: str) -> None:
    read = READS[name]
    found = unpack_asked(b"".join(pack_asked(Asked(NOBODY, read))))
    assert isinstance(found, Asked)
    assert found.principal == NOBODY
    arrived: Any = found.read
    assert (arrived.func, arrived.args, arrived.keywords) == (read.func, read.args, read.keywords)


def test_a_rule_arrives() -> None:
    rule = TicketRule(project_keys=frozenset({"PAY"}))
    assert unpack_asked(b"".join(pack_asked(rule))) == rule


def test_the_bytes_of_a_request_are_not_copied() -> None:
    assert any(part is BODY for part in pack_asked(Asked(NOBODY, READS["others"])))
