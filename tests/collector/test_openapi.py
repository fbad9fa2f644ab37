"""The OpenAPI document: it describes exactly the routes that are served, and its examples follow its schemas."""

import re
from typing import Any

import pytest
from starlette.routing import Route as StarletteRoute

from tests.collector.schema_check import faults
from tollbook_collector.api.app import Gate, build
from tollbook_collector.api.errors import STATUS
from tollbook_collector.api.finance_routes import FINANCE_POSTS, FINANCE_ROUTES
from tollbook_collector.api.openapi import document
from tollbook_collector.api.posts import POSTS
from tollbook_collector.api.routes import ROUTES
from tollbook_collector.web.site import routes as web_routes

DOCUMENT = document("0.1.0")
COMPONENTS = DOCUMENT["components"]["schemas"]
NOT_DESCRIBED = {"/openapi.json", *(route.path for route in web_routes(Gate()))}


def operations() -> list[tuple[str, dict[str, Any]]]:
    return [(path, operation) for path, methods in DOCUMENT["paths"].items() for operation in methods.values()]


def test_every_page_is_described_and_every_description_served() -> None:
    served = {route.path for route in build(Gate()).routes if isinstance(route, StarletteRoute)}
    assert served - NOT_DESCRIBED == set(DOCUMENT["paths"])
    tables = len(ROUTES) + len(FINANCE_ROUTES) + len(POSTS) + len(FINANCE_POSTS)
    assert tables == sum(len(methods) for methods in DOCUMENT["paths"].values())


def test_the_document_is_openapi_3_1() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    assert {"title", "version"} <= set(DOCUMENT["info"])
    names = [operation["operationId"] for _, operation in operations()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("path", "operation"), operations())
def test_parameters_are_those_of_the_path_and_have_examples(path: str, operation: dict[str, Any]) -> None:
    in_path = {each["name"] for each in operation["parameters"] if each["in"] == "path"}
    assert in_path == set(re.findall(r"{(\w+)}", path))
    for parameter in operation["parameters"]:
        assert parameter["required"] == (parameter["in"] == "path")
        assert parameter["description"]
        assert parameter["example"] not in ("", None)
        assert faults(parameter["schema"], parameter["example"], COMPONENTS) == []


@pytest.mark.parametrize(("path", "operation"), operations())
def test_every_example_follows_its_schema(path: str, operation: dict[str, Any]) -> None:
    assert {"200", "400"} <= set(operation["responses"])
    for response in operation["responses"].values():
        content = response["content"]["application/json"]
        assert response["description"]
        assert faults(content["schema"], content["example"], COMPONENTS) == []


def test_every_reference_leads_somewhere_and_every_schema_is_used() -> None:
    used = set(re.findall(r"#/components/schemas/(\w+)", repr(DOCUMENT)))
    assert used == set(COMPONENTS)


def test_every_error_code_is_described_somewhere_but_those_of_no_page() -> None:
    described = {
        code
        for _, operation in operations()
        for response in operation["responses"].values()
        for code in response["description"].split(", ")
    }
    assert set(STATUS) - described == {"page_unknown", "method_not_allowed"}


def test_the_validator_finds_faults() -> None:
    example = DOCUMENT["paths"]["/api/v1/calls/{call_id}"]["get"]["responses"]["200"]["content"]["application/json"]
    wrong = example["example"] | {"call_id": "short", "tool": "vim", "list_nano_usd": 1.5, "surplus": 1}
    del wrong["model"]
    assert len(faults(example["schema"], wrong, COMPONENTS)) == 5
