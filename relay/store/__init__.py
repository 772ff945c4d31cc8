"""The ledger: what was received, read, enrolled, sent and answered."""

from relay.store.base import Store
from relay.store.opening import open_store

__all__ = ["Store", "open_store"]
