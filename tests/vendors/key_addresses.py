"""Where vendors keep the public keys that recorded deliveries name."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from relay.core.case import Case
from relay.core.connector import Connector
from relay.core.key_by_url import KeyByUrl

PAYPAL = "v1/notifications/certs/CERT-360caa42-fca2a594-a5cafa77"
ADOBE = "https://static.adobeioevents.com/prod/keys"
AT: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    # https://developer.paypal.com/api/rest/webhooks/rest/, the header paypal-cert-url
    ("paypal", "capture_completed"): (f"https://api.paypal.com/{PAYPAL}",),
    ("paypal", "capture_completed_sandbox"): (f"https://api.sandbox.paypal.com/{PAYPAL}",),
    # https://developer.adobe.com/events/docs/guides/index#security-considerations
    ("adobe_commerce", "order_new"): (
        f"{ADOBE}/pub-key-voy5XEbWmT.pem",
        f"{ADOBE}/pub-key-jp8iTpZw4y.pem",
    ),
}


def addresses(connector: Connector, case: Case) -> tuple[str, ...]:
    """The addresses that a source without a key of its own fetches. Raises `Unverified`."""
    keyless = replace(case.make_source(connector), secrets={})
    verifier = connector.for_source(connector, keyless).verify
    return verifier.key_urls(case.make_request(), keyless) if isinstance(verifier, KeyByUrl) else ()
