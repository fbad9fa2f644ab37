"""What every line of a recent Claude Code transcript carries, and what stands before the first response."""

from datetime import datetime
from typing import Any

from tests.support.demo_story import Session
from tests.support.demo_text import Dice, code, prose

VERSION = "2.1.327"
_TOOLS = ("Agent", "Bash", "Edit", "Glob", "Grep", "Read", "TodoWrite", "Write")
_SKILLS = 1600
_SYSTEM = 1300
_TOOL_TEXT = 420


def line_of(session: Session, cwd: str, identity: str, agent: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields before and after the content of a line. The branch is the one that the session began on: Claude Code
    goes on to write it after a switch (observed of 2.1.330)."""
    first: dict[str, Any] = {"isSidechain": agent is not None}
    if agent is not None:
        first["agentId"] = agent
    last = {"userType": "external", "entrypoint": "cli", "cwd": cwd, "sessionId": identity}
    return first, {**last, "version": VERSION, "gitBranch": session.branch}


def head(dice: Dice, cwd: str, session: Session, begin: datetime) -> list[dict[str, Any]]:
    """The attachments of a first prompt."""
    place = {"workingDirectory": cwd, "isWorktree": False, "isGitRepo": True, "platform": "linux", "shell": "bash"}
    skills = prose(dice, _SKILLS)
    status = f"Current branch: {session.branch}\n\nStatus:\n(clean)"
    return [
        {"type": "environment", "snapshot": place},
        {"type": "model", "identity": {"modelId": session.model}, "text": f"The model is {session.model}."},
        {"type": "deferred_tools_delta", "addedNames": ["CronCreate", "WebFetch"], "removedNames": []},
        {"type": "skill_listing", "content": skills, "skillCount": 3, "isInitial": True},
        {"type": "session_context", "context": {"gitStatus": status}},
        {"type": "date", "date": begin.date().isoformat()},
        {"type": "prompt_snapshot", "systemPrompt": [prose(dice, _SYSTEM)], "contextRendering": "announced"},
    ]


def request_shape(dice: Dice) -> dict[str, Any]:
    """What a request is made of beside its messages: instructions and tools."""
    tools: list[dict[str, Any]] = []
    for name in _TOOLS:
        schema = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
        tools.append({"name": name, "description": prose(dice, _TOOL_TEXT), "input_schema": schema})
    return {"system": [{"type": "text", "text": code(dice, _SYSTEM)}], "tools": tools}
