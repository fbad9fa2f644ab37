"""How property tests run: few examples, the same ones every time, so that a red test is red for everybody.

`TOLLBOOK_LAW_EXAMPLES=5000 pytest tests/core` looks harder, at other examples every time.
"""

import os

from hypothesis import settings

EXAMPLES = 25

_wanted = os.environ.get("TOLLBOOK_LAW_EXAMPLES")
law = settings(
    max_examples=EXAMPLES if _wanted is None else int(_wanted),
    derandomize=_wanted is None,
    deadline=None,
    database=None,
)
"""Decorates a property test."""
