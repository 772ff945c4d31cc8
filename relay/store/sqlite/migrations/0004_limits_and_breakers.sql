-- What an API has said of an organization's limits. Null: nothing yet.
CREATE TABLE rate_limit (
  organization TEXT PRIMARY KEY,
  per_minute   INTEGER,
  per_hour     INTEGER,
  allowed      INTEGER,
  remaining    INTEGER,                     -- of `allowed`, until `resets_at`, less what was claimed since
  resets_at    INTEGER NOT NULL DEFAULT 0,
  rests_until  INTEGER NOT NULL DEFAULT 0,  -- a refusal named this moment
  rests_for    TEXT
) STRICT;

ALTER TABLE call_count RENAME COLUMN destination TO organization;
ALTER TABLE call_count ADD COLUMN replays INTEGER NOT NULL DEFAULT 0;

-- Only what fails has a row. An empty sequence stands for the whole destination.
CREATE TABLE breaker (
  destination TEXT NOT NULL,
  sequence    TEXT NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('closed', 'half_open', 'open')),
  failures    INTEGER NOT NULL,  -- in a row
  look_at     INTEGER NOT NULL,
  reason      TEXT NOT NULL,
  PRIMARY KEY (destination, sequence)
) STRICT, WITHOUT ROWID;

-- What an operator sends again waits in a queue of its own, behind what is new.
ALTER TABLE delivery ADD COLUMN replay INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batch ADD COLUMN replay INTEGER NOT NULL DEFAULT 0;
DROP INDEX delivery_waiting;
CREATE INDEX delivery_waiting ON delivery (lane_id, replay, due_at, enrollment_id) WHERE state = 'waiting';

-- The batch that was frozen last, so that sequences take turns.
ALTER TABLE lane ADD COLUMN last_batch INTEGER NOT NULL DEFAULT 0;
