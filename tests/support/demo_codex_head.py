"""What stands at the begin of a recent Codex rollout: whose thread it is, tools, instructions, the turn's settings."""

import hashlib
from typing import Any

from tests.support.demo_story import REMOTES, Session
from tests.support.demo_text import Dice, code, prose

VERSION = "0.169.0"
ACCOUNT = "6f2c1f0e-7d0b-4a53-9a44-2b1c6d5e7f80"
"""The ChatGPT account of the demo."""
_TOOLS = 3400
_INSTRUCTIONS = 1500
_HINTS = 700
Record = dict[str, Any]


def commit_of(branch: str) -> str:
    """An invented commit."""
    return hashlib.sha1(branch.encode()).hexdigest()


def meta(dice: Dice, session: Session, thread: str, root: str, cwd: str, stamped: str) -> Record:
    """`session_meta`: written once, so its branch is that of the begin."""
    whose: Record = {"account_scoped": True}
    if session.plan:
        whose |= {"creator_user_id": "user-demo", "creator_account_id": ACCOUNT}
    whose |= {"session_id": root, "id": thread, "timestamp": stamped, "cwd": cwd, "originator": "codex-tui"}
    source: Any = "cli"
    if session.parent is not None:
        spawn = {"parent_thread_id": root, "depth": 1, "agent_nickname": "review"}
        source = {"subagent": {"thread_spawn": spawn}}
        whose["parent_thread_id"] = root
    told = {"cli_version": VERSION, "source": source, "thread_source": "subagent" if session.parent else "user"}
    base = {"model_provider": "openai", "base_instructions": {"text": prose(dice, _INSTRUCTIONS)}}
    git = {"commit_hash": commit_of(session.branch), "branch": session.branch}
    return whose | told | base | {"history_mode": "paginated", "git": {**git, "repository_url": REMOTES[session.repo]}}


def opening(dice: Dice, session: Session, turn: str, thread: str, cwd: str) -> list[tuple[str, Record]]:
    """Tools, instructions, the state of the world, and the settings of the turn."""
    tools = [{"type": "custom", "name": "exec_command", "description": code(dice, _TOOLS)}]
    hints = [{"type": "input_text", "text": prose(dice, _HINTS)}]
    local = {"cwd": cwd, "status": "available", "shell": "bash"}
    mode = {"mode": "default", "settings": {"model": session.model, "reasoning_effort": None}}
    permitted = {"approval_policy": "never", "permission_profile": {"type": "disabled"}, "collaboration_mode": mode}
    settings = {"model": session.model, "model_provider_id": "openai", "cwd": cwd, **permitted}
    context = {"turn_id": turn, "root_turn_id": turn, "cwd": cwd, "model": session.model, **permitted}
    return [
        ("response_item", {"type": "additional_tools", "role": "developer", "tools": tools}),
        ("response_item", {"type": "message", "role": "developer", "content": hints}),
        ("world_state", {"full": True, "state": {"environments": {"environments": {"local": local}}}}),
        ("turn_context", {**context, "summary": "none", "sandbox_policy": {"type": "danger-full-access"}}),
        ("event_msg", {"type": "thread_settings_applied", "thread_id": thread, "thread_settings": settings}),
    ]
