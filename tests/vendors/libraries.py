"""The vendors' own libraries, asked in one way: is this request authentic?

A library that raises for a request that it refuses says no. Most take text, so bodies here are UTF-8.
"""

from __future__ import annotations

import binascii
import importlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, tzinfo
from types import SimpleNamespace
from unittest.mock import patch
from urllib.parse import unquote

from hubspot.exceptions import InvalidSignatureTimestampError
from hubspot.utils.signature import Signature
from mollie.utils.webhooks import InvalidSignatureException, SignatureValidator
from paddle_billing.Notifications import Secret
from paddle_billing.Notifications import Verifier as PaddleVerifier
from square.utils.webhooks_helper import verify_signature
from standardwebhooks import Webhook, WebhookVerificationError
from stripe import SignatureVerificationError, WebhookSignature
from svix.webhooks import Webhook as SvixWebhook

from connectors.crm import hubspot, hubspot_workflow
from connectors.generic import standard_webhooks
from connectors.pos import bigcommerce, mollie, paddle, square, stripe
from relay.core.request import Request
from relay.core.signatures import Verifier

TOLERANCE = 300
Judge = Callable[[Request, Sequence[str]], bool]


@contextmanager
def clocks_at(now: float) -> Iterator[None]:
    """The libraries read the clock themselves: within this they all read `now` (Unix seconds)."""

    class Moment(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.fromtimestamp(now, tz)

    with ExitStack() as stack:
        for module in ("hubspot.utils.signature", "standardwebhooks.webhooks", "jwt.api_jwt"):
            stack.enter_context(patch.object(importlib.import_module(module), "datetime", Moment))
        paddles = importlib.import_module("paddle_billing.Notifications.Verifier")
        stack.enter_context(patch.object(paddles, "time", lambda: now))
        stripes = importlib.import_module("stripe._webhook")
        stack.enter_context(patch.object(stripes, "time", SimpleNamespace(time=lambda: now)))
        yield


def stripe_accepts(request: Request, keys: Sequence[str]) -> bool:
    def proves(key: str) -> bool:
        try:
            header = request.header("stripe-signature")
            return bool(WebhookSignature.verify_header(request.body, header, key, TOLERANCE))
        except SignatureVerificationError:
            return False

    return any(map(proves, keys))


def square_accepts(request: Request, keys: Sequence[str]) -> bool:
    shown = request.header("x-square-hmacsha256-signature") or ""
    return any(
        verify_signature(
            request_body=request.body.decode(),
            signature_header=shown,
            signature_key=key,
            notification_url=request.url,
        )
        for key in keys
    )


DECODED_BY_THE_CALLER = ["%3A", "%2F", "%3F", "%40", "%21", "%24", "%27", "%28", "%29", "%2A", "%2C", "%3B"]


def _as_documented(url: str) -> str:
    """HubSpot's library leaves to its caller the decoding that the documentation of v3 asks for.

    https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation
    """
    for code in DECODED_BY_THE_CALLER:
        url = url.replace(code, unquote(code))
    return url


def hubspot_accepts(version: str, header: str) -> Judge:
    def accepts(request: Request, keys: Sequence[str]) -> bool:
        def proves(key: str) -> bool:
            try:
                return bool(
                    Signature.is_valid(
                        # A proxy that makes spaces of plus signs is understood by us alone.
                        (request.header(header) or "").replace(" ", "+"),
                        key,
                        request.body.decode(),
                        _as_documented(request.url) if version == "v3" else request.url,
                        request.method,
                        version,
                        request.header("x-hubspot-request-timestamp"),
                    )
                )
            except InvalidSignatureTimestampError:
                return False

        return any(map(proves, keys))

    return accepts


def mollie_accepts(request: Request, keys: Sequence[str]) -> bool:
    try:
        shown = request.header("x-mollie-signature")
        return bool(SignatureValidator.validate(request.body.decode(), list(keys), shown))
    except InvalidSignatureException:
        return False


def paddle_accepts(request: Request, keys: Sequence[str]) -> bool:
    asked = SimpleNamespace(
        headers={"Paddle-Signature": request.header("paddle-signature")}, body=request.body
    )
    try:
        return bool(PaddleVerifier(TOLERANCE).verify(asked, [Secret(key) for key in keys]))
    except (ConnectionRefusedError, ValueError):
        return False


def standard_accepts(request: Request, keys: Sequence[str | bytes]) -> bool:
    def proves(key: str | bytes) -> bool:
        try:
            Webhook(key).verify(request.body, dict(request.headers), json_parse=False)
        except (WebhookVerificationError, ValueError):
            return False
        return True

    return any(map(proves, keys))


def svix_accepts(request: Request, keys: Sequence[str]) -> bool:
    def proves(key: str) -> bool:
        try:
            SvixWebhook(key).verify(request.body, dict(request.headers))
        except (WebhookVerificationError, ValueError, binascii.Error):
            return False
        return True

    return any(map(proves, keys))


def bigcommerce_accepts(request: Request, keys: Sequence[str]) -> bool:
    """Standard Webhooks with the app's secret as it stands, which the library takes as bytes."""
    return standard_accepts(request, [key.encode() for key in keys])


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """Our verifier and a library for the same deliveries, with a secret of the vendor's form.

    `header` holds the signature. `looks_ahead`: the library refuses a time in the future; we always do.
    `folder` holds its recorded cases, where the library knows all of them. `given` are headers that a sender
    adds before it signs.
    """

    verifier: Verifier
    accepts: Judge
    header: str
    folder: str = ""
    key: str = "synthetic-signing-key-1"
    other: str = "synthetic-signing-key-2"
    looks_ahead: bool = True
    given: tuple[tuple[str, str], ...] = ()


WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER_WHSEC = "whsec_NfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BIGCOMMERCES = bigcommerce.SIGNED.verifier

VENDORS = {
    "stripe": Vendor(
        verifier=stripe.CONNECTOR.verify,
        accepts=stripe_accepts,
        header="stripe-signature",
        folder="stripe",
        looks_ahead=False,
    ),
    "square": Vendor(
        verifier=square.CONNECTOR.verify,
        accepts=square_accepts,
        header="x-square-hmacsha256-signature",
        folder="square",
    ),
    "hubspot v3": Vendor(
        verifier=hubspot.CONNECTOR.verify,
        accepts=hubspot_accepts("v3", "x-hubspot-signature-v3"),
        header="x-hubspot-signature-v3",
        folder="hubspot",
        looks_ahead=False,
    ),
    "hubspot v2": Vendor(
        verifier=hubspot_workflow.SIGNATURE,
        accepts=hubspot_accepts("v2", "x-hubspot-signature"),
        header="x-hubspot-signature",
        folder="hubspot_workflow",
    ),
    "mollie": Vendor(
        verifier=mollie.SIGNED,
        accepts=mollie_accepts,
        header="x-mollie-signature",
        folder="mollie",
    ),
    "paddle": Vendor(
        verifier=paddle.CONNECTOR.verify,
        accepts=paddle_accepts,
        header="paddle-signature",
        folder="paddle",
    ),
    "standard webhooks": Vendor(
        verifier=standard_webhooks.VERIFY,
        accepts=standard_accepts,
        header="webhook-signature",
        key=WHSEC,
        other=OTHER_WHSEC,
    ),
    "svix": Vendor(
        verifier=standard_webhooks.VERIFY,
        accepts=svix_accepts,
        header="svix-signature",
        folder="standard_webhooks",
        key=WHSEC,
        other=OTHER_WHSEC,
        given=(("svix-id", "msg_1"), ("svix-signature", "v1,")),
    ),
    "bigcommerce": Vendor(
        verifier=BIGCOMMERCES,
        accepts=bigcommerce_accepts,
        header="webhook-signature",
        folder="bigcommerce",
    ),
}
