"""The agent's settings: defaults, the file, the environment, every fault by its name, the device id."""

import os
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tollbook_agent.home import home
from tollbook_agent.settings import MAX_CONFIG_BYTES, NAMES, SettingError, Settings, load

FIXTURES = Path(__file__).parent / "fixtures" / "settings"
SAMPLE = Path(__file__).parents[2] / "configs" / "agent.toml"

# fixture -> the setting, what is wrong, what would be right: all three must stand in the message
FAULTS = {
    "engineer_is_a_name": ("engineer", "'Ada Lovelace' is not an e-mail address", "ada@example.com"),
    "engineer_is_a_number": ("engineer", "7 is not an e-mail address", "ada@example.com"),
    "project_keys_is_a_text": ("project_keys", "'PAY' is not a list", '["PAY", "OPS"]'),
    "project_keys_empty": ("project_keys", "empty", '["PAY", "OPS"]'),
    "project_key_with_number": ("project_keys", "'OPS-1' is not a project key", '["PAY", "OPS"]'),
    "project_key_is_a_number": ("project_keys", "4 is not a project key", '["PAY", "OPS"]'),
    "collector_with_scheme": ("collector", "not host:port", "127.0.0.1:4317, without http://"),
    "collector_without_port": ("collector", "not host:port", "127.0.0.1:4317"),
    "collector_port_too_large": ("collector", "'127.0.0.1:70000' is not host:port", "127.0.0.1:4317"),
    "collector_is_a_number": ("collector", "4317 is not host:port", "127.0.0.1:4317"),
    "collector_is_a_section": ("collector", "is not host:port", "127.0.0.1:4317"),
    "api_without_scheme": ("api", "not an http address", "http://127.0.0.1:4319"),
    "api_with_path": ("api", "not an http address", "http://127.0.0.1:4319"),
    "timezone_unknown": ("timezone", "'Europe/Atlantis' is not an IANA time zone", "Europe/Berlin or UTC"),
    "timezone_is_a_path": ("timezone", "not an IANA time zone", "Europe/Berlin or UTC"),
    "timezone_is_an_area": ("timezone", "'Europe' is not an IANA time zone", "Europe/Berlin or UTC"),
    "timezone_is_a_number": ("timezone", "2 is not an IANA time zone", "Europe/Berlin or UTC"),
    "setting_misspelt": ("projectkeys", "is not a setting", "did you mean project_keys?"),
    "setting_unknown": ("telemetry", "is not a setting", ", ".join(NAMES)),
    "not_toml": ("config.toml", "not valid TOML", "configs/agent.toml"),
    "not_utf8": ("config.toml", "not valid TOML", "configs/agent.toml"),
}

# variable -> a wrong value, what must stand in the message beside the variable's name
WRONG_VARIABLES = {
    "TOLLBOOK_ENGINEER": ("ada", "ada@example.com"),
    "TOLLBOOK_PROJECT_KEYS": ("PAY,,OPS", "'' is not a project key"),
    "TOLLBOOK_COLLECTOR": ("localhost", "host:port"),
    "TOLLBOOK_API": ("localhost:4319", "http://127.0.0.1:4319"),
    "TOLLBOOK_TIMEZONE": ("Berlin", "Europe/Berlin"),
    "TOLLBOOK_TICKET": ("PAY-1 later", "'LATER' is not a ticket key; write it like PAY-123"),
}


def good(folder: Path, text: str = "", **environment: str) -> Settings:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.toml").write_text(text)
    return load({"TOLLBOOK_HOME": str(folder), **environment})


def fault(folder: Path, **environment: str) -> str:
    with pytest.raises(SettingError) as raised:
        load({"TOLLBOOK_HOME": str(folder), **environment})
    return str(raised.value)


def test_without_a_file_everything_has_a_default(tmp_path: Path) -> None:
    settings = load({"TOLLBOOK_HOME": str(tmp_path / "new")})
    assert settings == Settings(home=tmp_path / "new", device=settings.device)
    assert settings.store == tmp_path / "new" / "laptop.db"


