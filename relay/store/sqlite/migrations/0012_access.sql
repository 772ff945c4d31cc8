-- Who is let in. A digest is all that is kept of what they show.
CREATE TABLE token (
  id           TEXT PRIMARY KEY,
  digest       BLOB NOT NULL,
  name         TEXT NOT NULL,
  role         TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
  created_at   INTEGER NOT NULL,
  created_by   TEXT NOT NULL,
  expires_at   INTEGER,
  last_used_at INTEGER,
  revoked_at   INTEGER
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX token_name ON token (name) WHERE revoked_at IS NULL;
CREATE INDEX token_age ON token (created_at, id);

CREATE TABLE login_link (
  id         TEXT PRIMARY KEY,
  digest     BLOB NOT NULL,
  name       TEXT NOT NULL,
  role       TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at    INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
  id         TEXT PRIMARY KEY,
  digest     BLOB NOT NULL,
  name       TEXT NOT NULL,
  role       TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
  opened_at  INTEGER NOT NULL,
  seen_at    INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  address    TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX session_age ON session (opened_at, id);

-- Failures to be let in. An empty address stands for everybody together.
CREATE TABLE access_failure (
  kind       TEXT NOT NULL CHECK (kind IN ('token', 'link', 'session')),
  address    TEXT NOT NULL,
  count      INTEGER NOT NULL,
  last_at    INTEGER NOT NULL,
  wait_until INTEGER NOT NULL,
  PRIMARY KEY (kind, address)
) STRICT, WITHOUT ROWID;

CREATE INDEX access_failure_age ON access_failure (last_at);
