"""Bills that arrive as files: deliveries in parts, packed, again and again, and while they are still being written."""

import gzip
import os
from pathlib import Path

import pytest

from tests.support.bills import RECORDINGS
from tests.support.pulling import NOW, problems, pull, totals
from tollbook_collector.finance import Finance
from tollbook_collector.pull.folder import STILL_SECONDS
from tollbook_collector.pull.settings import Source

CUR = (RECORDINGS / "aws_cur.csv").read_bytes()
AGAIN = (RECORDINGS / "aws_cur_again.csv").read_bytes()
GCP = (RECORDINGS / "gcp_export.jsonl").read_bytes()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "cur").mkdir()
    return tmp_path / "cur"


def put(path: Path, raw: bytes, age: float = 3_600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    os.utime(path, (NOW - age, NOW - age))
    return path


def source(channel: str = "bedrock", folder: str = "cur") -> Source:
    return Source(name=channel, channel=channel, folder=folder)


def alone(company: Finance, raw: bytes, folder: Path) -> dict[str, int]:
    """What one file by itself adds up to."""
    put(folder / "one.csv", raw)
    pull(company, source())
    return totals(company)


def test_a_later_delivery_replaces_the_month(folder: Path, company: Finance) -> None:
    put(folder / "exec-1" / "cur.csv", CUR, age=9_000)
    put(folder / "exec-2" / "cur.csv", AGAIN, age=5_000)
    done = pull(company, source())
    assert problems(done) == []
    states = [row["state"] for row in company.documents()]
    assert states == ["superseded", "final"] or states == ["superseded", "provisional"]


def test_parts_of_a_delivery_are_one_document(folder: Path, company: Finance) -> None:
    head, *rows = CUR.splitlines(keepends=True)
    half = len(rows) // 2
    whole = alone(company, CUR, folder)
    (folder / "one.csv").unlink()
    put(folder / "cur-00001.csv.gz", gzip.compress(head + b"".join(rows[:half])), age=1_800)
    put(folder / "cur-00002.csv.gz", gzip.compress(head + b"".join(rows[half:])), age=1_800)
    done = pull(company, source())
    assert (problems(done), totals(company)) == ([], whole)


def test_what_has_not_changed_is_not_read_again(folder: Path, company: Finance) -> None:
    put(folder / "cur.csv", CUR)
    pull(company, source())
    stored = company.file.documents()
    again = pull(company, source())
    assert (again[0].requests, company.file.documents()) == (0, stored)


def test_a_file_still_being_written_waits(folder: Path, company: Finance) -> None:
    put(folder / "cur.csv", CUR, age=STILL_SECONDS - 1)
    assert (problems(pull(company, source())), totals(company)) == ([], {})
    pull(company, source(), now=NOW + 2)
    assert list(totals(company)) == ["aws_cur"]


def test_a_packed_file_that_was_cut_off_is_said_and_taken_when_whole(folder: Path, company: Finance) -> None:
    packed = gzip.compress(CUR)
    put(folder / "cur.csv.gz", packed[: len(packed) // 2])
    assert (problems(pull(company, source())), totals(company)) == (["file_unreadable"], {})
    put(folder / "cur.csv.gz", packed, age=3_000)
    assert problems(pull(company, source())) == []
    assert list(totals(company)) == ["aws_cur"]


def test_the_billing_export_of_google_comes_in_shards(tmp_path: Path, company: Finance) -> None:
    rows = GCP.splitlines(keepends=True)
    folder = tmp_path / "gcp"
    put(folder / "export-000000000000.json", b"".join(rows[:2]))
    put(folder / "export-000000000001.json", b"".join(rows[2:]))
    done = pull(company, source("vertex", folder.as_uri()))
    assert problems(done) == []
    assert set(totals(company)) == {"gcp_billing_export"}
    assert sum(row["lines"] for row in company.documents()) + sum(
        one.document.ignored for one in company.file.documents()
    ) == len([row for row in rows if row.strip()])


def test_a_folder_that_is_not_there_is_said(company: Finance) -> None:
    assert problems(pull(company, source(folder="nowhere"))) == ["folder_unreadable"]


def test_an_older_delivery_that_comes_late_changes_nothing(folder: Path, company: Finance) -> None:
    put(folder / "b" / "cur.csv", AGAIN, age=3_000)
    pull(company, source())
    before = totals(company)
    put(folder / "a" / "cur.csv", CUR, age=9_000)
    assert (problems(pull(company, source())), totals(company)) == ([], before)
    assert pull(company, source())[0].requests == 0
