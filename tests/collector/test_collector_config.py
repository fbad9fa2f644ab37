"""Settings: defaults, the file, the environment, and every fault by its name."""

import re
import tomllib
from pathlib import Path

import pytest

from tollbook_collector.address import Address
from tollbook_collector.config import DEFAULTS, FILE_NAME, LARGEST_FILE, NAMES, Settings, load
from tollbook_collector.home import home_folder
from tollbook_collector.pull.settings import CHANNELS

FIXTURES = Path(__file__).parent / "fixtures" / "settings"
SAMPLE = Path(__file__).parents[2] / "configs" / "collector.toml"

# fixture -> the setting, what is wrong, what would be right: all three must stand in the one problem
FAULTS = {
    "address_reachable_from_outside": ("otlp_grpc_address", "0.0.0.0", "127.0.0.1:4317"),
    "address_of_another_machine": ("api_address", "10.1.2.3", "127.0.0.1:4319"),
    "address_is_a_name": ("api_address", "collector.example.com", "127.0.0.1:4319"),
    "address_without_port": ("otlp_grpc_address", "host:port", "127.0.0.1:4317"),
    "address_port_too_large": ("otlp_grpc_address", "70000", "127.0.0.1:4317"),
    "address_is_a_number": ("api_address", "4319 is not a text", "127.0.0.1:4319"),
    "addresses_equal": ("api_address", "otlp_grpc_address too", "different ports"),
    "setting_misspelt": ("otlp_grcp_address", "no such setting", "Did you mean otlp_grpc_address?"),
    "setting_in_a_section": ("api", "no such setting", "api_address"),
    "project_keys_empty": ("project_keys", "empty", "PAY"),
    "project_keys_is_a_text": ("project_keys", "not a list", '["PAY", "OPS"]'),
    "project_key_with_number": ("project_keys", "OPS-1", '["PAY", "OPS"]'),
    "message_size_too_small": ("max_message_bytes", "1024 is not between", "4194304"),
    "message_size_is_a_text": ("max_message_bytes", "'4 MB' is not a whole number", "4194304"),
    "store_is_empty": ("store", "is not a text", "record.sqlite"),
    "not_toml": ("not_toml.toml", "not TOML", "configs/collector.toml"),
}


def good(home: Path, text: str = "", **environment: str) -> Settings:
    (home / FILE_NAME).write_text(text)
    loaded = load(home, None, environment)
    assert loaded.problems == ()
    assert loaded.settings is not None
    return loaded.settings


def test_without_a_file_everything_has_a_default(tmp_path: Path) -> None:
    settings = load(tmp_path, None, {}).settings
    assert settings == Settings(
        home=tmp_path,
        store=tmp_path / "record.sqlite",
        otlp_grpc_address=Address("127.0.0.1", 4317),
        otlp_http_address=Address("127.0.0.1", 4318),
        api_address=Address("127.0.0.1", 4319),
        project_keys=None,
        max_message_bytes=4 * 1024 * 1024,
    )


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    settings = good(
        tmp_path,
        'api_address = "127.0.0.1:1"\nproject_keys = ["pay"]\nstore = "of-the-file.sqlite"',
        TOLLBOOK_COLLECTOR_API_ADDRESS="localhost:2",
        TOLLBOOK_COLLECTOR_PROJECT_KEYS="ops, WEB",
        TOLLBOOK_COLLECTOR_MAX_MESSAGE_BYTES="65536",
        TOLLBOOK_COLLECTOR_HOME="/not/a/setting/of/the/file",
        TOLLBOOK_HOME="/of/the/agent",
    )
    assert settings.api_address == Address("127.0.0.1", 2)
    assert settings.project_keys == frozenset({"OPS", "WEB"})
    assert settings.max_message_bytes == 65_536
    assert settings.store == tmp_path / "of-the-file.sqlite"


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("_address")])
@pytest.mark.parametrize("host", ["0.0.0.0", "[::]", "192.0.2.7"])
def test_no_address_that_others_reach_is_taken_without_tls(tmp_path: Path, name: str, host: str) -> None:
    (problem,) = load(tmp_path, None, {f"TOLLBOOK_COLLECTOR_{name.upper()}": f"{host}:4999"}).problems
    assert problem.where == name
    assert "tls_cert and tls_key are not set" in problem.detail


