"""The collector's container, step by step without a builder: its files are read, its programs run."""

import json
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.new_user import SECONDS, NewUser
from tests.support.systemd import systemd_program
from tests.support.tls_files import make_tls
from tests.support.wheels import REPO, tool_install
from tollbook_collector.config import load

FOLDER = REPO / "installers" / "container"
CHART = REPO / "installers" / "helm" / "tollbook-collector"
UNIT = REPO / "installers" / "linux" / "tollbook-collector.service"
ENGINEER = "ada@example.com"


def documents(text: str) -> list[Any]:
    return list(YAML(typ="safe").load_all(text))


def free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(each.getsockname()[1]) for each in probes]
    for each in probes:
        each.close()
    return ports


@pytest.fixture
def collector(tmp_path: Path, wheels: Path) -> Iterator[dict[str, str]]:
    """start.sh as the image's entry point runs it, with the wheel alone; its environment."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    programs = tool_install(wheels, "tollbook-collector[duckdb]", tmp_path / "installed")
    grpc, http, api = free_ports(3)
    home = tmp_path / "record"
    home.mkdir(mode=0o700)
    environment = {
        "PATH": f"{programs}:/usr/bin:/bin", "HOME": "/nonexistent", "TOLLBOOK_COLLECTOR_HOME": str(home),
        "TOLLBOOK_COLLECTOR_OTLP_GRPC_ADDRESS": f"0.0.0.0:{grpc}",
        "TOLLBOOK_COLLECTOR_OTLP_HTTP_ADDRESS": f"0.0.0.0:{http}", "TOLLBOOK_COLLECTOR_API_ADDRESS": f"0.0.0.0:{api}",
        "TOLLBOOK_HOSTS": "localhost tollbook.example", "TOLLBOOK_FIRST_ENGINEER": ENGINEER,
    }  # fmt: skip
    with (tmp_path / "said").open("wb") as said:
        child = subprocess.Popen(["sh", FOLDER / "start.sh"], env=environment, stdout=said, stderr=said, cwd="/")
    try:
        end = time.monotonic() + SECONDS
        while health(environment):
            assert time.monotonic() < end, (tmp_path / "said").read_text()
            assert child.poll() is None, (tmp_path / "said").read_text()
            time.sleep(0.1)
        yield environment
    finally:
        child.terminate()
        child.wait(SECONDS)


def health(environment: dict[str, str]) -> int:
    """As the image's HEALTHCHECK asks."""
    return subprocess.run(
        [sys.executable, "-I", FOLDER / "health.py"], env=environment, timeout=SECONDS, check=False
    ).returncode


def test_from_the_wheels_to_the_first_answer(collector: dict[str, str], tmp_path: Path, programs: Path) -> None:
    home = Path(collector["TOLLBOOK_COLLECTOR_HOME"])
    authority = home / "tls" / "authority.pem"
    assert not (home / "tls" / "authority.key").exists()
    assert {oct(each.stat().st_mode & 0o077) for each in home.rglob("*")} == {"0o0"}
    user = NewUser(tmp_path, programs)
    port = collector["TOLLBOOK_COLLECTOR_API_ADDRESS"].rpartition(":")[2]
    token = (home / "first-token").read_text().strip()
    said = user.tollbook("enroll", f"https://localhost:{port}", token, "--ca", str(authority), "--file")
    assert f"as {ENGINEER}" in said
    user.call(1)
    agent = user.agent()
    try:
        end = time.monotonic() + SECONDS
        while True:
            ticket = json.loads(user.tollbook("ticket", "PAY-123", "--json").splitlines()[0])
            if (ticket["source"], ticket["calls"]) == ("collector", 1):
                break
            assert time.monotonic() < end, ticket
            time.sleep(0.2)
    finally:
        agent.terminate()
        agent.wait(SECONDS)
    verdicts = {one["name"]: one["verdict"] for one in json.loads(_doctor(user))["checks"]}
    names = ("name", "reach", "tls", "accepts", "ready")
    assert {name: verdicts[f"collector_{name}"] for name in names} == dict.fromkeys(names, "ok")


def _doctor(user: NewUser) -> str:
    """Its one finding is that the agent has ended."""
    return user.tollbook("doctor", "--quick", "--json", code=1)


def test_a_second_start_keeps_certificate_and_token(collector: dict[str, str]) -> None:
    home = Path(collector["TOLLBOOK_COLLECTOR_HOME"])
    kept = {path: path.read_bytes() for path in (home / "tls" / "collector.pem", home / "first-token")}
    grpc, http, api = free_ports(3)
    other = collector | {
        "TOLLBOOK_COLLECTOR_OTLP_GRPC_ADDRESS": f"127.0.0.1:{grpc}",
        "TOLLBOOK_COLLECTOR_OTLP_HTTP_ADDRESS": f"127.0.0.1:{http}",
        "TOLLBOOK_COLLECTOR_API_ADDRESS": f"127.0.0.1:{api}",
    }
    child = subprocess.Popen(
        ["sh", FOLDER / "start.sh"], env=other, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/"
    )
    assert child.stdout is not None
    with child.stdout:
        assert b"otlp_grpc" in child.stdout.readline()
    child.terminate()
    child.wait(SECONDS)
    assert {path: path.read_bytes() for path in kept} == kept


