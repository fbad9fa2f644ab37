"""Tenants: two organisations in one file, and no byte of one in any answer to the other."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.collector.auth.auth_bench import bench
from tests.collector.auth.two_tenants import CALLS, SECRET, TwoTenants
from tollbook_collector.api.routes import ROUTES
from tollbook_collector.ask import CALL_FILTERS
from tollbook_collector.auth.records import Role


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoTenants]:
    with bench(tmp_path_factory.mktemp("tenants"), smallest_group=1, lead_sees_members=True) as parts:
        yield TwoTenants(parts)


def texts() -> st.SearchStrategy[str]:
    return st.one_of(
        st.sampled_from(
            [SECRET, f"{SECRET}0@{SECRET}.example.com", "ada@example.com", "PAY-101", "PAY-102", "2", "tenant"]
        ),
        st.text(max_size=12),
    )


@settings(max_examples=120)
@given(st.data())
def test_no_endpoint_shows_a_byte_of_another_tenant(store: TwoTenants, data: st.DataObject) -> None:
    route = data.draw(st.sampled_from(ROUTES))
    asked = {parameter.name: data.draw(texts(), label=parameter.name) for parameter in route.parameters
             if parameter.place == "path" or data.draw(st.booleans())}  # fmt: skip
    if "call_id" in asked:
        asked["call_id"] = data.draw(st.sampled_from(store.their_ids))
    if "cursor" in asked:
        asked["cursor"] = data.draw(st.sampled_from(store.their_ids))
    for name, good in (("group_by", "engineer,repo,branch,session"), ("from", "2026-10-01"), ("to", "2026-12-01"),
                       ("limit", "1000"), ("after", "0")):  # fmt: skip
        if name in asked and data.draw(st.booleans()):
            asked[name] = good
    token = data.draw(st.sampled_from([*store.tokens.values(), store.device]))
    path = re.sub(r"{(\w+)}", lambda found: re.sub(r"[^A-Za-z0-9@._-]", "x", asked[found[1]]) or "x", route.path)
    sent = {name: value for name, value in asked.items() if f"{{{name}}}" not in route.path}
    answer = store.client.get(path, token, **sent)
    shown = answer.body.decode()
    for echoed in asked.values():  # an error may repeat what was asked
        shown = shown.replace(echoed, "").replace(echoed.upper(), "") if len(echoed) > 3 else shown
    assert SECRET not in shown.lower()
    assert not any(one in shown for one in store.their_ids[: CALLS // 2])


def test_every_endpoint_shows_its_own_tenant_something(store: TwoTenants) -> None:
    """The property above could hold of an API that answers nothing."""
    assert store.client.get("/api/v1/calls", store.device).json["calls"]
    assert store.client.get("/api/v1/spend", store.tokens[Role.LEAD], group_by="engineer").json["rows"]
    assert store.client.get("/api/v1/tickets/PAY-101", store.tokens[Role.FINANCE]).json["calls"]
    assert store.client.get("/api/v1/audit", store.other).json["entries"]
    assert SECRET in store.client.get("/api/v1/calls", store.other_device).body.decode()


def test_a_call_of_one_id_is_two_calls_of_two_tenants(store: TwoTenants) -> None:
    mine, theirs = (
        store.client.get("/api/v1/status", token).json["record"] for token in (store.device, store.other_device)
    )
    assert (mine["calls"], theirs["calls"]) == (CALLS, CALLS // 2 + CALLS)
    for tenant in (1, 2):
        assert store.parts.guard.tenants.record(tenant).verify() == []


def test_a_tenants_token_with_another_number_is_nobodys(store: TwoTenants) -> None:
    lie = store.device.replace("tbd_1_", "tbd_2_")
    assert store.client.get("/api/v1/status", lie).status == 401


def test_filters_of_calls_are_all_tried() -> None:
    named = {parameter.name for route in ROUTES for parameter in route.parameters}
    assert set(CALL_FILTERS) <= named
