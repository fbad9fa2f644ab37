"""Faults of an installation, one a laptop: the doctor finds each, says what to do, and reports nothing else."""

import contextlib
import importlib.util
import json
import shutil
import socket
import sqlite3
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import pytest

from tests.support.patient import Patient
from tests.support.tls_files import make_tls
from tollbook_agent import telemetry
from tollbook_agent.capture.proxy import files, generations
from tollbook_agent.doctor.examine import CHECKS, examine
from tollbook_agent.identity_store import save
from tollbook_agent.service import manage

DAY_SECONDS = 86_400.0


@pytest.fixture
def patient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Patient]:
    with contextlib.ExitStack() as stack:
        yield Patient(tmp_path, monkeypatch, stack)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def database(patient: Patient, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(patient.home / "laptop.db")) as connection:
        for each in statements:
            connection.execute(each)
        connection.commit()


def wrong_setting(patient: Patient) -> None:
    (patient.home / "config.toml").write_text('colector = "127.0.0.1:4317"\n')


def open_folder(patient: Patient) -> None:
    patient.home.chmod(0o755)


def full_disk(patient: Patient) -> None:
    usage = type("Usage", (), {"free": 1024})
    patient.patch.setattr(shutil, "disk_usage", lambda _path: usage)  # pyright: ignore[reportUnknownLambdaType]


def damaged_manifest(patient: Patient) -> None:
    (patient.home / "installed.json").write_text("{")


def unit_gone(patient: Patient) -> None:
    patient.tollbook("install", "--service")
    (patient.user / ".config" / "systemd" / "user" / "tollbook.service").unlink()


def moved_installation(patient: Patient) -> None:
    here = manage.laptop_of(patient.home, patient.environment, None)
    manage.install(patient.home, manage.service_for(replace(here, python="/gone/python")))


def replaced_setting(patient: Patient) -> None:
    patient.tollbook("install", "--otel")
    path = patient.user / ".claude" / "settings.json"
    document = json.loads(path.read_text())
    document["env"]["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://elsewhere:4318"
    path.write_text(json.dumps(document))


def no_agent(patient: Patient) -> None:
    patient.agent.close()


def agent_cannot_store(patient: Patient) -> None:
    patient.says["store_error"] = "database or disk is full"


def receiver_port_taken(patient: Patient) -> None:
    telemetry.make(patient.home)
    patient.says |= {"otlp": None, "otlp_error": "127.0.0.1:4711 cannot be listened on (Address already in use)"}


def agent_older_than_receiver(patient: Patient) -> None:
    telemetry.make(patient.home)
    patient.says["otlp"] = None


def damaged_store(patient: Patient) -> None:
    path = patient.home / "laptop.db"
    database(patient, "PRAGMA wal_checkpoint(TRUNCATE)")
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))


def newer_store(patient: Patient) -> None:
    database(patient, "PRAGMA user_version = 99")


def unread_lines(patient: Patient) -> None:
    database(patient, "INSERT INTO discard VALUES ('/x/y.jsonl', 'line_not_json', 200, 1, '')")


def sending_fails(patient: Patient) -> None:
    patient.enrol()
    patient.says["collector_error"] = "resource_exhausted"
    database(patient, "INSERT INTO claim VALUES (20000, 1, X'00', X'00', 1)")


def spool_unread(patient: Patient) -> None:
    with (files.spool(patient.home) / "engine-1-1.spool").open("wb") as spool:
        spool.truncate(48 * 2**20)


def no_logs(patient: Patient) -> None:
    shutil.rmtree(patient.user / ".claude")
    shutil.rmtree(patient.user / ".codex")


def logs_are_no_folder(patient: Patient) -> None:
    (patient.user / ".claude" / "projects").rmdir()
    (patient.user / ".claude" / "projects").write_text("")


def broken(name: str) -> Callable[[Patient], None]:
    return lambda patient: (patient.user / name).write_text("{ x") and None


def silenced(patient: Patient) -> None:
    patient.tollbook("install", "--otel")
    patient.set(DISABLE_TELEMETRY="1")


def nameless(patient: Patient) -> None:
    (patient.user / ".gitconfig").write_text("")


def damaged_capture(patient: Patient) -> None:
    patient.cover()
    (files.folder(patient.home) / files.STATE).write_text("{")


def stranger_at_the_port(patient: Patient) -> None:
    patient.cover()
    listening = patient.stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    patient.proxy(port=int(listening.getsockname()[1]))


def nobody_at_the_port(patient: Patient) -> None:
    patient.cover()
    patient.proxy(port=free_port())


def no_engine(patient: Patient) -> None:
    patient.cover()
    real = importlib.util.find_spec
    patient.patch.setattr(importlib.util, "find_spec", lambda name: None if name == "mitmproxy" else real(name))


