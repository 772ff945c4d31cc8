-- What waits in the spool of a process, as it tells when the store is there again.
ALTER TABLE node ADD COLUMN spooled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE node ADD COLUMN spooled_since INTEGER;  -- when the oldest of it came
