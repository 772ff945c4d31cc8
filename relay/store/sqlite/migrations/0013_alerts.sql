-- What came and went, by the hour (counted from 1970 in UTC).
CREATE TABLE source_hour (
  hour       INTEGER NOT NULL,
  source     TEXT NOT NULL,
  requests   INTEGER NOT NULL,
  events     INTEGER NOT NULL,
  parked     INTEGER NOT NULL,
  unverified INTEGER NOT NULL,
  PRIMARY KEY (hour, source)
) STRICT, WITHOUT ROWID;

CREATE TABLE destination_hour (
  hour        INTEGER NOT NULL,
  destination TEXT NOT NULL,
  calls       INTEGER NOT NULL,
  failed      INTEGER NOT NULL,
  delivered   INTEGER NOT NULL,
  dead        INTEGER NOT NULL,
  took        INTEGER NOT NULL,  -- milliseconds, of all calls together
  PRIMARY KEY (hour, destination)
) STRICT, WITHOUT ROWID;

-- Who looks whether something is wrong: one row. Whoever takes a look counts it, as a fence.
CREATE TABLE alert_look (
  id          INTEGER PRIMARY KEY CHECK (id = 1),
  number      INTEGER NOT NULL,
  at          INTEGER NOT NULL,
  up_since    INTEGER NOT NULL,  -- since then somebody has looked again and again
  lease_until INTEGER NOT NULL
) STRICT;

CREATE TABLE alert (
  id        INTEGER PRIMARY KEY,
  key       TEXT NOT NULL,     -- what is wrong with what
  kind      TEXT NOT NULL,
  severity  TEXT NOT NULL,
  text      TEXT NOT NULL,
  command   TEXT NOT NULL,
  page      TEXT NOT NULL,
  since     INTEGER NOT NULL,  -- the first look that found it
  seen_at   INTEGER NOT NULL,  -- the last one
  opened_at INTEGER,           -- null: not for long enough yet
  told_at   INTEGER,
  closed_at INTEGER,
  returns   INTEGER NOT NULL,  -- how often it came back soon after it was over
  before    INTEGER            -- when the same was last over
) STRICT;

CREATE UNIQUE INDEX alert_live ON alert (key) WHERE closed_at IS NULL;
CREATE INDEX alert_past ON alert (key, closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX alert_end ON alert (closed_at) WHERE closed_at IS NOT NULL;

-- What is to be told to whom. A channel's are told one after the other.
CREATE TABLE alert_message (
  id          INTEGER PRIMARY KEY,
  alert_id    INTEGER NOT NULL REFERENCES alert (id),
  channel     TEXT NOT NULL,
  what        TEXT NOT NULL CHECK (what IN ('opened', 'reminder', 'closed')),
  body        BLOB NOT NULL,  -- JSON
  created_at  INTEGER NOT NULL,
  due_at      INTEGER NOT NULL,
  attempts    INTEGER NOT NULL DEFAULT 0,
  lease_until INTEGER,
  ended_at    INTEGER,        -- null: still to be told
  fault       TEXT            -- what went wrong the last time; null with an end: it was told
) STRICT;

CREATE INDEX alert_untold ON alert_message (channel, id) WHERE ended_at IS NULL;
CREATE INDEX alert_messages ON alert_message (alert_id);
