"""The ledger: what was received, read, enrolled, sent and answered."""

from relay.store.base import Store
from relay.store.opening import Place, back_up, described, open_store, open_upkeep, take_back

__all__ = ["Place", "Store", "back_up", "described", "open_store", "open_upkeep", "take_back"]
