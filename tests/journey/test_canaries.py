"""Hundreds of invented secrets go through everything that is captured, and none of them is kept or sent anywhere.

What stays by intent is listed in `STAYS`: each entry says what, where, and why.
"""

import base64
import hashlib
import http.client
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest

from tests.support import canary_local as local
from tests.support.canaries import TEXTS, Canaries
from tests.support.canary_scenes import Scene, scenes
from tests.support.canary_search import below, encodings, search
from tests.support.covered_machine import PATIENCE_SECONDS, CoveredMachine, covered_machine, run, until
from tollbook_agent import telemetry

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a process names itself through /proc")

LEAST = 200
"""Secrets that are planted at least."""
FOLDER, LOG_FOLDER, PROXY, SETTING = "folder of a repository", "folder of logs", "proxy of this machine", "setting"
STAYS: Mapping[str, str] = {
    FOLDER: r"machine/tollbook/(spool/.*|laptop\.db(-wal)?( \(rows\))?)",
    LOG_FOLDER: r"machine/tollbook/laptop\.db(-wal)?( \(rows\))?",
    PROXY: r"machine/tollbook/proxy/proxy\.json",
    SETTING: r"machine/tollbook/installed\.json",
    local.LINE_TYPE: r"machine/tollbook/laptop\.db(-wal)?( \(rows\))?|said/tollbook status( --json)?",
}
"""What stays on the laptop by intent, by its place, and the only files it may be in, all readable by their user only.

- Folders: the spool leads from a call to its repository; cursors and discards name the log files that were read.
- Types of log lines this version does not know, where they look like names: `status` asks for an update by them.
- The proxy this machine had before is chained to; a setting that Tollbook replaced is put back at `uninstall`.

Not planted, because they are what Tollbook keeps: names of models, ids of calls, sessions, turns and accounts, the
repository's owner/name, branch, commit, the engineer's own address, token counts and times.
"""
ENVIRONMENT = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "AWS_SECRET_ACCESS_KEY", "GH_TOKEN")
"""Of the shell that the agent is started in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Of one of our processes."""

    module: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    core_limit: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What is left after everything went through a machine."""

    canaries: Canaries
    answers: Mapping[str, tuple[str, str]]
    """What the origin said and what the client got of it, by scene."""
    arrived: Mapping[str, list[str]]
    """Sources of every call at the collector, by every id of it."""
    wanted: Mapping[str, set[str]]
    """Calls that were made, by one id each, and who saw them."""
    running: list[tuple[str, bytes]]
    """Names and bytes of all files while everything ran, and what commands and interfaces said."""
    ended: list[tuple[str, bytes]]
    """All files after the end."""
    processes: list[Facts]
    open_to_others: list[str]
    secrets: tuple[str, ...]
    """Password and token of this machine's own."""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    root = tmp_path_factory.mktemp("canaries")
    canaries = Canaries()
    keys = {name: canaries.word("environment of the agent") for name in ENVIRONMENT}
    keys["SSLKEYLOGFILE"] = str(root / "keys.log")
    user = f"jo:{canaries.name(PROXY)}@"
    with covered_machine(
        root, with_collector=True, more=keys, proxy_user=user, prepare=lambda bench: settings(bench.claude, canaries)
    ) as machine:
        every, answers = play(machine, canaries)
        wanted = wanted_of(every)
        until(lambda: not missing(machine, wanted), lambda: lacking(machine, every, answers))
        ask_all(machine)
        inputs = (machine.bench.root / "work", machine.bench.claude, machine.bench.codex)
        place = telemetry.load(machine.home)
        assert place is not None
        made = Played(
            canaries=canaries,
            answers={name: (said(every[name]), got) for name, got in zip(every, answers, strict=True)},
            arrived=arrived(machine),
            wanted=wanted,
            running=list(below(root, *inputs)),
            ended=[],
            processes=processes(machine),
            open_to_others=open_to_others(machine.home),
            secrets=(machine.proxy.password, place.token),
        )
    return replace(made, ended=list(below(root, *inputs)))


