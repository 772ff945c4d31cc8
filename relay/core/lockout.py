"""Guessing: after some failures everyone must wait, longer with each further one.

Failures are counted by address and for everybody together. Who must wait for the own address is not heard at
all. While everybody must wait, a wrong guess is not even counted, which bounds what strangers make the relay
write; a right one is heard, so that strangers keep nobody out. Times are milliseconds since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_network

from relay.core.egress import Address

SECOND = 1000
FORGOTTEN_AFTER = 3600 * SECOND
"""Failures count until there was none for so long."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How many failures are free, the wait after the next one, and where its doubling ends."""

    free: int
    first: int
    longest: int

    def wait(self, failures: int) -> int:
        beyond = failures - self.free
        return min(self.first << min(beyond - 1, 32), self.longest) if beyond > 0 else 0


WITH_ONE = Patience(free=4, first=5 * SECOND, longest=900 * SECOND)
WITH_ALL = Patience(free=49, first=1 * SECOND, longest=60 * SECOND)


@dataclass(frozen=True, slots=True)
class Failures:
    """Failures that are not forgotten, when the last one was, and until when to wait."""

    count: int = 0
    last_at: int = 0
    wait_until: int = 0

    def and_one_more(self, now: int, patience: Patience) -> Failures:
        count = 1 + (self.count if now - self.last_at < FORGOTTEN_AFTER else 0)
        return Failures(count, now, now + patience.wait(count))


NONE = Failures()


@dataclass(frozen=True, slots=True)
class Tries:
    """What has failed from one address, and from everywhere. `by_one` None: the address is not known."""

    by_one: Failures | None = NONE
    by_all: Failures = NONE

    def shut_out(self, now: int) -> int:
        """For how long nothing is heard from this address, in milliseconds."""
        return max(0, self.by_one.wait_until - now) if self.by_one else 0

    def ignored(self, now: int) -> int:
        """For how long a failure from this address is not counted, in milliseconds."""
        return max(self.shut_out(now), self.by_all.wait_until - now, 0)

    def and_one_more(self, now: int) -> Tries:
        one = self.by_one and self.by_one.and_one_more(now, WITH_ONE)
        return Tries(one, self.by_all.and_one_more(now, WITH_ALL))


def counted_as(address: Address) -> str:
    """Under what an address is counted: IPv6 by the /64 network, all of which is one customer's."""
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(address)
