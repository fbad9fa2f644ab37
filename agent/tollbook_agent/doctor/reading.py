"""Checks of what is read and stored: the resident agent, the store, the logs, the tools' own files."""

import json
import os
import time
import tomllib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from tollbook.problem import Problem
from tollbook_agent import telemetry
from tollbook_agent.capture import spool
from tollbook_agent.capture.logs.discover import roots
from tollbook_agent.capture.logs.readers import INFORMATIVE
from tollbook_agent.capture.proxy import files
from tollbook_agent.compose import resolver_of
from tollbook_agent.doctor.finding import Check, Finding, fail, note, ok, warn
from tollbook_agent.doctor.machine import Machine
from tollbook_agent.store import reading
from tollbook_agent.store.connect import StoreError, connect_reading
from tollbook_agent.store.schema import VERSION, NewerStore, version_of
from tollbook_agent.tools import claude_settings, codex_config, cursor_hooks

NO_STORE = "nothing has been read on this machine yet: `tollbook scan`"
MOST_UNREAD = 100
"""Lines or records that could not be read before that is a warning."""
SPOOL_WARNS = spool.MAX_FILE_BYTES // 2
MOVE_STORE = "move laptop.db, -wal and -shm away; `tollbook scan` reads all logs anew"


def agent_running(machine: Machine) -> Finding:
    """Without it nothing is seen but logs, and those only when somebody asks."""
    if machine.agent is None:
        return warn("the resident agent does not answer", "tollbook install, or `tollbook agent run` in a terminal")
    return ok(f"the resident agent answers, process {machine.agent.get('pid')}")


def agent_storing(machine: Machine) -> Finding:
    """Its own last error."""
    wrong = (machine.agent or {}).get("store_error")
    return fail(f"the agent cannot store: {wrong}", "make room, or mend what it names") if wrong else ok("no error")


def receiver(machine: Machine) -> Finding:
    """Where tools were told to send."""
    place = telemetry.load(machine.home)
    if place is None:
        return note("no tool was told to report: `tollbook install --otel`")
    if machine.agent is None:
        return note("not looked at: the agent does not run")
    wrong = machine.agent.get("otlp_error")
    if wrong:
        return fail(str(wrong), f"end the program that holds port {place.port}, then start the agent again")
    if machine.agent.get("otlp") is None:
        return warn("the agent was started before tools were told of it", "start the agent again")
    return ok(f"the tools' own reports are taken on port {place.port}")


def store(machine: Machine) -> Finding:
    """Whether it can be read whole."""
    path = machine.home / "laptop.db"
    try:
        connection = connect_reading(path)
        if connection is None:
            return note(NO_STORE)
        with closing(connection):
            version = version_of(connection)
            said = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except NewerStore:
        return fail("a newer Tollbook wrote the store", "uv tool upgrade tollbook-agent")
    except StoreError as fault:
        return fail(f"the store cannot be read: {fault}", MOVE_STORE)
    if said != "ok":
        return fail("the store is damaged", MOVE_STORE)
    return ok(f"the store is whole, schema {version} of {VERSION}")


def unread(machine: Machine) -> Finding:
    """What a reader did not understand."""
    rows = _ask(machine, reading.discards)
    if rows is None:
        return note(NO_STORE)
    wrong = [(reason, count) for reason, count, *_ in rows if reason not in INFORMATIVE]
    total = sum(count for _, count in wrong)
    if total >= MOST_UNREAD:
        advice = "`tollbook status` shows where; a newer Tollbook may know this version of the tool"
        return warn(f"{total:,} lines or records could not be read, most of them: {wrong[0][0]}", advice)
    return ok(f"{total:,} lines or records could not be read")


def outbox(machine: Machine) -> Finding:
    """What waits for a collector that does not take it."""
    counts = _ask(machine, reading.counts)
    if counts is None or machine.settings is None or machine.settings.collector is None:
        return note("nothing is sent from here")
    error = (machine.agent or {}).get("collector_error")
    if counts["unsent"] and error:
        return warn(
            f"{counts['unsent']:,} claims wait; the last attempt: {error}", "the checks of the collector say why"
        )
    return ok(f"{counts['unsent']:,} claims wait to be sent")


def spool_size(machine: Machine) -> Finding:
    """One that grows is not read."""
    folder = machine.home / files.SPOOL
    sizes = [each.stat().st_size for each in folder.glob(f"*{spool.SUFFIX}")] if folder.is_dir() else []
    if any(size > SPOOL_WARNS for size in sizes):
        return warn("a spool is more than half full: nobody reads it", "start the agent: `tollbook agent run`")
    return ok(f"{len(sizes)} spools")


