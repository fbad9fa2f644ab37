"""The tables [pull.NAME]: complete, checked, and never repeating what may be a key."""

from pathlib import Path

import pytest

from tollbook.answer import day_number
from tollbook_collector.config import FILE_NAME, load
from tollbook_collector.pull.settings import Source

KEY = 'key = "env:SOME_KEY"\n'
SECRET = "sk-ant-admin01-do-not-print"


def problems(home: Path, text: str) -> str:
    (home / FILE_NAME).write_text(text)
    loaded = load(home, None, {})
    assert loaded.settings is None
    return "\n".join(f"{one.where}: {one.detail}; {one.remedy}" for one in loaded.problems)


def sources(home: Path, text: str) -> tuple[Source, ...]:
    (home / FILE_NAME).write_text(text)
    loaded = load(home, None, {})
    assert loaded.settings is not None, loaded.problems
    return loaded.settings.pulls


def test_a_table_has_the_defaults_of_its_channel(tmp_path: Path) -> None:
    (found,) = sources(tmp_path, f'[pull.cursor]\nsince = "2026-10-05"\n{KEY}')
    assert (found.base_url, found.per_minute, found.since) == ("https://api.cursor.com", 20, day_number("2026-10-05"))


def test_without_tables_nothing_is_pulled(tmp_path: Path) -> None:
    assert sources(tmp_path, "") == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[pull.antropic]\n" + KEY, "Did you mean anthropic?"),
        ("[pull.openai]\n", "pull.openai.key: it is not set"),
        ("[pull.openai]\nkye = 'env:A'\n" + KEY, "Did you mean key?"),
        ("[pull.codex]\n" + KEY, "pull.codex.workspace: it is not set"),
        ("[pull.codex]\nworkspace = '../x'\n" + KEY, "pull.codex.workspace"),
        ("[pull.bedrock]\n" + KEY + "folder = '/x'\n", "pull.bedrock.key: there is no such setting"),
        ("[pull.openai]\nbase_url = 'http://api.example.com'\n" + KEY, "would send the key in clear"),
        ("[pull.openai]\nbase_url = 'https://me:pw@api.example.com'\n" + KEY, "holds a user or a password"),
        ("[pull.openai]\nbase_url = 'ftp://api.example.com'\n" + KEY, "no URL of an API"),
        ("[pull.openai]\nsince = 'october'\n" + KEY, "is no date"),
        ("[pull.openai]\nrequests_per_minute = 0\n" + KEY, "not a number of 1"),
        ("[pull.github]\nrepositories = ['acme']\n" + KEY, "is not owner/name"),
        ("[pull.github]\nrepositories = []\n" + KEY, "is not a list"),
        ("[pull.jira]\nemail = 'a@b'\n" + KEY, "pull.jira.base_url: it is not set"),
        ("pull = 7\n", "pull: it is not a table"),
        ("[pull]\nopenai = 7\n", "pull.openai: it is not a table"),
        ("[pull.openai]\n" + KEY + "[pull.other]\nchannel = 'openai'\nscope = 'b'\n" + KEY, "replace each other"),
        ("pull_every_hours = 169\n", "pull_every_hours"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, said: str, tmp_path: Path) -> None:
    assert said in problems(tmp_path, text)


@pytest.mark.parametrize("field", ["key", "base_url", "scope"])
def test_a_key_in_the_settings_is_refused_and_not_repeated(field: str, tmp_path: Path) -> None:
    value = f"https://x:{SECRET}@api.example.com" if field == "base_url" else SECRET
    found = problems(tmp_path, f"[pull.openai]\nscoop = 1\n{'' if field == 'key' else KEY}{field} = '{value}'\n")
    assert SECRET not in found
    assert "pull.openai" in found


def test_two_accounts_of_a_channel_with_scopes_of_their_own(tmp_path: Path) -> None:
    text = f"[pull.openai]\nscope = 'a'\n{KEY}[pull.other]\nchannel = 'openai'\nscope = 'b'\n{KEY}"
    assert [source.scope for source in sources(tmp_path, text)] == ["a", "b"]