def anchor_until(days: float) -> Callable[[Patient], None]:
    def seed(patient: Patient) -> None:
        patient.cover()
        folder = files.folder(patient.home)
        until = time.time() + days * DAY_SECONDS
        generations.write(folder, [replace(one, until=until) for one in generations.read(folder)])

    return seed


def new_host(patient: Patient) -> None:
    patient.cover()
    patient.proxy(more_hosts=("models.acme.example",))


def no_anchor(patient: Patient) -> None:
    patient.cover()
    patient.tollbook("trust", "remove")
    patient.proxy(capture=True)


def leaves_gone(patient: Patient) -> None:
    patient.cover()
    shutil.rmtree(files.folder(patient.home) / files.LEAVES)


def bundle_replaced(patient: Patient) -> None:
    patient.cover()
    (files.folder(patient.home) / files.CODEX_BUNDLE).write_text("")


def old_proxy_gone(patient: Patient) -> None:
    patient.cover()
    patient.proxy(upstream_proxy=f"http://127.0.0.1:{free_port()}")


def old_certificates_gone(patient: Patient) -> None:
    patient.cover()
    patient.proxy(upstream_ca="/gone/ca.pem")


def old_password(patient: Patient) -> None:
    state = patient.cover()
    patient.set(HTTPS_PROXY=f"http://tollbook:old@127.0.0.1:{state.port}")


def no_checks_of_certificates(patient: Patient) -> None:
    patient.set(NODE_TLS_REJECT_UNAUTHORIZED="0")


def missing_certificates(patient: Patient) -> None:
    patient.set(NODE_EXTRA_CA_CERTS="/gone/ca.pem")


def damaged_enrolment(patient: Patient) -> None:
    (patient.home / "enrolment.json").write_text("{")


def pending_enrolment(patient: Patient) -> None:
    patient.enrol(state="pending")


def readable_credential(patient: Patient) -> None:
    patient.enrol()
    (patient.home / "credential").chmod(0o644)


def nowhere(patient: Patient) -> None:
    patient.set(TOLLBOOK_COLLECTOR="collector.invalid:4317")


def nobody(patient: Patient) -> None:
    patient.set(TOLLBOOK_COLLECTOR=f"127.0.0.1:{free_port()}")


def untrusted_collector(patient: Patient) -> None:
    tls = make_tls(patient.folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls.certificate, tls.key)
    listening = patient.stack.enter_context(socket.create_server(("127.0.0.1", 0)))

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                with connection, contextlib.suppress(OSError):
                    connection.settimeout(5)
                    context.wrap_socket(connection, server_side=True).close()

    threading.Thread(target=serve, daemon=True).start()
    known = patient.enrol()
    target = f"127.0.0.1:{listening.getsockname()[1]}"
    save(patient.home, known._replace(url="https://127.0.0.1:1", collector=target), "tbd_invented", in_file=True)
    patient.set(TOLLBOOK_API=patient.collector.api)


def revoked(patient: Patient) -> None:
    patient.enrol(code=grpc.StatusCode.UNAUTHENTICATED)


def no_collector_at_the_port(patient: Patient) -> None:
    patient.enrol(code=grpc.StatusCode.UNIMPLEMENTED)


def not_ready(patient: Patient) -> None:
    patient.enrol()
    patient.collector.ready = {"status": "unready", "reason": "migrating"}


def no_api(patient: Patient) -> None:
    patient.set(TOLLBOOK_API=f"http://127.0.0.1:{free_port()}")


def wrong_clock(patient: Patient) -> None:
    patient.enrol()
    patient.collector.date = "Sun, 01 Nov 2020 10:00:00 GMT"


class Fault(NamedTuple):
    """What is done, which check finds it, and words of the advice."""

    seed: Callable[[Patient], Any]
    check: str
    advice: str