def play(machine: CoveredMachine, canaries: Canaries) -> tuple[Mapping[str, Scene], list[str]]:
    """Let everything happen."""
    shop = machine.bench.repository(
        f"shop-{canaries.name(FOLDER)}",
        f"https://jo:{canaries.name('password in a git remote')}@github.com/acme/shop.git",
        "feature/PAY-123-refund",
    )
    commit(machine, shop, canaries)
    machine.warm()
    machine.tollbook("install", "--network", "--cursor")
    at = local.now()
    logs(machine, str(shop), canaries, at)
    every = scenes(canaries, str(shop))
    machine.origin.scripts = {name: scene.script for name, scene in every.items()}
    answers = machine.captured([scene.request for scene in every.values()])
    strangers(machine, canaries)
    told(machine, canaries, at)
    hooks(machine, str(shop), canaries)
    return every, answers


def said(scene: Scene) -> str:
    """What its client tells when every byte arrives."""
    if scene.script.frames:
        return f"{sum(map(len, scene.script.frames))} frames"
    head, _, body = scene.script.answer.partition(b"\r\n\r\n")
    return f"{head.split(b' ')[1].decode()} {hashlib.sha256(body).hexdigest()}"


def settings(claude: Path, canaries: Canaries) -> None:
    """Somebody's own settings of Claude Code: one that `tollbook install` replaces, and others around it."""
    env = {"A_TOKEN": canaries.word("another setting"), "HTTPS_PROXY": f"http://jo:{canaries.name(SETTING)}@proxy:3128",
           "Z_TOKEN": canaries.word("another setting")}  # fmt: skip
    helper = {
        "apiKeyHelper": f"echo {canaries.word('helper for a key')}",
        "env": env,
        "note": canaries.text("settings"),
    }
    local.write(claude / "settings.json", json.dumps(helper, indent=2).encode())


def commit(machine: CoveredMachine, folder: Path, canaries: Canaries) -> None:
    """History with secrets in it, and a stranger as its author."""
    (folder / "src.py").write_text(canaries.text("source file"), encoding="utf-8")
    machine.bench.git(folder, "add", "src.py")
    who = ("-c", f"user.name=Jo {canaries.name('name of an author')}", "-c",
           f"user.email={canaries.name('address of an author')}@stranger.example")  # fmt: skip
    machine.bench.git(folder, *who, "commit", "-q", "-m", canaries.text("commit message"))


def logs(machine: CoveredMachine, folder: str, canaries: Canaries, at: str) -> None:
    """What both tools write on this machine."""
    bench = machine.bench
    project = bench.claude / "projects" / f"-{canaries.name(LOG_FOLDER)}"
    local.write(project / f"{local.SESSION}.jsonl", local.transcript(canaries, folder))
    local.write(project / f"{canaries.name(LOG_FOLDER)}.jsonl", canaries.text("file that is no log").encode())
    live = {"pid": os.getpid(), "sessionId": local.SESSION, "cwd": folder, "name": canaries.line("session file")}
    local.write(bench.claude / "sessions" / f"{os.getpid()}.json", json.dumps(live).encode())
    name = f"rollout-2026-11-22T05-00-00-{local.THREAD}.jsonl"
    local.write(bench.codex / "sessions" / "2026" / "11" / "22" / name, local.rollout(canaries, folder, at))


def strangers(machine: CoveredMachine, canaries: Canaries) -> None:
    """Hosts that are not captured, and requests that the relay refuses."""
    hosts = [f"{canaries.name('name of a host that is not listed')}.stranger.example" for _ in range(3)]
    machine.client([{"kind": "certificate", "host": host} for host in hosts])
    wrong = base64.b64encode(f"tollbook:{canaries.name('wrong password')}".encode()).decode()
    for request in (
        f"CONNECT api.anthropic.com:443 HTTP/1.1\r\nProxy-Authorization: Basic {wrong}\r\n\r\n",
        f"GET http://{canaries.name('plain proxy request')}.example/{canaries.name('plain path')} HTTP/1.1\r\n\r\n",
        f"{canaries.line('no HTTP at all')}\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", machine.proxy.port), PATIENCE_SECONDS) as channel:
            channel.sendall(request.encode())
            assert channel.recv(1024).startswith(b"HTTP/1.1 4")


