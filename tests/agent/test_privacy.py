"""Nothing of what people and models wrote, and no path, leaves this machine or shows in an answer."""

import json
import re
import sqlite3
from pathlib import Path
from typing import Any, cast

import pytest

from tests.support.commands import DEMO, Commands
from tests.support.demo import lay_out
from tests.support.laptop import contents, scan_once, settings_of
from tollbook.canonical import parse
from tollbook.spans import encode
from tollbook_agent.daemon import resource
from tollbook_agent.export import span_message

CANARY = "CANARY"
KEPT = re.compile(
    r"(?i).*(?:type|id|model|provider|time|timestamp|version|branch|hash|url|source|tier|speed|geo|reason|originator)"
    r"|operation|role|uuid|parentUuid|cwd|name|status|entrypoint|phase|effort|attributionAgent"
)
"""Names of fields that readers take, or whose change would make another kind of line: all other texts sing."""


def singing(value: Any, name: str = "") -> Any:
    """The same JSON with the canary in every text that is no business of ours, keys of tool arguments included."""
    if isinstance(value, dict):
        given = cast(dict[str, Any], value)
        return {key: singing(each, key) for key, each in given.items()} | {f"{CANARY}_field": CANARY}
    if isinstance(value, list):
        return [singing(each, name) for each in cast(list[Any], value)]
    return f"{CANARY} {value} {CANARY}" if isinstance(value, str) and not KEPT.fullmatch(name) else value


@pytest.fixture
def laptop(tmp_path: Path) -> dict[str, str]:
    """The demo below folders named after the canary, singing."""
    own = lay_out(tmp_path / f"{CANARY}-home", DEMO)
    for path in (tmp_path / f"{CANARY}-home").rglob("*.jsonl"):
        lines = [json.dumps(singing(json.loads(line))) for line in path.read_text().splitlines()]
        path.write_text("\n".join(lines) + "\n")
    for folder in (tmp_path / f"{CANARY}-home" / "claude" / "projects").iterdir():
        folder.rename(folder.with_name(f"{folder.name}-{CANARY}"))
    return own


def test_the_canary_sings_in_every_log_and_the_calls_are_still_those_of_the_demo(
    laptop: dict[str, str], tmp_path: Path
) -> None:
    counts = [path.read_text().count(CANARY) for path in tmp_path.rglob("*.jsonl")]
    assert len(counts) > 5
    assert min(counts) > 20
    plain = lay_out(tmp_path / "plain", DEMO)
    assert scan_once(laptop).calls == scan_once(plain).calls
    told = [[row[3:10] for row in contents(own)["calls"]] for own in (laptop, plain)]
    assert told[0] == told[1]


def test_it_is_in_no_span_no_answer_and_nowhere_in_the_store_but_in_the_names_of_folders(
    laptop: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    scan_once(laptop)
    assert CANARY not in str(resource(settings_of(laptop)).attributes)
    connection = sqlite3.connect(settings_of(laptop).store)
    bodies = connection.execute("SELECT body FROM claim").fetchall()
    assert len(bodies) == 39
    for (body,) in bodies:
        span = encode(parse(body))
        assert CANARY not in f"{span.name} {dict(span.attributes)}"
        message = span_message(span).SerializeToString()
        assert CANARY.encode() not in message
        assert b"/home" not in message
    for table, columns in (("call", "*"), ("claim", "*"), ("meta", "*"), ("discard", "reason, detail")):
        assert CANARY not in str(connection.execute(f"SELECT {columns} FROM {table}").fetchall()), table
    for (state,) in connection.execute("SELECT state FROM file"):  # where a session stands: read on, never sent
        assert CANARY not in state.replace(str(Path(laptop["TOLLBOOK_HOME"]).parent), "")
    connection.close()
    tollbook = Commands(laptop, capsys)
    for words in ("calls", "spend --by session,repo,branch", "ticket PAY-123", "today"):
        said = tollbook(*words.split(), "--json")
        assert said.code == 0
        assert CANARY not in said.out
    status = tollbook("status", "--json").document
    for shown in ("home", "roots"):
        status.pop(shown)  # this person's own folders
    assert CANARY not in json.dumps(status)
