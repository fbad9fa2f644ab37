"""The second migration: tenants, people, credentials, and an audit log that only grows."""

_FIXED = "BEFORE {} ON audit BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END"

ACCESS = (
    "CREATE TABLE tenant (tenant INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, created_at INTEGER NOT NULL)",
    "INSERT INTO tenant VALUES (1, 'default', 0)",
    "CREATE TABLE person (tenant INTEGER NOT NULL, person TEXT NOT NULL, digest BLOB NOT NULL, email TEXT,"
    " standing TEXT NOT NULL, role TEXT NOT NULL, team TEXT, PRIMARY KEY (tenant, person)) WITHOUT ROWID",
    "CREATE UNIQUE INDEX person_digest ON person (tenant, digest)",
    "CREATE TABLE credential (tenant INTEGER NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL,"
    " digest BLOB NOT NULL, person TEXT, device TEXT, teams TEXT NOT NULL, label TEXT NOT NULL,"
    " reusable INTEGER NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER, revoked_at INTEGER,"
    " last_used_at INTEGER, PRIMARY KEY (tenant, id)) WITHOUT ROWID",
    "CREATE TABLE audit (tenant INTEGER NOT NULL, sequence INTEGER NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL,"
    " action TEXT NOT NULL, object TEXT NOT NULL, detail TEXT NOT NULL, chain BLOB NOT NULL,"
    " PRIMARY KEY (tenant, sequence)) WITHOUT ROWID",
    f"CREATE TRIGGER audit_not_changed {_FIXED.format('UPDATE')}",
    f"CREATE TRIGGER audit_not_deleted {_FIXED.format('DELETE')}",
)
