"""Taking changes in the tools' own files back."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tollbook.problem import Problem
from tollbook_agent.tools import files, manifest
from tollbook_agent.tools.edit import MAX_TRIES
from tollbook_agent.tools.kinds import TEXTS
from tollbook_agent.tools.manifest import Entry, Manifest, text_hash
from tollbook_agent.tools.setting import Key, Refused

type Chosen = Callable[[Entry], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was taken back, and what was not."""

    done: tuple[Entry, ...] = ()
    kept: tuple[Entry, ...] = ()
    """Somebody has set another value since: it stays."""
    problems: tuple[Problem, ...] = ()
    """Files that could not be changed; their changes stay known."""


def everything(entry: Entry) -> bool:
    """Choose all."""
    return True


def chosen(home: Path, choose: Chosen = everything) -> tuple[Entry, ...]:
    """What `restore` would take back: for `--dry-run`.

    Raises:
        Refused: the manifest cannot be read.
    """
    return tuple(each for each in manifest.load(home).entries if choose(each))


def restore(home: Path, choose: Chosen = everything) -> Restored:
    """Take back the chosen changes: to the byte where nobody else changed the file, value by value where somebody did.

    Files and folders that were made for them are removed when nothing else is left in them.
    """
    done: list[Entry] = []
    kept: list[Entry] = []
    problems: list[Problem] = []
    try:
        known = manifest.load(home)
    except Refused as fault:
        return Restored(problems=(_problem(manifest.FILE, fault),))
    for path, tool in {each.path: each.tool for each in known.entries if choose(each)}.items():
        try:
            some_done, some_kept = _restore(home, Path(path), choose)
            done += some_done
            kept += some_kept
        except Refused as fault:
            problems.append(_problem(f"{tool} {Path(path).name}", fault))
    return Restored(done=tuple(done), kept=tuple(kept), problems=tuple(problems))


def _restore(home: Path, path: Path, choose: Chosen) -> tuple[list[Entry], list[Entry]]:
    """Take back the changes of one file. The manifest is written last: what is done twice is done once."""
    known = manifest.load(home)
    entries = known.of(path)
    chosen_here = [each for each in entries if choose(each)]
    for _ in range(MAX_TRIES):
        raw = files.read(path)
        left = [each for each in entries if each not in chosen_here]
        kept: list[Entry] = []
        if raw is not None:
            text, left, kept = undo(_text(raw), entries, choose)
            is_ours = str(path) in known.created and not left and TEXTS[chosen_here[0].kind].is_empty(text)
            if not (files.delete(path, raw) if is_ours else _written(path, text, raw)):
                continue
        new = known.with_entries(path, left)
        if not left:
            new = _without_files(new, path)
        manifest.save(home, new)
        return [each for each in chosen_here if each not in kept], kept
    raise Refused("changing", f"{path} is being changed by another program; try again")


def undo(text: str, entries: Sequence[Entry], choose: Chosen) -> tuple[str, list[Entry], list[Entry]]:
    """The text without the chosen changes, the entries left, and those whose value is somebody else's now. Pure.

    Raises:
        Refused: the text cannot be understood any more.
    """
    left = list(entries)
    while left and choose(left[-1]) and text_hash(text) == left[-1].hash_after:
        last = left.pop()
        text = text[: last.at] + last.old + text[last.at + len(last.new) :]
    kept: list[Entry] = []
    keys: dict[Key, list[Entry]] = {}
    for each in left:
        if choose(each):
            keys.setdefault(each.key, []).append(each)
    for key, changes in reversed(keys.items()):
        first, last = changes[0], changes[-1]
        kind = TEXTS[last.kind]
        current = kind.get(text, key)
        if current == last.after:
            text = kind.drop(text, key, first.made) if first.before is None else kind.put(text, key, first.before)[0]
        elif current not in (None, first.before):
            kept.append(last)
        left = [each for each in left if each.key != key or not choose(each)]
    return text, left, kept


def _written(path: Path, text: str, raw: bytes) -> bool:
    data = text.encode()
    return True if data == raw else files.replace(path, data, raw)


def _without_files(known: Manifest, path: Path) -> Manifest:
    """The manifest after the last change of a file was taken back, its folder removed if we made it and it is empty."""
    folder = path.parent
    if str(folder) in known.created and not any(Path(each.path).parent == folder for each in known.entries):
        with contextlib.suppress(OSError):  # something else is in it by now
            folder.rmdir()
        known = known.without_created(folder)
    return known.without_created(path)


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Refused("not_utf8", "the file is not UTF-8; correct it first") from None


def _problem(where: str, fault: Refused) -> Problem:
    return Problem(reason=fault.reason, where=where, permanent=False, remedy=fault.remedy)
