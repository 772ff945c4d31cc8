-- What was changed of contacts before they were sent again; before and after as JSON.
CREATE TABLE correction (
  id            INTEGER PRIMARY KEY,
  enrollment_id INTEGER NOT NULL REFERENCES enrollment (id),
  before        BLOB NOT NULL,
  after         BLOB NOT NULL,
  who           TEXT NOT NULL,
  why           TEXT NOT NULL,
  at            INTEGER NOT NULL,
  job_id        INTEGER             -- null: a person changed this one
) STRICT;

CREATE INDEX correction_enrollment ON correction (enrollment_id);

-- The contact_key that reports of this person have, where a correction sends it to another address.
ALTER TABLE enrollment ADD COLUMN reported_key BLOB;

-- One repair for many dead letters. Its counts stand beside it (job_count), so that nobody counts its items.
CREATE TABLE job (
  id         INTEGER PRIMARY KEY,
  who        TEXT NOT NULL,
  key        TEXT,                  -- chosen by whoever ordered it, who gets the same job for it again
  mark       BLOB NOT NULL,         -- hash of the order with all of its letters
  plan       BLOB NOT NULL,         -- the order as JSON
  state      TEXT NOT NULL CHECK (state IN ('preparing', 'ready', 'running', 'cancelled', 'done')),
  entry      INTEGER NOT NULL,      -- of the audit log
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  ended_at   INTEGER,               -- null: something is to be done, or its end is not known yet
  seen_at    INTEGER,               -- the letter that was put into its set last
  seen_kind  TEXT,
  seen_id    INTEGER,
  UNIQUE (who, key)
) STRICT;

CREATE INDEX job_open ON job (id) WHERE ended_at IS NULL;

-- The set is frozen: `at`, `revision` and `place` are of the letter when it was put into it.
CREATE TABLE job_item (
  job_id    INTEGER NOT NULL REFERENCES job (id),
  batch_id  INTEGER NOT NULL,       -- of the call of unknown outcome that it was in, else 0: they go together
  position  INTEGER NOT NULL,
  kind      TEXT NOT NULL CHECK (kind IN ('parked', 'dead')),
  letter_id INTEGER NOT NULL,
  at        INTEGER NOT NULL,
  revision  INTEGER NOT NULL,
  request_id INTEGER NOT NULL,
  place     INTEGER NOT NULL,       -- of the event within the request
  outcome   TEXT NOT NULL DEFAULT 'pending',
  reason    TEXT,
  tries     INTEGER NOT NULL DEFAULT 0,
  due_at    INTEGER NOT NULL DEFAULT 0,
  ended_at  INTEGER,
  PRIMARY KEY (job_id, batch_id, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX job_item_outcome ON job_item (job_id, outcome, batch_id, position);

CREATE TABLE job_count (
  job_id  INTEGER NOT NULL REFERENCES job (id),
  outcome TEXT NOT NULL,
  items   INTEGER NOT NULL,
  PRIMARY KEY (job_id, outcome)
) STRICT, WITHOUT ROWID;

-- What the letters of a job had in common when they were put into its set; '' for no sequence.
CREATE TABLE job_group (
  job_id   INTEGER NOT NULL REFERENCES job (id),
  cause    TEXT NOT NULL,
  source   TEXT NOT NULL,
  sequence TEXT NOT NULL,
  items    INTEGER NOT NULL,
  PRIMARY KEY (job_id, cause, source, sequence)
) STRICT, WITHOUT ROWID;
