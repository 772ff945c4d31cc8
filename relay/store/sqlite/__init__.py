"""The ledger in one SQLite file: WAL, every commit on disk before it counts, one writer thread."""
