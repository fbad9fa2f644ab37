"""The OpenAPI 3.1 description of the API, printed from the table of routes."""

from collections.abc import Iterable, Mapping
from typing import Any

from tollbook.problem import Problem
from tollbook_collector.api.errors import STATUS, error_body
from tollbook_collector.api.examples import examples
from tollbook_collector.api.finance_examples import finance_examples
from tollbook_collector.api.finance_routes import FINANCE_POSTS, FINANCE_ROUTES, FinancePost
from tollbook_collector.api.finance_schemas import FINANCE_SCHEMAS
from tollbook_collector.api.posts import POSTS, Post
from tollbook_collector.api.routes import ROUTES, Parameter, Route
from tollbook_collector.api.schemas import SCHEMAS, ref

_ERROR = error_body(
    Problem(reason="parameter_wrong", where="from", detail="'may' is not a date", remedy="Write it as 2026-10-01.")
)

COMMON_ERRORS: tuple[str, ...] = ("parameter_wrong", "parameter_unknown", "host_not_allowed", "fault")
"""Every page may answer with these."""


def document(version: str) -> dict[str, Any]:
    """The whole description."""
    shown = {**examples(), **finance_examples()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tollbook collector",
            "version": version,
            "description": "What each dollar of AI work produced: calls, tickets, spend. Amounts are list prices.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": _paths(shown),
        "components": {
            "schemas": SCHEMAS | FINANCE_SCHEMAS,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"bearer": []}],
    }


def _paths(shown: Mapping[str, Any]) -> dict[str, Any]:
    paths: dict[str, Any] = {route.path: {"get": _operation(route, shown)} for route in (*ROUTES, *FINANCE_ROUTES)}
    for post in POSTS:
        paths.setdefault(post.path, {})["post"] = _post(post, shown)
    for post in FINANCE_POSTS:
        paths.setdefault(post.path, {})["post"] = _finance_post(post, shown)
    return paths


def _operation(route: Route, shown: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    answer = {"schema": ref(route.schema), "example": shown[route.operation]}
    responses: dict[str, Any] = {"200": {"description": route.summary, "content": {"application/json": answer}}}
    store = ("not_ready",) if route.needs_store else ()
    personal = ("unauthenticated", "forbidden") if route.personal else ()
    _add_errors(responses, (*COMMON_ERRORS, *store, *personal, *route.errors))
    return {
        "operationId": route.operation,
        "summary": route.summary,
        "parameters": [_parameter(parameter, shown) for parameter in route.parameters],
        "responses": responses,
    }


def _post(post: Post, shown: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    texts = {name: {"type": "string"} for name in post.body}
    body = {"schema": {"type": "object", "properties": texts, "additionalProperties": False}}
    answer = {"schema": ref("Enrolled"), "example": shown["enrolled"]}
    responses: dict[str, Any] = {"200": {"description": post.summary, "content": {"application/json": answer}}}
    _add_errors(responses, ("parameter_wrong", "unauthenticated", "host_not_allowed", "fault", "not_ready"))
    return {
        "operationId": post.operation,
        "summary": post.summary,
        "parameters": [],
        "requestBody": {"content": {"application/json": body}},
        "responses": responses,
    }


def _finance_post(post: FinancePost, shown: Mapping[str, Any]) -> dict[str, Any]:
    answer = {"schema": ref(post.schema), "example": shown[post.operation]}
    responses: dict[str, Any] = {"200": {"description": post.summary, "content": {"application/json": answer}}}
    errors = (*COMMON_ERRORS, "unauthenticated", "forbidden", "not_ready", "body_too_large", "refused")
    _add_errors(responses, errors)
    return {
        "operationId": post.operation,
        "summary": post.summary,
        "parameters": [_parameter(parameter, shown) for parameter in post.parameters],
        "requestBody": {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}},
        "responses": responses,
    }


def _add_errors(responses: dict[str, Any], codes: Iterable[str]) -> None:
    for code in codes:
        response = responses.setdefault(str(STATUS[code]), {"description": "", "content": _error_content()})
        response["description"] = ", ".join(filter(None, (response["description"], code)))


def _error_content() -> dict[str, Any]:
    return {"application/json": {"schema": ref("Error"), "example": _ERROR}}


def _parameter(parameter: Parameter, shown: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    example = shown["call"]["call_id"] if parameter.name in ("call_id", "cursor") else parameter.example
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.place == "path",
        "description": parameter.summary,
        "schema": dict(parameter.schema),
        "example": example,
    }
