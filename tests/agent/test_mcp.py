"""`tollbook mcp` as an assistant's own client sees it: over standard input and output, and in this process."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.shared.memory import create_connected_server_and_client_session
from mcp.types import CallToolResult, TextContent

from tests.support.commands import Commands, scanned_demo
from tollbook_agent.cli import exit_codes, mcp
from tollbook_agent.cli.mcp_server import server

PROGRAM = Path(sys.executable).with_name("tollbook")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return scanned_demo(tmp_path_factory.mktemp("demo"))


def ask(tool: str, **arguments: Any) -> CallToolResult:
    """Call a tool of a server in this process."""

    async def call() -> CallToolResult:
        async with create_connected_server_and_client_session(server()._mcp_server) as session:  # pyright: ignore[reportPrivateUsage]
            return await session.call_tool(tool, arguments)

    return asyncio.run(call())


def text_of(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


@pytest.fixture
def here(demo: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    for name, value in demo.items():
        monkeypatch.setenv(name, value)
    return demo


def test_over_standard_input_and_output(demo: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    async def talk() -> tuple[dict[str, bool | None], dict[str, Any]]:
        words = StdioServerParameters(command=str(PROGRAM), args=["mcp"], env={**os.environ, **demo})
        async with stdio_client(words) as (reading, writing), ClientSession(reading, writing) as session:
            await session.initialize()
            tools = (await session.list_tools()).tools
            hints = {tool.name: tool.annotations.readOnlyHint if tool.annotations else None for tool in tools}
            return hints, json.loads(text_of(await session.call_tool("ticket_cost", {"ticket": "pay-123"})))

    tools, answer = asyncio.run(talk())
    assert tools == {"ticket_cost": True, "my_spend": True}
    expected = Commands(demo, capsys)("ticket", "PAY-123", "--json").document
    assert {name: value for name, value in answer.items() if name != "status_text"} == expected
    assert answer["status_text"].startswith("estimated from list prices")


@pytest.mark.usefixtures("here")
def test_spend_of_a_period() -> None:
    answer = json.loads(text_of(ask("my_spend", period="month", by="repo")))
    assert (answer["by"], answer["more_rows"]) == (["repo"], 0)
    assert answer["total"]["calls"] == sum(row["calls"] for row in answer["rows"])


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("tool", "arguments", "wrong"),
    [
        ("ticket_cost", {"ticket": "'; DROP TABLE call"}, "is not a ticket key"),
        ("ticket_cost", {"ticket": "P" * 200}, "at most 100 characters"),
        ("ticket_cost", {}, "Field required"),
        ("my_spend", {"by": "colour"}, "is no dimension"),
        ("my_spend", {"period": "year"}, "'today', 'week' or 'month'"),
    ],
)
def test_a_wrong_question_is_an_error_with_a_reason(tool: str, arguments: dict[str, str], wrong: str) -> None:
    result = ask(tool, **arguments)
    assert result.isError
    assert wrong in text_of(result)


def test_a_wrong_setting_is_said_at_once(
    demo: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tollbook = Commands(demo, capsys)
    assert tollbook("mcp", TOLLBOOK_COLLECTOR="here").code == exit_codes.SETTINGS
    monkeypatch.setattr(mcp.importlib.util, "find_spec", lambda _name: None)
    said = tollbook("mcp")
    assert (said.code, said.out) == (exit_codes.FAILED, "")
    assert "tollbook-agent[mcp]" in said.err
