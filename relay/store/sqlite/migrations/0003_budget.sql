-- Calls by the second in which they were claimed, for the windows of rate budgets; older ones are forgotten.
CREATE TABLE call_count (
  destination TEXT NOT NULL,
  second      INTEGER NOT NULL,
  calls       INTEGER NOT NULL,
  PRIMARY KEY (destination, second)
) STRICT, WITHOUT ROWID;
