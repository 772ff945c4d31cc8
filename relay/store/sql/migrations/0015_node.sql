-- The processes that are at work on the ledger. Each tells of itself again and again, and says goodbye.
CREATE TABLE node (
  id         TEXT PRIMARY KEY,
  host       TEXT NOT NULL,
  pid        INTEGER NOT NULL,
  name       TEXT NOT NULL,     -- stays when another takes its place
  role       TEXT NOT NULL,
  version    TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  seen_at    INTEGER NOT NULL,
  requests   INTEGER NOT NULL,  -- taken in the minute before
  contacts   INTEGER NOT NULL   -- delivered in it
) STRICT, WITHOUT ROWID;
