"""The fourth migration: the manifest of day files, and every day that has calls as one that has no file yet."""

from tollbook.booking import NANOSECONDS_PER_DAY

# From the first call of one day to the first of the next over the index of times: as many steps as there are days.
DECLARE_DAYS = f"""
INSERT OR IGNORE INTO day_file
WITH RECURSIVE found (tenant, day) AS (
    SELECT * FROM (SELECT tenant, day FROM call ORDER BY tenant, started_at LIMIT 1)
    UNION ALL
    SELECT c.tenant, c.day FROM found CROSS JOIN call c ON c.rowid = (
        SELECT n.rowid FROM call n
        WHERE (n.tenant, n.started_at) >= (found.tenant, (found.day + 1) * {NANOSECONDS_PER_DAY})
        ORDER BY n.tenant, n.started_at LIMIT 1
    )
)
SELECT tenant, day, 1, 0, 0, NULL, 0 FROM found
"""
"""Puts days into the manifest whose calls were written without it."""

DAYS = (
    # `version` counts the transactions that changed a day, `sealed` is the version that its file holds.
    "CREATE TABLE day_file (tenant INTEGER NOT NULL, day INTEGER NOT NULL, version INTEGER NOT NULL,"
    " sealed INTEGER NOT NULL, format INTEGER NOT NULL, file TEXT, bytes INTEGER NOT NULL,"
    " PRIMARY KEY (tenant, day)) WITHOUT ROWID",
    "CREATE TABLE retired_file (tenant INTEGER NOT NULL, file TEXT NOT NULL, PRIMARY KEY (tenant, file)) WITHOUT ROWID",
    DECLARE_DAYS,
)