def logs_found(machine: Machine) -> Finding:
    """Whether any tool has left logs where we look."""
    known = roots(machine.environment, machine.user_home)
    if any(os.path.isdir(each.path) for each in known):
        return ok("there are logs of tools")
    advice = "use Claude Code or Codex once, or set CLAUDE_CONFIG_DIR and CODEX_HOME as the tools have them"
    return warn("no tool has left logs where Tollbook looks", advice)


def logs_readable(machine: Machine) -> Finding:
    """Whether what is there can be listed."""
    for each in roots(machine.environment, machine.user_home):
        if os.path.lexists(each.path):
            try:
                os.scandir(each.path).close()
            except OSError as fault:
                return fail(f"{each.path} cannot be listed ({fault.strerror})", "make it a folder this user can read")
    return ok("all of them can be listed")


def claude_file(machine: Machine) -> Finding:
    """Claude Code starts with its defaults where this is broken."""
    return _parsed(claude_settings.settings_path(machine.environment, machine.user_home), json.loads, "JSON")


def codex_file(machine: Machine) -> Finding:
    """Codex does not start where this is broken."""
    folder = codex_config.codex_home(machine.environment, machine.user_home)
    return _parsed(folder / codex_config.CONFIG, tomllib.loads, "TOML")


def cursor_file(machine: Machine) -> Finding:
    """Cursor runs no hook at all where this is broken."""
    return _parsed(cursor_hooks.hooks_path(machine.environment, machine.user_home), json.loads, "JSON")


def telemetry_silenced(machine: Machine) -> Finding:
    """Variables of this shell that beat the tools' settings."""
    if telemetry.load(machine.home) is None:
        return note("no tool was told to report")
    values = machine.environment
    off = [name for name in ("OTEL_SDK_DISABLED", "DISABLE_TELEMETRY") if values.get(name, "").lower() in ("1", "true")]
    if values.get("CLAUDE_CODE_ENABLE_TELEMETRY") == "0":
        off.append("CLAUDE_CODE_ENABLE_TELEMETRY")
    if off:
        return warn(f"this shell sets {off[0]}: tools started here report nothing", f"unset {off[0]}")
    return ok("nothing in this shell keeps tools from reporting")


def engineer(machine: Machine) -> Finding:
    """Who spends."""
    if machine.settings is None:
        return note("not looked at: a setting is wrong")
    seen = resolver_of(machine.settings, machine.environment, {}).describe(machine.user_home, time.time_ns())
    found = next((one.value for one in seen.findings if one.field == "engineer"), None)
    problems: list[Problem] = [each for each in seen.problems if each.reason == "not_an_email"]
    if found is None:
        advice = "git config --global user.email you@example.com, or `engineer` in config.toml"
        return warn("nobody is named as engineer" + (": not an e-mail address" if problems else ""), advice)
    return ok("the engineer is known")


def _ask[T](machine: Machine, question: Callable[[Any], T]) -> T | None:
    """An answer of the store; `None` where there is none, or where it cannot be read, which another check tells."""
    try:
        connection = connect_reading(machine.home / "laptop.db")
        if connection is None:
            return None
        with closing(connection):
            return question(connection)
    except (StoreError, NewerStore):
        return None


def _parsed(path: Path, parse: Callable[[str], Any], kind: str) -> Finding:
    try:
        parse(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return note(f"there is no {path.name}")
    except (OSError, ValueError, RecursionError) as fault:
        return fail(f"{path} is no valid {kind} ({type(fault).__name__})", f"correct {path}; the tool ignores it so")
    return ok(f"{path.name} is valid {kind}")


CHECKS: tuple[Check, ...] = (
    Check(name="agent_running", looks_at="the resident agent", look=agent_running),
    Check(name="agent_storing", looks_at="whether it can store", look=agent_storing),
    Check(name="receiver", looks_at="the receiver of the tools' own reports", look=receiver),
    Check(name="store", looks_at="the laptop's store, read whole", look=store),
    Check(name="unread", looks_at="what could not be read", look=unread),
    Check(name="outbox", looks_at="what waits to be sent", look=outbox),
    Check(name="spool", looks_at="spools that nobody reads", look=spool_size),
    Check(name="logs_found", looks_at="where tools keep their logs", look=logs_found),
    Check(name="logs_readable", looks_at="whether those can be listed", look=logs_readable),
    Check(name="claude_settings", looks_at="Claude Code's settings.json", look=claude_file),
    Check(name="codex_config", looks_at="Codex's config.toml", look=codex_file),
    Check(name="cursor_hooks", looks_at="Cursor's hooks.json", look=cursor_file),
    Check(name="telemetry_silenced", looks_at="variables that switch tools' reports off", look=telemetry_silenced),
    Check(name="engineer", looks_at="the engineer's e-mail address", look=engineer),
)
