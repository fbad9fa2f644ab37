"""Hypothesis strategies for claims of texts and numbers nobody expects: what a codec has to carry unharmed."""

from typing import Any

from hypothesis import strategies as st

from tests.support.domain import response
from tollbook.claim import Claim, claim_of
from tollbook.identity import Id
from tollbook.sighting import Scope, Sighting
from tollbook.usage import FIELDS, Usage
from tollbook.vocabulary import Basis, Billing, Channel, Evidence, IdKind, Provider, Purpose, Quality, Source, Tool
from tollbook.work import WORK_FIELDS, Known, Work

_ODD = (
    "",
    " ",
    "a b",
    "%20",
    "/",
    "/owner",
    "owner/",
    "a/b/c",
    '"',
    "\\",
    "\n",
    "ü",
    "日本",
    "🙂",
    "null",
    "[]",
    "{}",
    "1",
)

odd_text = st.sampled_from(_ODD) | st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=5
)
"""Any text that UTF-8 can hold, without NUL."""

_name = odd_text.filter(bool)
_known = st.builds(Known, odd_text, st.sampled_from(Evidence))
_ids = st.lists(st.builds(Id, st.sampled_from(IdKind), _name), max_size=3)


@st.composite
def _usages(draw: st.DrawFn) -> Usage:
    counts = dict(zip(FIELDS, draw(st.lists(st.integers(0, 10**10), min_size=10, max_size=10)), strict=True))
    return Usage(**{**counts, "reasoning": min(counts["reasoning"], counts["output"])})


_OPTIONAL: dict[str, st.SearchStrategy[Any]] = {
    "usage": _usages(),
    "extra": st.dictionaries(odd_text, _usages(), max_size=2),
    "channel": st.sampled_from(Channel),
    "provider": st.sampled_from(Provider),
    "billing": st.sampled_from(Billing),
    "purpose": st.sampled_from(Purpose),
    "scope": st.builds(Scope, organization=odd_text, region=st.none() | odd_text, api_key=st.none() | odd_text),
    "reported_cost_nano_usd": st.integers(-(2**62), 2**62),
    "order": st.integers(-(2**62), 2**62),
    "basis": st.dictionaries(
        st.sampled_from(("channel", "session_id", "scope.region", "model")), st.sampled_from(Basis)
    ),
    "tags": st.dictionaries(odd_text, _known, max_size=2),
    **dict.fromkeys(("model", "model_requested", "session_id", "turn_id", "status", "speed"), odd_text),
}
_WORK: dict[str, st.SearchStrategy[Any]] = dict.fromkeys(WORK_FIELDS, _known)


@st.composite
def strange_claims(draw: st.DrawFn) -> Claim:
    """One claim that an unlucky reader could make."""
    started = draw(st.integers(1, 2**62))
    fields = draw(st.fixed_dictionaries({}, optional=_OPTIONAL))
    tags = fields.pop("tags", {})
    made = claim_of(
        Sighting(
            source=draw(st.sampled_from(Source)),
            tool=draw(st.sampled_from(Tool)),
            ids=(response(draw(_name)), *draw(_ids)),
            started_at=started,
            ended_at=started + draw(st.integers(0, 2**61)),
            quality=draw(st.sampled_from(Quality)),
            reader_epoch=draw(st.integers(0, 9)),
            work=Work(**draw(st.fixed_dictionaries({}, optional=_WORK)), tags=tags),
            **fields,
        ),
        draw(odd_text),
    )
    assert made is not None
    return made
