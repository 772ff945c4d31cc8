-- How far each file of requests that were spooled while the ledger was away has come into it. Written together
-- with the requests, so that none comes in twice whatever happens in between; kept for as long as a file might
-- still be found.
CREATE TABLE spooled (
  file TEXT PRIMARY KEY,
  upto INTEGER NOT NULL,  -- bytes
  added_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
