-- Times are milliseconds since 1970 in UTC. What is large and constant is written once; what changes often
-- stands in a narrow row beside it (request_state, delivery).

CREATE TABLE request (
  id          INTEGER PRIMARY KEY,
  source      TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  method      TEXT NOT NULL,
  query       TEXT NOT NULL,  -- '' or '?…', without a token
  headers     BLOB NOT NULL,  -- JSON object, names in lower case, credentials left out
  body        BLOB NOT NULL
) STRICT;

CREATE TABLE request_state (
  request_id  INTEGER PRIMARY KEY REFERENCES request (id),
  state       TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'translated')),
  due_at      INTEGER NOT NULL,
  lease_until INTEGER,
  attempts    INTEGER NOT NULL DEFAULT 0,
  pending     TEXT,                        -- JSON list of positions still to be read; null: all of them
  events      INTEGER NOT NULL DEFAULT 0   -- how many event rows were written for this request
) STRICT;

CREATE INDEX request_waiting ON request_state (due_at) WHERE state = 'waiting';

CREATE TABLE event (
  id           INTEGER PRIMARY KEY,
  request_id   INTEGER NOT NULL REFERENCES request (id),
  position     INTEGER NOT NULL,
  source       TEXT NOT NULL,
  event_type   TEXT NOT NULL,
  fate         TEXT NOT NULL CHECK (fate IN ('read', 'ignored', 'parked', 'duplicate', 'discarded')),
  reason       TEXT,
  path         TEXT,
  kind         TEXT,
  business_key TEXT,
  occurred_at  INTEGER,
  withdraws    INTEGER NOT NULL DEFAULT 0,
  subject      BLOB,             -- hash of source, family and business key
  delivery_key BLOB,             -- hash of source and delivery id
  detail       BLOB,             -- the event as JSON
  enrollments  INTEGER NOT NULL DEFAULT 0,
  created_at   INTEGER NOT NULL,
  UNIQUE (request_id, position)
) STRICT;

CREATE UNIQUE INDEX event_delivery ON event (delivery_key) WHERE delivery_key IS NOT NULL;
CREATE INDEX event_subject ON event (subject) WHERE subject IS NOT NULL;
CREATE INDEX event_parked ON event (id) WHERE fate = 'parked';

CREATE TABLE lane (
  id           INTEGER PRIMARY KEY,
  destination  TEXT NOT NULL,
  sequence     TEXT NOT NULL,
  location     TEXT NOT NULL,  -- '' for none, since null is never unique
  employee     TEXT NOT NULL,
  paused_until INTEGER NOT NULL DEFAULT 0,
  paused_for   TEXT,
  UNIQUE (destination, sequence, location, employee)
) STRICT;

CREATE TABLE destination (
  name         TEXT PRIMARY KEY,
  paused_until INTEGER NOT NULL DEFAULT 0,
  paused_for   TEXT
) STRICT;

CREATE TABLE enrollment (
  id          INTEGER PRIMARY KEY,
  event_id    INTEGER NOT NULL REFERENCES event (id),
  route       TEXT NOT NULL,
  lane_id     INTEGER NOT NULL REFERENCES lane (id),
  email       TEXT NOT NULL,
  contact     BLOB NOT NULL,      -- JSON, just as it is sent
  contact_key BLOB NOT NULL,      -- hash of destination, sequence and address
  dedupe_key  BLOB UNIQUE,        -- hash of lane's sequence, address and business key; null: not consumed
  cooldown    INTEGER NOT NULL,   -- milliseconds
  created_at  INTEGER NOT NULL
) STRICT;

CREATE INDEX enrollment_event ON enrollment (event_id);
CREATE INDEX enrollment_contact ON enrollment (contact_key);

CREATE TABLE delivery (
  enrollment_id INTEGER PRIMARY KEY REFERENCES enrollment (id),
  lane_id       INTEGER NOT NULL,
  state         TEXT NOT NULL CHECK (state IN
    ('waiting', 'sending', 'delivered', 'dead', 'withdrawn', 'suppressed', 'merged', 'discarded')),
  due_at        INTEGER NOT NULL,
  batch_id      INTEGER,
  attempts      INTEGER NOT NULL DEFAULT 0,
  revision      INTEGER NOT NULL DEFAULT 0,
  settled_at    INTEGER,
  cause         TEXT,
  reason        TEXT,
  contact_id    TEXT
) STRICT;

CREATE INDEX delivery_waiting ON delivery (lane_id, due_at, enrollment_id) WHERE state = 'waiting';
CREATE INDEX delivery_sending ON delivery (batch_id) WHERE state = 'sending';
CREATE INDEX delivery_dead ON delivery (enrollment_id) WHERE state = 'dead';

CREATE TABLE batch (
  id          INTEGER PRIMARY KEY,
  lane_id     INTEGER NOT NULL REFERENCES lane (id),
  key         TEXT NOT NULL,
  size        INTEGER NOT NULL,
  body        BLOB NOT NULL,
  state       TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'settled', 'split', 'dissolved')),
  attempts    INTEGER NOT NULL DEFAULT 0,
  due_at      INTEGER NOT NULL,
  lease_until INTEGER,
  created_at  INTEGER NOT NULL
) STRICT;

CREATE INDEX batch_open ON batch (due_at) WHERE state = 'open';

CREATE TABLE attempt (
  id         INTEGER PRIMARY KEY,
  batch_id   INTEGER NOT NULL REFERENCES batch (id),
  number     INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  took       INTEGER NOT NULL,  -- milliseconds
  status     INTEGER,
  certainty  TEXT,              -- null: the call succeeded
  error      TEXT,
  answer     BLOB
) STRICT;

CREATE INDEX attempt_batch ON attempt (batch_id);

CREATE TABLE quarantine (
  id          INTEGER PRIMARY KEY,
  source      TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  method      TEXT NOT NULL,
  query       TEXT NOT NULL,
  token       TEXT,             -- what the URL showed; needed to verify again
  headers     BLOB NOT NULL,    -- with credentials, for the same reason
  body        BLOB NOT NULL,
  reason      TEXT NOT NULL
) STRICT;
