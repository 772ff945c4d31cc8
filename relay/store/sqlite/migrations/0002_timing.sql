-- People and companies who must not be written to. A value is normalised and of one kind only: addresses
-- have an @, phone numbers a +, domains neither.
CREATE TABLE suppression (
  value      TEXT PRIMARY KEY,
  kind       TEXT NOT NULL CHECK (kind IN ('email', 'phone', 'domain')),
  reason     TEXT NOT NULL,
  who        TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER            -- null: never
) STRICT, WITHOUT ROWID;

CREATE INDEX suppression_expiry ON suppression (expires_at) WHERE expires_at IS NOT NULL;

-- What the delay was counted from; null: lateness does not matter (any more).
ALTER TABLE delivery ADD COLUMN start_at INTEGER;

-- What was decided when the enrollment was made, such as an unknown location that was left out.
ALTER TABLE enrollment ADD COLUMN note TEXT;
