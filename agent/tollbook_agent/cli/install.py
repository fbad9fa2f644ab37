"""`tollbook install` and `uninstall`: what the tools' own settings say of Tollbook, put in and taken out exactly."""

import argparse
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

from tollbook.problem import Problem
from tollbook_agent import home as places
from tollbook_agent import telemetry
from tollbook_agent.capture.proxy import files
from tollbook_agent.cli import exit_codes
from tollbook_agent.cli.capture import NOT_SET_UP, tool_environment
from tollbook_agent.cli.run_tool import answers
from tollbook_agent.control import Unreachable, ask
from tollbook_agent.settings import Settings, load
from tollbook_agent.tools import claude_settings, codex_config, cursor_hooks, edit, restore
from tollbook_agent.tools.setting import Refused, Setting

RETIRE_SECONDS = 5.0
LOOK_SECONDS = 0.1


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """What to install."""
    parser.add_argument("--dry-run", action="store_true", help="show what would be changed, change nothing")
    if name == "uninstall":
        parser.description = (
            "Take everything out of the tools' settings again, as it was before; values that somebody changed since"
            " stay. Sessions that still use the relay keep a plain tunnel until they end."
        )
        parser.epilog = "example: tollbook uninstall --dry-run"
        return
    parser.description = "Tell the tools of Tollbook in their own settings; `tollbook uninstall` takes it out again."
    parser.epilog = "example: tollbook install --otel --dry-run"
    parser.add_argument("--otel", action="store_true", help="Claude Code and Codex report their calls to the agent")
    parser.add_argument("--cursor", action="store_true", help="Cursor reports the counts of its turns by a hook")
    parser.add_argument("--network", action="store_true", help="Claude Code uses the relay, in every window")
    parser.add_argument("--statusline", action="store_true", help="Claude Code shows what the session costs")


def run(arguments: argparse.Namespace, name: str) -> int:
    """Do it."""
    settings = load(os.environ)
    if name == "uninstall":
        return _uninstall(settings, dry=arguments.dry_run)
    if not (arguments.otel or arguments.cursor or arguments.network or arguments.statusline):
        print("tollbook install: name what: --otel, --cursor, --network or --statusline", file=sys.stderr)
        return exit_codes.USAGE
    wanted: list[Setting] = []
    if arguments.otel:
        wanted += _otel(settings)
    if arguments.cursor:
        line = cursor_hooks.command(sys.executable, settings.home)
        wanted += cursor_hooks.hooks(cursor_hooks.hooks_path(os.environ, _user()), line)
    if arguments.statusline:
        path = claude_settings.settings_path(os.environ, _user())
        wanted += claude_settings.status_line(path, settings.home)
    if arguments.network:
        state = files.load(settings.home)
        if state is None or not answers(state):
            why = NOT_SET_UP if state is None else "the relay does not answer: `tollbook agent run` must run, always"
            print(f"tollbook: {why}; Claude Code would not work through it", file=sys.stderr)
            return exit_codes.FAILED
        wanted += _network(settings, state)
    return _install(settings, wanted, dry=arguments.dry_run)


def _user() -> str:
    return os.path.expanduser("~")


def _otel(settings: Settings) -> list[Setting]:
    place = telemetry.make(settings.home)
    claude = claude_settings.settings_path(os.environ, _user())
    codex = codex_config.codex_home(os.environ, _user())
    return [
        *claude_settings.telemetry(claude, place.port, place.token),
        *codex_config.telemetry(codex, place.port, place.token),
    ]


def _network(settings: Settings, state: files.ProxyState) -> list[Setting]:
    """Claude Code's own `env`. Codex reads no CODEX_CA_CERTIFICATE from its settings: `tollbook run -- codex` gives it.
    What Claude Code starts inherits all of it, a Codex too."""
    path = claude_settings.settings_path(os.environ, _user())
    return [
        claude_settings.env(path, name, value, replace=True, secret=state.password if state.password in value else "")
        for name, value in tool_environment(settings, state, {}).items()
    ]


def _install(settings: Settings, wanted: list[Setting], *, dry: bool) -> int:
    planned = edit.plan(settings.home, wanted)
    for one in planned.edits:
        print(one.shown())
    if planned.problems:
        _tell(planned.problems)
        return exit_codes.FAILED
    if not planned.edits:
        print("everything is as it should be already")
    elif dry:
        print("nothing was changed (--dry-run)")
    else:
        problems = edit.apply(settings.home, planned.edits)
        _tell(problems)
        if problems:
            return exit_codes.FAILED
        print("done; running sessions notice at their next start, `tollbook uninstall` takes it out again")
    return exit_codes.OK


def _uninstall(settings: Settings, *, dry: bool) -> int:
    try:
        entries = restore.chosen(settings.home)
    except Refused as fault:
        print(f"tollbook: {fault}", file=sys.stderr)
        return exit_codes.FAILED
    if dry:
        for each in entries:
            print(f"{each.path}: {'.'.join(each.key[:2])} back to what it was")
        print("nothing was changed (--dry-run)")
        return exit_codes.OK
    restored = restore.restore(settings.home)
    for each in restored.done:
        print(f"{each.path}: {'.'.join(each.key[:2])} is as it was")
    for each in restored.kept:
        print(f"{each.path}: {'.'.join(each.key[:2])} was changed by somebody since, and stays")
    _tell(restored.problems)
    _retire(settings)
    (settings.home / telemetry.FILE).unlink(missing_ok=True)
    return exit_codes.FAILED if restored.problems else exit_codes.OK


def _retire(settings: Settings) -> None:
    """Stop capturing. A resident agent ends, and leaves tunnels for the sessions that need them."""
    state = files.load(settings.home)
    if state is None:
        return
    files.save(settings.home, replace(state, capture=False))
    try:
        ask(settings.home / places.CONTROL, "retire", timeout=RETIRE_SECONDS)
    except Unreachable:
        return
    end = time.monotonic() + RETIRE_SECONDS
    while Path(settings.home / places.CONTROL).exists() and time.monotonic() < end:
        time.sleep(LOOK_SECONDS)
    print("the resident agent has ended; sessions that still use its relay keep a plain tunnel until they end")


def _tell(problems: "tuple[Problem, ...] | list[Problem]") -> None:
    for problem in problems:
        print(f"tollbook: {problem.where}: {problem.reason}: {problem.remedy}", file=sys.stderr)
