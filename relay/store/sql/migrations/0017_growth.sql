-- How many there were of what is gone since its time was over, so that the accounts still balance.
CREATE TABLE retired (
  what  TEXT PRIMARY KEY,
  count INTEGER NOT NULL
) STRICT;

INSERT INTO retired VALUES ('requests', 0), ('events', 0), ('enrollments', 0), ('calls', 0);

-- How far each kind of retirement has come. Whoever takes a step moves `due_at` in the same transaction, so
-- that of many nodes one goes on.
CREATE TABLE retiring (
  stage  TEXT PRIMARY KEY,
  seen   INTEGER NOT NULL DEFAULT 0,  -- the id that was looked at last
  again  INTEGER NOT NULL DEFAULT 0,  -- the last one of those that linger in this round
  due_at INTEGER NOT NULL DEFAULT 0
) STRICT;

INSERT INTO retiring (stage)
VALUES ('bodies'), ('call_bodies'), ('records'), ('calls'), ('quarantine'), ('jobs');

-- What was not over when its turn came: a dead letter, for instance. It is looked at again in each round.
CREATE TABLE lingering (
  stage TEXT NOT NULL,
  id    INTEGER NOT NULL,
  PRIMARY KEY (stage, id)
) STRICT, WITHOUT ROWID;

-- Calls that dead letters tell of are kept with them.
CREATE INDEX delivery_dead ON delivery (batch_id) WHERE state = 'dead';

-- Leases that have run out are found however many requests wait.
CREATE INDEX request_leased ON request_state (lease_until) WHERE state = 'waiting' AND lease_until IS NOT NULL;

-- The oldest go first, and are found without the wide rows.
CREATE INDEX quarantine_age ON quarantine (received_at, id);
