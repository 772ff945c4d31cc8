"""Channels by apprise, which is an extra: it is imported where a channel needs it, and nowhere else."""

from __future__ import annotations

import asyncio
from importlib.util import find_spec
from typing import TYPE_CHECKING

from relay.core.alert_messages import NotTold, text_of, title_of

if TYPE_CHECKING:
    from apprise import AppriseAsset

EXTRA = "pip install 'sequence-relay[alerts]'"


def is_installed() -> bool:
    return find_spec("apprise") is not None


def understands(url: str) -> bool:
    """Whether apprise knows what to do with a URL (https://appriseit.com/services). Calls nobody."""
    from apprise import Apprise  # noqa: PLC0415  # an extra

    return Apprise.instantiate(url, asset=_asset()) is not None


async def send(url: str, body: bytes) -> NotTold | None:
    """In a thread, since apprise blocks. Its own words about a failure may hold the URL and are left out."""
    try:
        told = await asyncio.to_thread(_notify, url, body)
    except Exception as error:  # noqa: BLE001  # its services are many hands' code
        return NotTold(f"apprise failed: {type(error).__name__}")
    return None if told else NotTold("apprise could not deliver it; see whether its URL is right")


def _notify(url: str, body: bytes) -> bool:
    from apprise import Apprise  # noqa: PLC0415  # an extra

    apprise = Apprise(asset=_asset())
    return bool(apprise.add(url) and apprise.notify(text_of(body), title=title_of(body)))


def _asset() -> AppriseAsset:
    """Named after the relay, and writing nothing to this machine's disk."""
    from apprise import AppriseAsset, PersistentStoreMode  # noqa: PLC0415  # an extra

    return AppriseAsset(
        app_id="sequence-relay",
        app_desc="sequence-relay",
        storage_mode=PersistentStoreMode.MEMORY,
        pem_autogen=False,
        pgp_autogen=False,
    )
