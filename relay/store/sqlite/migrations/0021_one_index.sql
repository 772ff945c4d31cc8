-- A hash is put where nothing near it was put lately, and each index of hashes costs a page of the log for each
-- enrollment: one does what two did. A constraint of a table goes only with the table.
CREATE TABLE enrollment_anew (
  id           INTEGER PRIMARY KEY,
  event_id     INTEGER NOT NULL REFERENCES event (id),
  route        TEXT NOT NULL,
  lane_id      INTEGER NOT NULL REFERENCES lane (id),
  email        TEXT NOT NULL,
  contact      BLOB NOT NULL,      -- JSON, just as it is sent
  contact_key  BLOB NOT NULL,      -- hash of destination, sequence and address
  dedupe_key   BLOB,               -- hash of lane's sequence, address and business key; null: not consumed
  cooldown     INTEGER NOT NULL,   -- milliseconds
  created_at   INTEGER NOT NULL,
  note         TEXT,
  reported_key BLOB
) STRICT;

INSERT INTO enrollment_anew SELECT id, event_id, route, lane_id, email, contact, contact_key, dedupe_key, cooldown,
  created_at, note, reported_key FROM enrollment ORDER BY id;
DROP TABLE enrollment;
ALTER TABLE enrollment_anew RENAME TO enrollment;

CREATE INDEX enrollment_event ON enrollment (event_id);
CREATE UNIQUE INDEX enrollment_contact ON enrollment (contact_key, dedupe_key);
