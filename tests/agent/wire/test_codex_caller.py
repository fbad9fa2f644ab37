"""Session, thread, purpose and place of a Codex call, from headers and metadata; the same as Codex's log tells."""

import json
from typing import Any

import pytest

from tests.support.codex_rollout import meta, record
from tollbook.sighting import Sighting
from tollbook.vocabulary import Evidence, Purpose, Tool
from tollbook_agent.capture.logs.codex import EMPTY, read
from tollbook_agent.capture.observation import NOWHERE, Place
from tollbook_agent.capture.wire.codex_caller import Caller, caller
from tollbook_agent.capture.wire.codex_metadata import MAX_METADATA

ROOT = "01a30000-0000-7000-8000-00000000000a"
CHILD = "01a30000-0000-7000-8000-00000000000b"
SPENT = (100, 0, 0, 10, 0)
COMMIT = "0f1e2d3c4b5a69788796a5b4c3d2e1f001122334"


def told(metadata: dict[str, Any] | None = None, *, own: bool = True, **headers: str) -> Caller:
    """The caller of a request with this turn metadata, without any Problem."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    if metadata is not None:
        names["x-codex-turn-metadata"] = json.dumps(metadata)
    found, problems = caller({"originator": "codex-tui", **names}, None, "test", own_headers=own)
    assert problems == ()
    return found


def logged(**more: object) -> Sighting:
    """The same call as the rollout of its thread tells it."""
    thread = str(more.pop("thread"))
    observations = read(
        meta(thread, **more) + record("resp_1", SPENT, SPENT, thread=thread), EMPTY, name="r", fallback_time=1
    )[0]
    (observation,) = observations
    return observation.sighting


SPAWN = {"subagent": {"thread_spawn": {"parent_thread_id": ROOT, "depth": 1}}}


@pytest.mark.parametrize(
    ("log", "wire"),
    [
        ({"thread": ROOT, "thread_source": "user"}, {"thread_id": ROOT, "thread_source": "user"}),
        (
            {"thread": CHILD, "session_id": ROOT, "thread_source": "subagent", "source": SPAWN},
            {
                "thread_id": CHILD,
                "parent_thread_id": ROOT,
                "thread_source": "subagent",
                "subagent_kind": "thread_spawn",
            },
        ),
        (
            {"thread": CHILD, "session_id": ROOT, "source": {"subagent": "review"}, "parent_thread_id": ROOT},
            {"thread_id": CHILD, "parent_thread_id": ROOT, "subagent_kind": "review"},
        ),
        (
            {"thread": CHILD, "session_id": ROOT, "source": {"subagent": "compact"}, "parent_thread_id": ROOT},
            {"thread_id": CHILD, "parent_thread_id": ROOT, "subagent_kind": "compact"},
        ),
        (
            {"thread": CHILD, "session_id": ROOT, "thread_source": "thread_title"},
            {"thread_id": CHILD, "thread_source": "thread_title"},
        ),
        (
            {"thread": CHILD, "session_id": ROOT, "thread_source": "something_new"},
            {"thread_id": CHILD, "thread_source": "something_new"},
        ),
    ],
)
def test_wire_and_log_name_the_same_session_agent_and_purpose(log: dict[str, Any], wire: dict[str, Any]) -> None:
    seen = told({"session_id": ROOT, "request_kind": "turn", **wire})
    written = logged(**log)
    assert (seen.session_id, seen.agent_id, seen.parent_agent_id, seen.purpose) == (
        written.session_id,
        written.agent_id,
        written.parent_agent_id,
        written.purpose,
    )


@pytest.mark.parametrize(
    ("metadata", "purpose"),
    [
        ({"request_kind": "prewarm", "subagent_kind": "thread_spawn"}, Purpose.PREWARM),
        ({"request_kind": "compaction"}, Purpose.COMPACTION),
        ({"request_kind": "memory", "thread_source": "user"}, Purpose.OTHER),
        ({}, Purpose.TURN),
    ],
)
def test_the_kind_of_request_tells_the_purpose(metadata: dict[str, Any], purpose: Purpose) -> None:
    assert told(metadata).purpose is purpose


def test_headers_alone_name_session_and_subagent() -> None:
    seen = told(session_id=ROOT, thread_id=CHILD, x_openai_subagent="review", x_codex_parent_thread_id=ROOT)
    assert seen == Caller(Tool.CODEX, ROOT, None, CHILD, ROOT, Purpose.SUBAGENT)
    older, _ = caller({"user-agent": "codex_cli_rs/0.98.0", "session_id": ROOT}, None, "test", own_headers=True)
    assert older == Caller(Tool.CODEX, ROOT, purpose=Purpose.TURN)


def test_headers_of_another_thread_say_nothing() -> None:
    frame = json.dumps({"x-codex-turn-metadata": json.dumps({"session_id": ROOT, "thread_id": ROOT})}).encode()
    headers = {"thread-id": CHILD, "x-openai-subagent": "review", "x-codex-parent-thread-id": ROOT}
    seen, _ = caller(headers, frame, "test", own_headers=False)
    assert seen == Caller(Tool.CODEX, ROOT, purpose=Purpose.TURN)


def test_an_upgrade_s_turn_is_not_the_turn_of_a_later_call() -> None:
    assert told({"turn_id": "turn-1", "request_kind": "prewarm"}, own=False).turn_id is None
    assert told({"turn_id": "turn-1", "request_kind": "prewarm"}, own=False).purpose is Purpose.TURN


def test_plain_client_metadata_stands_in() -> None:
    body = json.dumps({"session_id": ROOT, "thread_id": CHILD, "turn_id": "turn-1"}).encode()
    seen, problems = caller({"originator": "codex_vscode"}, body, "test", own_headers=False)
    assert (seen.session_id, seen.turn_id, problems) == (ROOT, "turn-1", ())


def test_another_program_has_no_session() -> None:
    headers = {"user-agent": "OpenAI/Python", "session-id": "x", "thread-id": "y"}
    assert caller(headers, b'{"session_id":"z"}', "test", own_headers=True) == (Caller(Tool.OTHER), ())


@pytest.mark.parametrize("text", ["{", "[]", '{"session_id":7}', "x" * (MAX_METADATA + 1)])
def test_damaged_metadata_is_a_problem_and_headers_still_count(text: str) -> None:
    headers = {"x-codex-turn-metadata": text, "session-id": ROOT}
    seen, problems = caller(headers, None, "test", own_headers=True)
    assert (seen.tool, seen.session_id) == (Tool.CODEX, ROOT)
    assert [one.reason for one in problems] == ["turn_metadata_unreadable"]


def workspace(remotes: dict[str, str] | None) -> dict[str, Any]:
    return {"associated_remote_urls": remotes, "latest_git_commit_hash": COMMIT}


GIT = "git@github.com:acme/shop.git"


@pytest.mark.parametrize(
    ("workspaces", "place"),
    [
        (None, NOWHERE),
        ({}, NOWHERE),
        ({"/w/shop": 7}, NOWHERE),
        (
            {"/w/shop": workspace({"fork": "x", "origin": "ssh://me:secret@host/acme/shop"})},
            Place(cwd="/w/shop", evidence=Evidence.METADATA, commit=COMMIT, remote_url="ssh://host/acme/shop"),
        ),
        (
            {"/w/shop": workspace({"upstream": GIT})},
            Place(cwd="/w/shop", evidence=Evidence.METADATA, commit=COMMIT, remote_url=GIT),
        ),
        (
            {"/w/shop": workspace({"a": GIT, "b": "x"})},
            Place(cwd="/w/shop", evidence=Evidence.METADATA, commit=COMMIT),
        ),
        (
            {"/w/shop": workspace(None)},
            Place(cwd="/w/shop", evidence=Evidence.METADATA, commit=COMMIT),
        ),
        (
            {"/w/shop": workspace({"origin": GIT}), "/w/tree": workspace({"origin": GIT})},
            Place(evidence=Evidence.METADATA, remote_url=GIT),
        ),
        ({"/w/shop": workspace({"origin": GIT}), "/w/api": workspace({"origin": "y"})}, NOWHERE),
    ],
)
def test_workspaces_tell_the_place(workspaces: Any, place: Place) -> None:
    assert told({"session_id": ROOT, "workspaces": workspaces}).place == place
