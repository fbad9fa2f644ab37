"""The third migration: the last heartbeat of each device."""

DEVICES = (
    "CREATE TABLE device (tenant INTEGER NOT NULL, device TEXT NOT NULL, person TEXT, at INTEGER NOT NULL,"
    " version TEXT NOT NULL, made INTEGER NOT NULL, sent INTEGER NOT NULL, dropped TEXT NOT NULL,"
    " PRIMARY KEY (tenant, device)) WITHOUT ROWID",
)
