"""Multiplies the demo's recordings to a corpus of any size: `python benchmarks/corpus.py 250 .bench/corpus`.

Eight copies at a time lie on the same day, half an hour apart, and go on in the same sessions and threads, so that
sessions are about as long as in public transcripts (Claude Code: 0.6 MB and 30 calls). The next eight lie another
number of days earlier. No two copies have a time in common: ccusage takes equal counts at one time for copies of each
other.
"""

import argparse
import re
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPO))

from benchmarks.recast import Age, Copy, last_total, pieces  # noqa: E402
from tests.support.demo import environment  # noqa: E402
from tests.support.demo_story import CHECKOUTS, HOME, REMOTES  # noqa: E402
from tests.support.repos import make_repo  # noqa: E402

RECORDINGS = REPO / "tests" / "recordings" / "demo"
SPREAD_DAYS = 60
"""From the first call to the last."""
STORY_DAYS = 12
CHAPTERS = 8
"""Copies that one session goes on over."""
CHAPTER_TIME = timedelta(minutes=30)
LAST_DAY = datetime(2026, 11, 9, tzinfo=UTC)

_USAGE = re.compile(rb'"usage":\{|"type":"token_usage_record"|"type":"token_count","info":\{')
_CALL = re.compile(rb'"(?:id":"msg_01|response_id":"resp_)[A-Za-z0-9]+"')
_TOTAL = re.compile(rb'"total_token_usage":(\{[^}]*\})')


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """What was made."""

    files: int
    bytes: int
    lines: int
    usage_lines: int
    calls: int

    def __str__(self) -> str:
        return (
            f"corpus: {self.files:,} files, {self.bytes / 1e6:,.1f} MB, {self.lines:,} lines, "
            f"{self.usage_lines:,} usage lines, {self.calls:,} distinct calls"
        )


class Template:
    """One recorded file, taken apart and counted."""

    def __init__(self, path: Path, home: bytes) -> None:
        place = path.relative_to(RECORDINGS)
        data = path.read_bytes().replace(HOME.encode(), home)
        self.path = pieces(place.as_posix().encode())
        self.is_thread = place.parts[0] == "codex"
        self.session = path.stem[-36:].encode()
        first, newline, rest = data.partition(b"\n")
        self.opening = pieces(first + newline)
        """The first line. Of a thread it says whose file it is, once."""
        self.rest = pieces(rest)
        self.total = last_total(self.rest)
        every = data.splitlines()
        self.size, self.lines = len(data), len(every)
        self.usage_lines = sum(1 for line in every if _USAGE.search(line))
        self.calls = len(set(_CALL.findall(data)) or set(_TOTAL.findall(data)))


def build(folder: Path, size: int) -> tuple[Corpus, dict[str, str]]:
    """Make a corpus of about `size` bytes in an empty folder.

    Returns:
        What was made, and the environment in which our programs and others find it.
    """
    source = folder / "src"
    paths = [path for tool in ("claude", "codex") for path in sorted((RECORDINGS / tool).rglob("*")) if path.is_file()]
    templates = [Template(path, str(source).encode()) for path in paths]
    copies = max(1, round(size / sum(each.size for each in templates)))
    sessions = frozenset(each.session for each in templates if len(each.session) == 36)
    files: set[Path] = set()
    written = lines = 0
    for number in range(copies):
        chapter = number % CHAPTERS
        copy, first = _copy(number, sessions), _copy(number - chapter, sessions)
        for template in templates:
            path = folder / (first if template.is_thread else copy).render(template.path).decode()
            data = _chapter(template, copy, chapter)
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(path, "ab") as stream:
                written += stream.write(data)
            if path.suffix == ".jsonl":
                files.add(path)
                lines += data.count(b"\n")
    _repositories(source)
    usage_lines = copies * sum(each.usage_lines for each in templates)
    calls = copies * sum(each.calls for each in templates)
    made = Corpus(files=len(files), bytes=written, lines=lines, usage_lines=usage_lines, calls=calls)
    return made, environment(folder)


def _copy(number: int, sessions: frozenset[bytes]) -> Copy:
    group, chapter = divmod(number, CHAPTERS)
    days = timedelta(days=(group * 7) % (SPREAD_DAYS - STORY_DAYS), seconds=-group)
    later = CHAPTER_TIME * chapter
    return Copy(
        shared=Age(salt=f"group {group}", back=days),
        own=Age(salt=f"copy {number}", back=days - later),
        sessions=sessions,
    )


def _chapter(template: Template, copy: Copy, chapter: int) -> bytes:
    """What a copy adds to its file. Only the first one says whose thread it is."""
    parts = [*template.opening, *template.rest] if chapter == 0 or not template.is_thread else template.rest
    return copy.render(parts, chapter=chapter, total=template.total, lines=template.lines)


def _repositories(source: Path) -> None:
    """The repositories of the demo, with the reflog of somebody who goes to another branch every night."""
    first = LAST_DAY - timedelta(days=SPREAD_DAYS + 5)
    for name, checkouts in CHECKOUTS.items():
        branches = [branch for _, branch in checkouts]
        days = range(SPREAD_DAYS + 5)
        moments = [((first + timedelta(days=day)).timestamp(), branches[day % len(branches)]) for day in days]
        make_repo(source / name, REMOTES[name], moments)


def main() -> None:
    """Make a corpus and say what it is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("megabytes", type=float)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    made, _ = build(arguments.folder.resolve(), int(arguments.megabytes * 1e6))
    print(made)


if __name__ == "__main__":
    main()