def test_the_environment_wins_over_the_file_and_an_empty_variable_is_none(tmp_path: Path) -> None:
    settings = good(
        tmp_path,
        'engineer = "ada@example.com"\nproject_keys = ["pay"]\ncollector = "127.0.0.1:1"\ntimezone = "UTC"',
        TOLLBOOK_ENGINEER="Grace@Example.com",
        TOLLBOOK_PROJECT_KEYS="ops, WEB",
        TOLLBOOK_COLLECTOR="[::1]:2",
        TOLLBOOK_TIMEZONE="",
        TOLLBOOK_TICKET="pay-2,PAY-1 pay-2",
        TOLLBOOK_COLLECTOR_HOME="/of/the/collector",
    )
    assert settings.engineer == "grace@example.com"
    assert settings.project_keys == frozenset({"OPS", "WEB"})
    assert settings.collector == "[::1]:2"
    assert settings.timezone == "UTC"
    assert settings.ticket == "PAY-1 PAY-2"


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_names_the_setting_what_is_wrong_and_what_is_right(name: str, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes((FIXTURES / f"{name}.toml").read_bytes())
    message = fault(tmp_path)
    setting, wrong, right = FAULTS[name]
    assert message.startswith(f"setting {setting}: ")
    assert wrong in message
    assert right in message


def test_every_fixture_is_tested() -> None:
    assert {path.stem for path in FIXTURES.iterdir()} == set(FAULTS)


@pytest.mark.parametrize("variable", WRONG_VARIABLES)
def test_a_wrong_variable_is_named_as_the_variable_that_it_is(variable: str, tmp_path: Path) -> None:
    value, hint = WRONG_VARIABLES[variable]
    message = fault(tmp_path, **{variable: value})
    assert message.startswith(f"setting {variable}: ")
    assert hint in message


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b"#" * (MAX_CONFIG_BYTES + 1))
    assert "larger than" in fault(tmp_path)


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert fault(tmp_path / "file" / "home").startswith(("setting TOLLBOOK_HOME: ", "setting config.toml: "))


def test_the_sample_sets_every_setting_and_is_right(tmp_path: Path) -> None:
    text = SAMPLE.read_text()
    assert set(tomllib.loads(text)) == set(NAMES)
    settings = good(tmp_path, text)
    assert None not in [getattr(settings, name) for name in NAMES]


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {"TOLLBOOK_HOME": "/srv/tollbook"}, "/srv/tollbook"),
        ("linux", {"TOLLBOOK_HOME": "~/elsewhere"}, "{user}/elsewhere"),
        ("linux", {"XDG_DATA_HOME": "/data"}, "/data/tollbook"),
        ("linux", {}, "{user}/.local/share/tollbook"),
        ("darwin", {}, "{user}/Library/Application Support/Tollbook"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/Tollbook"),
        ("win32", {}, "{user}/AppData/Local/Tollbook"),
    ],
)
def test_the_home_follows_the_platform(platform: str, environment: dict[str, str], expected: str) -> None:
    assert home(environment, platform) == expected.format(user=os.path.expanduser("~"))


def test_the_device_id_is_made_once_and_kept_private(tmp_path: Path) -> None:
    first = good(tmp_path).device
    assert good(tmp_path).device == first
    assert len(first) == 16
    assert stat.S_IMODE((tmp_path / "device").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("content", [b"", b"\xff\xff", b"not a device id\n"])
def test_a_damaged_device_id_is_never_silently_another_device(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "device").write_bytes(content)
    assert str(tmp_path / "device") in fault(tmp_path)
    assert (tmp_path / "device").read_bytes() == content


def test_a_rival_that_is_faster_by_a_moment_makes_the_device_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link

    def slower(source: Path, target: Path) -> None:
        Path(target).write_text("0123456789abcdef\n")
        link(source, target)

    monkeypatch.setattr(os, "link", slower)
    assert good(tmp_path).device == "0123456789abcdef"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.toml", "device"]


def test_without_hard_links_the_device_id_is_still_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise PermissionError(f"no links here: {source} {target}")

    monkeypatch.setattr(os, "link", refuse)
    assert good(tmp_path).device == good(tmp_path).device


def test_processes_that_start_together_are_one_device(tmp_path: Path) -> None:
    program = "import os; from tollbook_agent.settings import load; print(load(os.environ).device)"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            env={**os.environ, "TOLLBOOK_HOME": str(tmp_path / "home")},
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [process.communicate()[0] for process in started]
    assert len(said[0]) == 17
    assert said[0] == said[1]