def test_ipv6_loopback_is_loopback(tmp_path: Path) -> None:
    address = good(tmp_path, 'api_address = "[::1]:4319"').api_address
    assert address == Address("::1", 4319)
    assert str(address) == "[::1]:4319"


def test_two_free_ports_do_not_clash(tmp_path: Path) -> None:
    good(tmp_path, 'api_address = "127.0.0.1:0"\notlp_grpc_address = "127.0.0.1:0"')


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_names_the_setting_what_is_wrong_and_what_is_right(fault: str, tmp_path: Path) -> None:
    loaded = load(tmp_path, FIXTURES / f"{fault}.toml", {})
    assert loaded.settings is None
    (problem,) = loaded.problems
    setting, wrong, right = FAULTS[fault]
    assert setting in problem.where
    assert wrong in problem.detail
    assert right in problem.remedy


def test_every_fixture_is_tested() -> None:
    assert {path.stem for path in FIXTURES.iterdir()} == set(FAULTS)


def test_all_faults_are_reported_at_once(tmp_path: Path) -> None:
    environment = {"TOLLBOOK_COLLECTOR_STORE": " ", "TOLLBOOK_COLLECTOR_API_ADRESS": "127.0.0.1:1"}
    problems = load(tmp_path, FIXTURES / "project_keys_empty.toml", environment).problems
    assert [problem.where.split()[0] for problem in problems] == [
        "project_keys",
        "TOLLBOOK_COLLECTOR_STORE",
        "TOLLBOOK_COLLECTOR_API_ADRESS",
    ]
    assert "Did you mean TOLLBOOK_COLLECTOR_API_ADDRESS?" in problems[2].remedy


def test_a_file_that_was_named_must_exist(tmp_path: Path) -> None:
    (problem,) = load(tmp_path, tmp_path / "absent.toml", {}).problems
    assert "no such file" in problem.detail


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"#" * (LARGEST_FILE + 1))
    (problem,) = load(tmp_path, None, {}).problems
    assert "larger than" in problem.detail


def test_the_sample_names_every_setting_at_its_default(tmp_path: Path) -> None:
    text = SAMPLE.read_text()
    stated = tomllib.loads(text)
    assert stated == {name: value for name, value in DEFAULTS.items() if value is not None}
    assert load(tmp_path, SAMPLE, {}).settings == load(tmp_path, None, {}).settings
    with_optional = text.replace("# project_keys", "project_keys")
    assert set(tomllib.loads(with_optional.replace("# tls_", "tls_").replace("# metrics_", "metrics_"))) == set(NAMES)
    assert good(tmp_path, with_optional).project_keys == frozenset({"PAY", "OPS"})


def test_the_sample_shows_a_table_of_every_channel(tmp_path: Path) -> None:
    tables = re.sub(r"^# (?=\[pull\.[a-z_-]+\]$|[a-z_]+ = )", "", SAMPLE.read_text(), flags=re.MULTILINE)
    text = tables.partition("pull_every_hours = 0\n")[2].replace("[pull.anthropic]", '[pull.anthropic]\nscope = "main"')
    settings = good(tmp_path, text)
    assert {source.channel for source in settings.pulls} == set(CHANNELS)
    shown = {line.partition(" = ")[0] for line in text.splitlines() if " = " in line and not line.startswith("#")}
    known = {name for channel in CHANNELS.values() for name in (*channel.needs, *channel.may)}
    assert shown == known | {"channel", "since", "requests_per_minute"}


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {"TOLLBOOK_COLLECTOR_HOME": "/srv/tollbook"}, Path("/srv/tollbook")),
        ("linux", {"XDG_DATA_HOME": "/data"}, Path("/data/tollbook-collector")),
        ("linux", {}, Path.home() / ".local/share/tollbook-collector"),
        ("darwin", {}, Path.home() / "Library/Application Support/tollbook-collector"),
        ("win32", {"LOCALAPPDATA": "/local"}, Path("/local/tollbook-collector")),
    ],
)
def test_the_home_folder_follows_the_platform(platform: str, environment: dict[str, str], expected: Path) -> None:
    assert home_folder(environment, platform) == expected