def told(machine: CoveredMachine, canaries: Canaries, at: str) -> None:
    """What the tools' own OpenTelemetry sends, and what nobody should."""
    place = telemetry.load(machine.home)
    assert place is not None
    own = {"x-tollbook-token": place.token, "x-note": canaries.line("header of an exporter")}

    def post(path: str, body: bytes, **more: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", place.port, timeout=PATIENCE_SECONDS)
        try:
            connection.request("POST", path, body, {**own, "content-type": "application/json", **more})
            return connection.getresponse().status
        finally:
            connection.close()

    events = local.events(canaries, at)
    assert post("/v1/logs", events) == 200
    assert post("/v1/logs", events[: len(events) // 2]) == 400
    assert post("/v1/logs", canaries.text("no OTLP").encode(), **{"content-type": "application/x-protobuf"}) == 400
    assert post("/v1/traces", canaries.text("traces").encode()) == 200
    assert post("/v1/metrics", canaries.text("metrics").encode()) == 200
    assert post(f"/v1/{canaries.name('unknown path')}", b"{}") == 404
    assert post("/v1/logs", events, **{"x-tollbook-token": canaries.name("wrong token")}) == 401
    assert post("/v1/logs", events, host=f"{canaries.name('foreign Host')}.example") == 403
    assert post("/v1/logs", events, **{"content-encoding": canaries.word("unknown coding")}) in (400, 415)


def hooks(machine: CoveredMachine, folder: str, canaries: Canaries) -> None:
    """Cursor's hook, once for each payload."""
    words = [sys.executable, "-m", "tollbook_agent.capture.cursor.hook", str(machine.home)]
    for payload in local.payloads(canaries, folder):
        done = subprocess.run(words, input=payload, capture_output=True, timeout=PATIENCE_SECONDS, check=True,
                              env=machine.bench.environment())  # fmt: skip
        assert (done.stdout, done.stderr) == (b"{}\n", b"")


def asked(machine: CoveredMachine, path: str) -> bytes:
    """An answer of the collector's."""
    with urllib.request.urlopen(f"{machine.api}{path}", timeout=PATIENCE_SECONDS) as answer:
        return answer.read()


def arrived(machine: CoveredMachine) -> dict[str, list[str]]:
    """See `Played`."""
    calls = json.loads(asked(machine, "/api/v1/calls?limit=500"))["calls"]
    return {value: call["sources"] for call in calls for value in call["ids"].values()}


def wanted_of(every: Mapping[str, Scene]) -> Mapping[str, set[str]]:
    """See `Played`."""
    wire = {call: {"proxy"} for scene in every.values() for call in scene.calls}
    read = {call: {"log"} for call in (*local.TRANSCRIPT_CALLS, *local.ROLLOUT_CALLS)}
    both = {local.TRANSCRIPT_CALLS[0]: {"log", "otel"}, local.ROLLOUT_CALLS[0]: {"log", "otel"}}
    events = {local.TOLD_REQUESTS[1]: {"otel"}, local.GENERATION: {"hook"}}
    return {**wire, **read, **both, **events}


def missing(machine: CoveredMachine, wanted: Mapping[str, set[str]]) -> list[str]:
    """What has not come yet."""
    found = arrived(machine)
    return [f"{name} by {sources}, not {found.get(name)}" for name, sources in wanted.items()
            if set(found.get(name, ())) != sources]  # fmt: skip


def lacking(machine: CoveredMachine, every: Mapping[str, Scene], answers: list[str]) -> str:
    """Which calls have not come, what the client was answered where they were made, and what the relay did."""
    left = missing(machine, wanted_of(every))
    got = {call: answer for scene, answer in zip(every.values(), answers, strict=True) for call in scene.calls}
    clients = {call: answer for call, answer in got.items() if any(each.startswith(f"{call} ") for each in left)}
    return f"every call: {left}; the client got {clients}; the relay: {machine.status()}"


def ask_all(machine: CoveredMachine) -> None:
    """Every command and interface that tells of calls; what they say is kept beside what the programs print."""
    for words in (
        ("status",), ("status", "--json"), ("calls", "--json"), ("context", "--json"),
        ("spend", "--by", "repo,branch,model", "--json"), ("ticket", "PAY-123", "--json"), ("trust", "show", "--json"),
        ("uninstall", "--dry-run"),
    ):  # fmt: skip
        machine.tollbook(*words)
    assert machine.collector is not None
    environment = {**os.environ, "TOLLBOOK_COLLECTOR_HOME": str(machine.collector)}
    for words in (("status", "--json"), ("calls", "--json"), ("spend", "--by", "ticket,model", "--json")):
        run("tollbook-collector", words, environment, machine.said)
    for path in (
        "/api/v1/calls?limit=500",
        "/api/v1/spend?group_by=repo,branch&from=2026-01-01&to=2028-01-01",
        "/api/v1/tickets/PAY-123",
        "/api/v1/status",
    ):
        (machine.said / path.replace("/", "_").partition("?")[0]).write_bytes(asked(machine, path))


def processes(machine: CoveredMachine) -> list[Facts]:
    """Supervisor, resident process and engine."""
    found: list[Facts] = []
    supervisor = psutil.Process(machine.supervisor)
    for process in (supervisor, *supervisor.children(recursive=True)):
        words = process.cmdline()
        module = words[words.index("-m") + 1] if "-m" in words else words[-1]
        limits = process.rlimit(psutil.RLIMIT_CORE)
        found.append(Facts(module=module, arguments=tuple(words), environment=process.environ(), core_limit=limits))
    return found


def open_to_others(folder: Path) -> list[str]:
    """Files and folders that anybody but their user may read."""
    every = [folder, *folder.rglob("*")]
    return [f"{path.relative_to(folder)} {path.stat().st_mode & 0o777:o}" for path in every
            if path.lstat().st_mode & 0o077]  # fmt: skip


def test_everything_went_through(played: Played) -> None:
    """Otherwise nothing being found would say nothing."""
    assert {name: set(played.arrived.get(name, ())) for name in played.wanted} == played.wanted
    counted = Counter(source for sources in played.wanted.values() for source in sources)
    assert counted == {"proxy": 15, "log": 5, "otel": 3, "hook": 1}
    assert len(played.canaries.planted) >= LEAST
    assert {each.kind for each in played.canaries.planted} >= set(TEXTS)
    assert {name: got for name, (_, got) in played.answers.items()} == {
        name: said for name, (said, _) in played.answers.items()
    }


def test_no_secret_is_anywhere(played: Played) -> None:
    hits = search([*played.running, *played.ended], played.canaries.planted)
    leaks = {hit for hit in hits if not re.fullmatch(STAYS.get(hit.place, ""), hit.found_in)}
    assert sorted(leaks, key=str) == []


def test_the_search_finds_what_is_there(played: Played, tmp_path: Path) -> None:
    """One secret of each kind in each encoding, a database, and what is known to stay."""
    chosen = {each.kind: each for each in played.canaries.planted}
    assert set(chosen) > set(TEXTS)
    with closing(sqlite3.connect(tmp_path / "control.db")) as database, database:
        database.execute("CREATE TABLE control (secret BLOB)")
        for kind, canary in chosen.items():
            database.execute("INSERT INTO control VALUES (?)", (canary.needle.encode(),))
            for encoding, data in encodings(canary.needle).items():
                (tmp_path / f"{kind}, {encoding}").write_bytes(b"before" + data + b"behind")
    files = list(below(tmp_path))
    hits = search(files, chosen.values())
    assert {f"{hit.kind}, {hit.encoding}" for hit in hits} >= {name for name, _ in files if ", " in name}
    assert {hit.kind for hit in hits if hit.found_in == "control.db (rows)"} == set(chosen)
    stay = {hit.place for hit in search(played.running, played.canaries.planted)}
    assert stay == set(STAYS)


def test_own_secrets_are_in_no_argument_and_no_environment(played: Played) -> None:
    assert [each.module for each in played.processes] == [
        "tollbook_agent.supervisor", "tollbook_agent.resident", "tollbook_agent.capture.proxy.engine"
    ]  # fmt: skip
    for process in played.processes:
        said = " ".join((*process.arguments, *process.environment.values()))
        assert not [secret for secret in played.secrets if secret in said], process.module
        assert not re.search(r"[0-9a-f]{32}", " ".join(process.arguments)), process.module


def test_the_engine_knows_no_keys_and_writes_none(played: Played) -> None:
    engine = played.processes[-1]
    assert not {*ENVIRONMENT, "SSLKEYLOGFILE"} & set(engine.environment)


def test_what_prompts_pass_through_leaves_no_core(played: Played) -> None:
    assert {each.module: each.core_limit for each in played.processes[1:]} == {
        "tollbook_agent.resident": (0, 0), "tollbook_agent.capture.proxy.engine": (0, 0)
    }  # fmt: skip


def test_all_files_are_for_their_user_only(played: Played) -> None:
    assert played.open_to_others == []
