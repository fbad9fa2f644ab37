"""Bills that arrive as files: a folder that the company's own sync fills from S3, GCS or a share.

Files that stand in one folder and are numbered are parts of one delivery and are read as one. Deliveries are taken in
the order of their time, so that the latest one of a month counts. What has not changed since the last look is not read.
"""

import gzip
import hashlib
import os
import re
import zlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from tollbook.problem import Problem
from tollbook_collector.bills.read import MAX_FILE_BYTES, BillFile
from tollbook_collector.finance import Finance
from tollbook_collector.pull.result import Pulled
from tollbook_collector.pull.settings import Source

MOST_FILES = 10_000
STILL_SECONDS = 120
"""A file changed later than this ago may still be being written: it is looked at next time."""
_SUFFIXES = (".csv", ".csv.gz", ".json", ".json.gz", ".jsonl", ".jsonl.gz")
_PART = re.compile(r"(?P<name>.*?)[-_]?(?P<number>\d{5,12})")
_READ = "files"


class _Delivery(NamedTuple):
    """Files that belong together."""

    name: str
    paths: tuple[Path, ...]
    modified: float


def pull_folder(finance: Finance, source: Source, home: Path, now: float, *, dry_run: bool) -> Pulled:
    """Take what is new in a source's folder."""
    done = Pulled(source=source.name, report=_READ)
    folder = home / _local(source.folder)
    try:
        found = _deliveries(folder, now)
    except OSError as fault:
        what = f"it cannot be read ({fault.strerror})"
        remedy = "Name the folder that your sync fills; docs/bills.md shows how."
        done.problems.append(Problem(reason="folder_unreadable", where=str(folder), detail=what, remedy=remedy))
        return done
    known = finance.file.marks(source.name)
    for delivery in found:
        mark = _mark(delivery)
        if known.get(delivery.name) == mark:
            continue
        done.requests += 1
        if _take(finance, source, delivery, done, dry_run) and not dry_run:
            finance.file.put_mark(source.name, delivery.name, mark)
    return done


def _take(finance: Finance, source: Source, delivery: _Delivery, done: Pulled, dry_run: bool) -> bool:
    try:
        raw = _joined([_content(path) for path in delivery.paths], delivery.paths[0].name)
    except (OSError, EOFError, zlib.error) as fault:
        what = f"it cannot be read ({type(fault).__name__})"
        problem = Problem(reason="file_unreadable", where=delivery.name, detail=what, remedy="Sync it again.")
        done.problems.append(problem)
        return False
    pulled_at = datetime.fromtimestamp(delivery.modified, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    file = BillFile(delivery.name, raw)
    found = finance.import_files([file], pulled_at=pulled_at, scope=source.scope, dry_run=dry_run)
    done.admissions += found.admissions
    late = [one for one in found.problems if one.reason == "document_older"]
    done.problems += [one for one in found.problems if one not in late]
    return len(late) == len(found.problems)  # an old delivery that a newer one has replaced stays what it is


def _local(text: str) -> Path:
    if text.startswith("file://"):
        return Path(unquote(urlsplit(text).path))
    return Path(text).expanduser()


def _deliveries(folder: Path, now: float) -> list[_Delivery]:
    """What stands below a folder, oldest first.

    Raises:
        OSError: the folder cannot be read.
    """
    os.listdir(folder)
    groups: dict[str, list[Path]] = defaultdict(list)
    for place, path in enumerate(sorted(folder.rglob("*"))):
        if place >= MOST_FILES:
            break
        suffix = next((each for each in _SUFFIXES if path.name.lower().endswith(each)), None)
        if suffix is None or path.name.startswith(".") or not path.is_file():
            continue
        stem = path.name[: -len(suffix)]
        part = _PART.fullmatch(stem)
        name = path.relative_to(folder).parent / (f"{part['name']}*{suffix}" if part and part["name"] else path.name)
        groups[name.as_posix()].append(path)
    found = [
        _Delivery(name, tuple(paths), max(path.stat().st_mtime for path in paths)) for name, paths in groups.items()
    ]
    settled = [each for each in found if each.modified <= now - STILL_SECONDS]
    return sorted(settled, key=lambda each: (each.modified, each.name))


def _mark(delivery: _Delivery) -> str:
    """Changes whenever a file of the delivery does."""
    states = ((path.name, (state := path.stat()).st_size, state.st_mtime_ns) for path in delivery.paths)
    return hashlib.sha256(repr(sorted(states)).encode()).hexdigest()


def _content(path: Path) -> bytes:
    """A file's bytes, unpacked; one more than is taken where it is too large.

    Raises:
        OSError, EOFError, zlib.error: it cannot be read, or was cut off.
    """
    if path.name.lower().endswith(".gz"):
        with gzip.open(path, "rb") as file:
            return file.read(MAX_FILE_BYTES + 1)
    with path.open("rb") as file:
        return file.read(MAX_FILE_BYTES + 1)


def _joined(parts: Sequence[bytes], name: str) -> bytes:
    """The parts of a delivery as one file: of CSV, the header stands once."""
    whole = [parts[0]]
    for part in parts[1:]:
        head, _, rest = part.partition(b"\n")
        same_header = ".csv" in name.lower() and head.strip() == parts[0].partition(b"\n")[0].strip()
        whole.append(rest if same_header else part)
    return b"".join(each if each.endswith(b"\n") or not each else each + b"\n" for each in whole)
