"""Values of which many are made: dataclasses that nobody changes.

`frozen=True` makes a dataclass some three times slower to make. Here the type checker alone holds it; whoever
runs past the type checker may change a value, and nothing here relies on that it cannot.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as valueclass
else:

    def valueclass(*, frozen: bool, **options: Any) -> Any:
        """`dataclass(frozen=True, …)` to the type checker, with the same hash and equality."""
        return dataclasses.dataclass(unsafe_hash=frozen, **options)


__all__ = ["valueclass"]
