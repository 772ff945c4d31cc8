"""The ledger in a PostgreSQL database: many nodes, one ledger."""
