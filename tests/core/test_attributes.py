"""The attribute table: each name once, each explained, every field covered."""

import ast
import inspect
from itertools import pairwise

from tollbook import attributes
from tollbook.claim import RANKED, REPORTED_COST
from tollbook.sighting import SCOPE_FIELDS, SIGHTING_FIELDS
from tollbook.usage import Totals
from tollbook.work import WORK_FIELDS


def constants() -> dict[str, str]:
    """Every attribute name of the module by its constant."""
    return {name: value for name, value in vars(attributes).items() if name.isupper() and isinstance(value, str)}


def explained() -> set[str]:
    """The constants that a docstring follows."""
    body = ast.parse(inspect.getsource(attributes)).body
    found: set[str] = set()
    for before, after in pairwise(body):
        if isinstance(before, ast.Assign) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            found |= {target.id for target in before.targets if isinstance(target, ast.Name)}
    return found


def test_every_attribute_is_explained_and_typed() -> None:
    assert set(constants()) == explained()
    lines = inspect.getsource(attributes).splitlines()
    for name in constants():
        place = next(number for number, line in enumerate(lines) if line.startswith(f"{name} = "))
        assert lines[place + 1].startswith(('"""string', '"""int')), name


def test_no_two_constants_name_one_attribute() -> None:
    assert len(set(constants().values())) == len(constants())
    assert len(set(attributes.FIELD_ATTRIBUTES.values())) == len(attributes.FIELD_ATTRIBUTES)


def test_every_field_of_a_claim_travels() -> None:
    """`repo` travels as owner and name, tags under their prefix."""
    fields = {*SIGHTING_FIELDS, *(f"scope.{name}" for name in SCOPE_FIELDS), *WORK_FIELDS, REPORTED_COST}
    assert set(attributes.FIELD_ATTRIBUTES) == fields - {"repo"}
    assert [name for name, _ in RANKED] == list(WORK_FIELDS)


def test_every_count_is_documented() -> None:
    source = inspect.getsource(attributes)
    described = source[source.index("USAGE_PREFIX = ") : source.index("USAGE_EXTRA = ")]
    assert all(name in described for name in Totals._fields)


def test_our_own_names_are_under_one_prefix() -> None:
    standard = ("gen_ai.", "vcs.", "user.", "session.", "cloud.")
    assert all(value.startswith(("tollbook.", *standard)) for value in constants().values())
    prefixes = (attributes.TAG_PREFIX, attributes.USAGE_PREFIX)
    inside = {value for value in constants().values() if value.startswith(prefixes) and value not in prefixes}
    assert inside == {attributes.USAGE_EXTRA, attributes.USAGE_RAW}
