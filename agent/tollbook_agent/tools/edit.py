"""Planning and making changes in the tools' own files."""

import contextlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tollbook.problem import Problem
from tollbook_agent.tools import files, manifest
from tollbook_agent.tools.kinds import TEXTS
from tollbook_agent.tools.manifest import Entry, text_hash
from tollbook_agent.tools.setting import Refused, Setting

MAX_TRIES = 5
"""How often a change is made anew because somebody else changed the file meanwhile."""
_HIDDEN = "(secret)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A setting that is not as it is wanted."""

    setting: Setting
    before: str | None
    """The value there now; `None` for none."""

    def shown(self) -> str:
        """One line for a person; a secret is not in it."""
        setting = self.setting
        old, new = ("(absent)" if self.before is None else self.before), setting.value
        if setting.secret:
            old, new = ("(absent)" if self.before is None else _HIDDEN), new.replace(setting.secret, _HIDDEN)
        name = ".".join(setting.key[:2] if setting.kind == "hooks" else setting.key)
        return f"{setting.path}: {name}: {_line(old)} -> {_line(new)}"


class Plan(NamedTuple):
    """What would be changed, and what stands in the way. Nothing should be applied where something does."""

    edits: tuple[Edit, ...]
    problems: tuple[Problem, ...]


def plan(home: Path, settings: Iterable[Setting]) -> Plan:
    """Compare what is wanted with what is there. Changes nothing."""
    edits: list[Edit] = []
    problems: list[Problem] = []
    try:
        known = manifest.load(home)
    except Refused as fault:
        return Plan((), (_problem(manifest.FILE, fault),))
    for setting in settings:
        try:
            text = _text(files.read(setting.path))
            before = TEXTS[setting.kind].get(text, setting.key)
            if before == setting.value:
                continue
            TEXTS[setting.kind].put(text, setting.key, setting.value)
        except Refused as fault:
            problems.append(_problem(f"{setting.tool} {setting.path.name}", fault))
            continue
        ours = [each.after for each in known.of(_name(setting.path)) if each.key == setting.key]
        if before is not None and not setting.replace and before not in ours[-1:]:
            if setting.optional:
                continue
            remedy = f"{'.'.join(setting.key)} has a value of its own in {setting.path}; remove it first, or keep it"
            problems.append(_problem(f"{setting.tool} {setting.path.name}", Refused("already_set", remedy)))
            continue
        edits.append(Edit(setting=setting, before=before))
    return Plan(tuple(edits), tuple(problems))


def apply(home: Path, edits: Sequence[Edit]) -> list[Problem]:
    """Make the changes, file by file, each file whole; what could not be changed is told and left as it was."""
    problems: list[Problem] = []
    for path in dict.fromkeys(_name(edit.setting.path) for edit in edits):
        wanted = [edit.setting for edit in edits if _name(edit.setting.path) == path]
        try:
            _apply(home, path, wanted)
        except Refused as fault:
            problems.append(_problem(f"{wanted[0].tool} {path.name}", fault))
    return problems


def _apply(home: Path, path: Path, wanted: Sequence[Setting]) -> None:
    """Change one file. The manifest is written first."""
    known = manifest.load(home)
    folder_made = not path.parent.exists()
    if folder_made:
        files.make_folder(path.parent)
    try:
        for _ in range(MAX_TRIES):
            raw = files.read(path)
            text, entries = _changed(_text(raw), path, wanted, list(known.of(path)))
            new = known.with_entries(path, entries)
            if raw is None:
                new = new.with_created(path, *([path.parent] if folder_made else []))
            manifest.save(home, new)
            if files.replace(path, text.encode(), raw):
                return
        raise Refused("changing", f"{path} is being changed by another program; try again")
    except Refused:
        manifest.save(home, known)
        if folder_made:
            with contextlib.suppress(OSError):
                path.parent.rmdir()
        raise


def _changed(text: str, path: Path, wanted: Sequence[Setting], entries: list[Entry]) -> tuple[str, list[Entry]]:
    """The text with all wanted settings, and the entries that lead back."""
    for setting in wanted:
        kind = TEXTS[setting.kind]
        before = kind.get(text, setting.key)
        if before == setting.value:
            continue
        if any(each.key == setting.key for each in entries):
            last = [each for each in entries if each.key == setting.key][-1]
            if before != last.after:  # somebody changed it since: theirs is what is to be put back
                entries = [each for each in entries if each.key != setting.key]
        new, made = kind.put(text, setting.key, setting.value)
        at, old, added = _difference(text, new)
        entries.append(
            Entry(
                tool=setting.tool,
                path=str(path),
                kind=setting.kind,
                key=setting.key,
                before=before,
                after=setting.value,
                made=made,
                hash_before=text_hash(text),
                hash_after=text_hash(new),
                at=at,
                old=old,
                new=added,
            )
        )
        text = new
    return text, entries


def _difference(text: str, new: str) -> tuple[int, str, str]:
    """Where two texts differ: what stood there, and what stands there now."""
    start = _common(text, new)
    end = _common(text[start:][::-1], new[start:][::-1])
    return start, text[start : len(text) - end], new[start : len(new) - end]


def _common(one: str, other: str) -> int:
    """How many characters at the beginning are the same."""
    least = min(len(one), len(other))
    return next((place for place in range(least) if one[place] != other[place]), least)


def _name(path: Path) -> Path:
    """A file by the name it is known under: absolute, links kept."""
    return Path(os.path.abspath(path))


def _text(raw: bytes | None) -> str:
    try:
        return "" if raw is None else raw.decode()
    except UnicodeDecodeError:
        raise Refused("not_utf8", "the file is not UTF-8; correct it first") from None


def _line(value: str) -> str:
    return value.strip().replace("\n", " | ")


def _problem(where: str, fault: Refused) -> Problem:
    return Problem(reason=fault.reason, where=where, permanent=False, remedy=fault.remedy)
