"""`tollbook install`: the resident agent as a service, and what the tools' own settings say of Tollbook."""

import argparse
import os
import sys
from collections.abc import Iterable

from tollbook.problem import Problem
from tollbook_agent import telemetry
from tollbook_agent.capture.proxy import files
from tollbook_agent.cli import exit_codes
from tollbook_agent.cli.capture import NOT_SET_UP, tool_environment
from tollbook_agent.cli.run_tool import answers
from tollbook_agent.service import manage
from tollbook_agent.service.shape import Service
from tollbook_agent.settings import Settings, load
from tollbook_agent.tools import claude_settings, codex_config, cursor_hooks, edit
from tollbook_agent.tools.setting import Refused, Setting

BY_HAND = "start the agent by hand: `tollbook agent run`"


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """What to install."""
    parser.description = (
        "Start the agent with this user's session, and tell the tools that are found of it in their own settings."
        " With options only what they name. `tollbook uninstall` takes all of it out again."
    )
    parser.epilog = "example: tollbook install --dry-run"
    parser.add_argument("--dry-run", action="store_true", help="show every file, setting and command; change nothing")
    parser.add_argument("--service", action="store_true", help="the resident agent, by the system's service manager")
    parser.add_argument("--otel", action="store_true", help="Claude Code and Codex report their calls to the agent")
    parser.add_argument("--cursor", action="store_true", help="Cursor reports the counts of its turns by a hook")
    parser.add_argument("--network", action="store_true", help="Claude Code uses the relay, in every window")
    parser.add_argument("--statusline", action="store_true", help="Claude Code shows what the session costs")


def run(arguments: argparse.Namespace, _name: str) -> int:
    """Do it."""
    dry: bool = arguments.dry_run
    settings = load(os.environ, make=not dry)
    named = any((arguments.service, arguments.otel, arguments.cursor, arguments.network, arguments.statusline))
    try:
        wanted = _wanted(settings, arguments) if named else found_tools(settings, dry=dry)
    except Refused as fault:
        print(f"tollbook: {fault.remedy}", file=sys.stderr)
        return exit_codes.FAILED
    service = service_of(settings) if arguments.service or not named else None
    planned = edit.plan(settings.home, wanted)
    for one in planned.edits:
        print(one.shown())
    if planned.problems:
        tell(planned.problems)
        return exit_codes.FAILED
    if service is not None and manage.is_written(settings.home, service):
        service = None
    if not planned.edits and service is None:
        print("everything is as it should be already")
        return exit_codes.OK
    if dry:
        if service is not None:
            _show(service)
        print("nothing was changed (--dry-run)")
        return exit_codes.OK
    return _do(settings, planned.edits, service)


def service_of(settings: Settings) -> Service:
    """The resident agent on this machine."""
    state = files.load(settings.home)
    return manage.service_for(manage.laptop_of(settings.home, os.environ, None if state is None else state.port))


def found_tools(settings: Settings, *, dry: bool) -> list[Setting]:
    """What every tool on this machine can be told without a risk to it: not the relay."""
    place = (telemetry.draft if dry else telemetry.make)(settings.home)
    claude = claude_settings.settings_path(os.environ, _user())
    codex = codex_config.codex_home(os.environ, _user())
    cursor = cursor_hooks.hooks_path(os.environ, _user())
    return [
        *(claude_settings.telemetry(claude, place.port, place.token) if claude.parent.is_dir() else ()),
        *(codex_config.telemetry(codex, place.port, place.token) if codex.is_dir() else ()),
        *(_cursor(settings) if cursor.parent.is_dir() else ()),
    ]


def _wanted(settings: Settings, arguments: argparse.Namespace) -> list[Setting]:
    """What was named.

    Raises:
        Refused: the relay that Claude Code would be led to does not answer.
    """
    wanted: list[Setting] = []
    if arguments.otel:
        place = (telemetry.draft if arguments.dry_run else telemetry.make)(settings.home)
        wanted += claude_settings.telemetry(
            claude_settings.settings_path(os.environ, _user()), place.port, place.token
        )  # fmt: skip
        wanted += codex_config.telemetry(codex_config.codex_home(os.environ, _user()), place.port, place.token)
    if arguments.cursor:
        wanted += _cursor(settings)
    if arguments.statusline:
        path = claude_settings.settings_path(os.environ, _user())
        wanted += claude_settings.status_line(path, settings.home)
    if arguments.network:
        state = files.load(settings.home)
        if state is None or not answers(state):
            why = NOT_SET_UP if state is None else "the relay does not answer: `tollbook agent run` must run, always"
            raise Refused("no_relay", f"{why}; Claude Code would not work through it")
        wanted += _network(settings, state)
    return wanted


def _user() -> str:
    return os.path.expanduser("~")


def _cursor(settings: Settings) -> list[Setting]:
    line = cursor_hooks.command(sys.executable, settings.home)
    return cursor_hooks.hooks(cursor_hooks.hooks_path(os.environ, _user()), line)


def _network(settings: Settings, state: files.ProxyState) -> list[Setting]:
    """Claude Code's own `env`. Codex reads no CODEX_CA_CERTIFICATE from its settings: `tollbook run -- codex` gives it.
    What Claude Code starts inherits all of it, a Codex too."""
    path = claude_settings.settings_path(os.environ, _user())
    return [
        claude_settings.env(path, name, value, replace=True, secret=state.password if state.password in value else "")
        for name, value in tool_environment(settings, state, {}).items()
    ]


def _show(service: Service) -> None:
    """Every file whole, and every command."""
    for one in service.files:
        print(f"\n{one.path}:")
        print("\n".join(f"    {line}" for line in one.shown.splitlines()))
    print("\ncommands:")
    for words in service.start:
        print(f"    {' '.join(words)}")
    print(f"unless `{' '.join(service.answers)}` does not work: then {BY_HAND}\n")


def _do(settings: Settings, edits: Iterable[edit.Edit], service: Service | None) -> int:
    problems = edit.apply(settings.home, list(edits))
    tell(problems)
    if problems:
        return exit_codes.FAILED
    if service is not None:
        try:
            done = manage.install(settings.home, service)
        except Refused as fault:
            print(f"tollbook: {fault.remedy}", file=sys.stderr)
            return exit_codes.FAILED
        for one in service.files:
            print(f"{one.path}: written")
        for line in done.said:
            print(f"tollbook: {line}", file=sys.stderr)
        print(f"the agent runs under {service.manager}" if done.running else _not_running(service))
    print("done; running sessions notice at their next start, `tollbook uninstall` takes it out again")
    return exit_codes.OK


def _not_running(service: Service) -> str:
    words = " && ".join(" ".join(each) for each in service.start)
    return f"no {service.manager} session of this user answers now: {BY_HAND}, or later: {words}"


def tell(problems: "Iterable[Problem]") -> None:
    """On standard error, each with what to do."""
    for problem in problems:
        print(f"tollbook: {problem.where}: {problem.reason}: {problem.remedy}", file=sys.stderr)