FAULTS: Mapping[str, Fault] = {
    "a setting is misspelt": Fault(wrong_setting, "settings", "config.toml"),
    "others can read the folder": Fault(open_folder, "home_private", "chmod 700"),
    "the disk is full": Fault(full_disk, "disk", "make room"),
    "the manifest is damaged": Fault(damaged_manifest, "install_record", "undoing by hand"),
    "a unit is gone": Fault(unit_gone, "service_files", "tollbook install --service"),
    "the installation has moved": Fault(moved_installation, "service_current", "tollbook install"),
    "somebody replaced a setting": Fault(replaced_setting, "tool_settings", "tollbook install sets it again"),
    "the agent does not run": Fault(no_agent, "agent_running", "tollbook agent run"),
    "the agent cannot store": Fault(agent_cannot_store, "agent_storing", "make room"),
    "the receiver's port is taken": Fault(receiver_port_taken, "receiver", "end the program that holds port"),
    "the agent is older than the receiver": Fault(agent_older_than_receiver, "receiver", "start the agent again"),
    "the store is damaged": Fault(damaged_store, "store", "tollbook scan"),
    "the store is of a newer version": Fault(newer_store, "store", "uv tool upgrade"),
    "lines cannot be read": Fault(unread_lines, "unread", "tollbook status"),
    "sending fails": Fault(sending_fails, "outbox", "checks of the collector"),
    "nobody reads the spool": Fault(spool_unread, "spool", "start the agent"),
    "there are no logs": Fault(no_logs, "logs_found", "CLAUDE_CONFIG_DIR"),
    "logs are no folder": Fault(logs_are_no_folder, "logs_readable", "a folder this user can read"),
    "Claude Code's settings are broken": Fault(broken(".claude/settings.json"), "claude_settings", "correct"),
    "Codex's settings are broken": Fault(broken(".codex/config.toml"), "codex_config", "correct"),
    "Cursor's hooks are broken": Fault(broken(".cursor/hooks.json"), "cursor_hooks", "correct"),
    "this shell silences tools": Fault(silenced, "telemetry_silenced", "unset DISABLE_TELEMETRY"),
    "nobody is the engineer": Fault(nameless, "engineer", "git config --global user.email"),
    "capture's setup is damaged": Fault(damaged_capture, "capture_state", "tollbook on"),
    "a stranger answers as relay": Fault(stranger_at_the_port, "relay", "end the program that holds port"),
    "the relay does not answer": Fault(nobody_at_the_port, "relay", "start the agent again"),
    "the engine is not installed": Fault(no_engine, "engine", "tollbook-agent[proxy]"),
    "the anchor has ended": Fault(anchor_until(-1), "anchor", "tollbook trust rotate"),
    "the anchor ends soon": Fault(anchor_until(20), "anchor", "tollbook trust rotate"),
    "a host has no leaf": Fault(new_host, "leaves", "tollbook trust rotate"),
    "there is no anchor": Fault(no_anchor, "leaves", "tollbook on"),
    "the leaves are gone": Fault(leaves_gone, "leaf_files", "tollbook trust rotate"),
    "a bundle was replaced": Fault(bundle_replaced, "bundles", "tollbook on"),
    "the old proxy is gone": Fault(old_proxy_gone, "upstream_proxy", "HTTPS_PROXY"),
    "old certificates are gone": Fault(old_certificates_gone, "upstream_ca", "NODE_EXTRA_CA_CERTS"),
    "the shell has an old password": Fault(old_password, "shell_proxy", "tollbook env"),
    "the shell checks no certificates": Fault(no_checks_of_certificates, "shell_trust", "unset"),
    "the shell names missing certificates": Fault(missing_certificates, "shell_trust", "unset NODE_EXTRA_CA_CERTS"),
    "the enrolment is damaged": Fault(damaged_enrolment, "enrolment", "tollbook enroll"),
    "the enrolment waits": Fault(pending_enrolment, "enrolment", "approval"),
    "others can read the credential": Fault(readable_credential, "credential", "tollbook enroll"),
    "the collector has no address": Fault(nowhere, "collector_name", "DNS"),
    "nobody answers at the collector": Fault(nobody, "collector_reach", "start the collector"),
    "the collector's certificate is foreign": Fault(untrusted_collector, "collector_tls", "tollbook enroll --ca"),
    "the credential was revoked": Fault(revoked, "collector_accepts", "tollbook enroll"),
    "the port is not the collector's": Fault(no_collector_at_the_port, "collector_accepts", "4317"),
    "the collector is not ready": Fault(not_ready, "collector_ready", "who runs the collector"),
    "the API does not answer": Fault(no_api, "collector_ready", "check `api`"),
    "the clock is wrong": Fault(wrong_clock, "clock", "set this machine's clock"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_with_its_advice_and_nothing_else(patient: Patient, name: str) -> None:
    fault = FAULTS[name]
    fault.seed(patient)
    found = patient.wrong()
    assert [one.check.name for one in found] == [fault.check], found
    assert fault.advice in found[0].finding.advice


@pytest.mark.parametrize("prepare", [lambda _: None, Patient.cover, Patient.enrol])
def test_a_healthy_laptop_has_nothing_to_mend(patient: Patient, prepare: Callable[[Patient], Any]) -> None:
    prepare(patient)
    assert patient.wrong() == []


def test_what_can_be_wrong_is_looked_at_once_by_name(patient: Patient) -> None:
    names = [check.name for check in CHECKS]
    assert len(names) == len(set(names)) >= 20
    assert [one.check.name for one in examine(patient.environment, live=False)] == names
    unseeded = set(names) - {each.check for each in FAULTS.values()}
    assert unseeded == {"python", "open_files", "trust_node", "trust_bun", "trust_claude", "trust_codex"}
