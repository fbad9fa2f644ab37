"""A finance file of before pulls, with bills in it, is brought to the newest schema and loses nothing."""

import sqlite3
from pathlib import Path

import pytest

from tests.support.bills import finance, recorded
from tollbook_collector.store.finance import schema

PULLED_AT = "2026-09-16T08:00:00Z"


def test_a_file_of_the_first_schema_keeps_its_bills(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:1])
        patch.setattr(schema, "NEWEST", 1)
        connection = sqlite3.connect(tmp_path / "finance.sqlite", isolation_level=None)
        schema.migrate(connection)
        assert schema.version(connection) == 1
        connection.close()
    with finance(tmp_path / "other") as company:
        company.import_files(recorded("anthropic_cost.json"), pulled_at=PULLED_AT)
        (stored,) = company.file.documents()
    columns = (
        "tenant, number, channel, source, scope, role, first_day, end_day, currency, total_nano, records, ignored,"
        " whole, sha256, watermark, pulled_at, imported_at"
    )
    with sqlite3.connect(tmp_path / "finance.sqlite", isolation_level=None) as old:
        old.execute("ATTACH ? AS other", (str(tmp_path / "other" / "finance.sqlite"),))
        old.execute(f"INSERT INTO document ({columns}) SELECT {columns} FROM other.document")
        old.execute("INSERT INTO line SELECT * FROM other.line")
    old.close()
    with finance(tmp_path) as company:
        assert company.file.documents() == [stored]
        assert (company.file.watermarks(), company.file.marks("bedrock")) == ([], {})
        company.file.confirm([stored.number], "2026-11-01T00:00:00Z")
        assert company.file.documents() == [stored._replace(pulled_at="2026-11-01T00:00:00Z")]
