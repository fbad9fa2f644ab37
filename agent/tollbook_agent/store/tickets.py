"""`ticket set` from a command: one small row, written beside a resident process."""

from pathlib import Path

from tollbook_agent.store import schema
from tollbook_agent.store.connect import connect


def set_ticket(path: Path, folder: str, since: int, tickets: str) -> None:
    """From `since` (UTC ns) on, calls made in `folder` belong to these tickets; empty ends it.

    Raises:
        sqlite3.Error: the store cannot be written.
    """
    connection = connect(path)
    try:
        schema.migrate(connection)
        connection.execute("INSERT OR REPLACE INTO explicit_ticket VALUES (?,?,?)", (folder, since, tickets))
    finally:
        connection.close()
