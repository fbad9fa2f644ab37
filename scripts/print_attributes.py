"""Print docs/attributes.md from `tollbook.attributes`: `python scripts/print_attributes.py > docs/attributes.md`."""

import ast
import inspect
from itertools import pairwise

from tollbook import attributes

HEAD = """# Span attributes

Printed from `core/tollbook/attributes.py`; a test keeps the two together. One span for each claim, kind CLIENT.

| attribute | type | meaning |
| --- | --- | --- |
"""


def rows() -> list[tuple[str, str, str]]:
    """(attribute, type, meaning) of every constant with a docstring, in the order of the module."""
    body = ast.parse(inspect.getsource(attributes)).body
    found: list[tuple[str, str, str]] = []
    for statement, following in pairwise(body):
        if not (isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant)):
            continue
        assert isinstance(following, ast.Expr), statement.lineno
        assert isinstance(following.value, ast.Constant)
        kind, _, meaning = " ".join(str(following.value.value).split()).partition(". ")
        found.append((str(statement.value.value), kind, meaning))
    return found


def page() -> str:
    """The whole page."""
    return HEAD + "".join(f"| `{name}` | {kind} | {meaning} |\n" for name, kind, meaning in rows())


if __name__ == "__main__":
    print(page(), end="")
