"""The examples that point an emitter here: each parses, and each leads to this collector."""

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tollbook_collector.receivers.dialects.registry import DIALECTS
from tollbook_collector.receivers.otlp_http import PATHS

_REPOSITORY = Path(__file__).resolve().parents[3]
_FOLDER = _REPOSITORY / "configs" / "emitters"
_PAGE = _REPOSITORY / "docs" / "emitters.md"
EXAMPLES = sorted(path.name for path in _FOLDER.iterdir())
_HERE = re.compile(r"https?://(?:127\.0\.0\.1:4318|collector\.example\.com)(/[^\s\"',)]*)?")


def environment(text: str) -> dict[str, str]:
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    pairs = [line.split("=", 1) for line in lines]
    assert all(len(pair) == 2 and re.fullmatch(r"[A-Z][A-Z0-9_]*", pair[0]) for pair in pairs)
    return {pair[0]: pair[1] for pair in pairs}


def parse(name: str) -> Any:
    text = (_FOLDER / name).read_text()
    match name.rpartition(".")[2]:
        case "json":
            return json.loads(text)
        case "toml":
            return tomllib.loads(text)
        case "yaml":
            return YAML(typ="safe").load(text)  # pyright: ignore[reportUnknownMemberType]
        case "env":
            return environment(text)
        case "mjs":
            return text
        case other:
            raise AssertionError(f"nothing reads .{other}")


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_parses_and_leads_here(name: str) -> None:
    assert parse(name)
    found = _HERE.findall((_FOLDER / name).read_text())
    assert found
    assert {path for path in found if path} <= set(PATHS)


@pytest.mark.skipif(shutil.which("node") is None, reason="no node on this machine")
@pytest.mark.parametrize("name", [name for name in EXAMPLES if name.endswith(".mjs")])
def test_an_example_in_javascript_parses(name: str) -> None:
    subprocess.run(["node", "--check", str(_FOLDER / name)], check=True, timeout=60)


def test_the_page_names_every_example_and_no_other() -> None:
    linked = set(re.findall(r"configs/emitters/([a-z.-]+)\)", _PAGE.read_text()))
    assert linked == set(EXAMPLES)


def test_the_page_counts_every_reason_there_is() -> None:
    page = _PAGE.read_text()
    for reason in ("no_dialect", "not_a_call", "aggregate", "call_without_id", "damaged_attributes", "metrics"):
        assert f"`{reason}`" in page


def test_no_example_captures_content_or_holds_a_secret() -> None:
    for name in EXAMPLES:
        text = (_FOLDER / name).read_text().lower()
        assert not re.search(r"bearer|sk-|password", text)
        assert not re.search(
            r"log_?prompts?\"?\s*[:=]\s*true|log_user_prompt = true|capture_message_content=true", text
        )
    assert len(DIALECTS) >= 17
