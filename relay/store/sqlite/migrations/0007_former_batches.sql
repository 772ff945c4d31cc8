-- Batches that an enrollment was in before the one that its delivery names: its story has their attempts, too.
CREATE TABLE former_batch (
  enrollment_id INTEGER NOT NULL,
  batch_id      INTEGER NOT NULL,
  PRIMARY KEY (enrollment_id, batch_id)
) STRICT, WITHOUT ROWID;
