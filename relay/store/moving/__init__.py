"""Moving a ledger from its SQLite file into a PostgreSQL database while a relay works on it.

The ledger is cut into ranges of keys. A range is copied, read back and compared in one transaction, which
notes a digest of what was copied, too. Whatever is done to the ledger afterwards, rows that are new, changed
or gone, shows as another digest: such a range is forgotten in the database, and copied again. So a move
needs no marks in a ledger at work and goes on after any interruption; its last pass, for which the relay
stands still, reads everything, and copies only what has changed since the pass before.
"""

from relay.store.moving.move import Done, Move, Progress, Survey, Tell, moving

__all__ = ["Done", "Move", "Progress", "Survey", "Tell", "moving"]