def test_the_health_of_nobody_is_bad() -> None:
    (port,) = free_ports(1)
    assert health({"TOLLBOOK_COLLECTOR_API_ADDRESS": f"0.0.0.0:{port}"}) == 1


def test_the_dockerfile_ends_unprivileged_and_copies_what_is_there() -> None:
    lines = (FOLDER / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    steps = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    names = [name for name, _ in steps]
    assert {"FROM", "COPY", "RUN", "USER", "ENV", "VOLUME", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT"} >= set(names) - {
        "WORKDIR",
        "STOPSIGNAL",
    }
    assert [text for name, text in steps if name == "USER"] == ["10001"]
    assert names.index("USER") > max(place for place, name in enumerate(names) if name == "RUN")
    for image in [text.split()[0] for name, text in steps if name == "FROM"]:
        assert re.fullmatch(r"[a-z./-]+:[0-9][0-9.a-z-]*", image), image
    for text in [text for name, text in steps if name == "COPY" and "--from" not in text]:
        assert all((REPO / source).exists() for source in text.split()[:-1]), text
    health_check = next(text for name, text in steps if name == "HEALTHCHECK")
    assert "health.py" in health_check
    assert "/readyz" in (FOLDER / "health.py").read_text()


def test_the_compose_file_is_read_only_and_publishes_three_ports() -> None:
    service = documents((FOLDER / "compose.yaml").read_text())[0]["services"]["collector"]
    assert (service["read_only"], service["cap_drop"], service["tmpfs"]) == (True, ["ALL"], ["/tmp"])
    assert service["ports"] == ["4317:4317", "4318:4318", "4319:4319"]
    build = service["build"]
    assert (FOLDER / build["context"] / build["dockerfile"]).resolve() == FOLDER / "Dockerfile"


@pytest.mark.skipif(shutil.which("docker") is None, reason="no docker here")
def test_the_image_builds_where_a_builder_answers() -> None:
    if subprocess.run(["docker", "info"], capture_output=True, timeout=SECONDS, check=False).returncode:
        pytest.skip("no docker daemon answers")
    words = ["docker", "build", "--quiet", "-f", FOLDER / "Dockerfile", REPO]
    assert subprocess.run(words, capture_output=True, timeout=170, check=False).returncode == 0


def test_the_unit_of_the_collector_is_verified(tmp_path: Path) -> None:
    program = tmp_path / "tollbook-collector"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/tollbook-collector/bin/tollbook-collector", str(program)))
    words = [systemd_program("systemd-analyze"), "verify", "--man=no", str(unit)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert [line for line in done.stderr.splitlines() if "tollbook-collector" in line] == []


def rendered(values: dict[str, Any]) -> list[Any]:
    """What helm would make of our templates, as far as they use it: values, the release's name, indent, toYaml, if."""

    def value(path: str) -> Any:
        found: Any = {"Values": values, "Release": {"Name": "tb"}}
        for name in path.strip(".").split("."):
            found = found[name]
        return found

    def put(match: "re.Match[str]") -> str:
        path, *filters = [each.strip() for each in match[1].split("|")]
        found = value(path)
        for each in filters:
            name, *words = each.split()
            if name == "toYaml":
                found = json.dumps(found)
            else:
                found = "\n".join(" " * int(words[0]) + line for line in str(found).splitlines())
        return str(found)

    made: list[Any] = []
    for path in sorted((CHART / "templates").glob("*.yaml")):
        text = path.read_text()
        text = re.sub(
            r"\{\{- if (\S+) \}\}\n(.*?)\{\{- end \}\}\n", lambda m: m[2] if value(m[1]) else "", text, flags=re.S
        )
        made += documents(re.sub(r"\{\{ (.*?) \}\}", put, text))
    return made


@pytest.mark.parametrize("storage_class", ["", "fast"])
def test_the_chart_renders_to_what_the_collector_takes(tmp_path: Path, storage_class: str) -> None:
    values = documents((CHART / "values.yaml").read_text())[0]
    values["storage"]["className"] = storage_class
    made = {one["kind"]: one for one in rendered(values)}
    assert set(made) == {"ConfigMap", "Service", "StatefulSet"}
    pod = made["StatefulSet"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert made["StatefulSet"]["spec"]["replicas"] == 1
    for container in (*pod["containers"], *pod["initContainers"]):
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        mounts = {mount["name"] for mount in container["volumeMounts"]}
        assert mounts <= {volume["name"] for volume in pod["volumes"]} | {"record"}
    main = pod["containers"][0]
    assert [port["containerPort"] for port in main["ports"]] == [4317, 4318, 4319]
    assert main["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert main["resources"] == values["resources"]
    claim = made["StatefulSet"]["spec"]["volumeClaimTemplates"][0]["spec"]
    assert claim.get("storageClassName", "") == storage_class
    tls = make_tls(tmp_path)
    text = made["ConfigMap"]["data"]["collector.toml"]
    text = text.replace("/etc/tollbook/tls/tls.crt", str(tls.certificate))
    settings = tmp_path / "collector.toml"
    settings.write_text(text.replace("/etc/tollbook/tls/tls.key", str(tls.key)))
    assert not load(tmp_path, settings, {}).problems


def test_the_chart_passes_helms_own_check() -> None:
    helm = shutil.which("helm")
    if helm is None:
        pytest.skip("helm is not installed")
    done = subprocess.run([helm, "lint", CHART], capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stdout
