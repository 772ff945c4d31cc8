"""The ledger: what was received, read, enrolled, sent and answered."""

from relay.store.base import Store
from relay.store.opening import back_up, open_store

__all__ = ["Store", "back_up", "open_store"]
