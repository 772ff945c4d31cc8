"""Toast: restaurant checks that were paid, refunds, voids.

**Set-up.** Toast opens its API and webhooks to partners and to restaurants with API access.

1. In *Toast Web → Integrations → Toast API access → Manage credentials* (partners: the developer portal)
   make credentials with the scopes `orders:read` and `guest.pi:read`. The client id goes into `client_id`,
   the secret into `client_secret`.
2. *Toast API access → Webhooks* (partners: ask Toast): subscribe the source's URL to *Orders*
   (`order_updated`) and copy the webhook secret into `signing_key`.
3. `environment = "sandbox"` is for Toast's sandbox, whose events count as tests. `restaurants` limits the
   source to these restaurants (their GUIDs); left out, all that the subscription covers count.

**Good to know.** Messages leave people out, so the order is looked up once a check is paid. A party that
splits the bill is several checks with a guest each; every check is a purchase of its own, under its own id.
Guests who gave no address are the most of them, and ignored. A void, a deletion or a refund of a check
withdraws what waits for it; orders in test mode are test events. The location is the restaurant, the
employee the server. Phones have the calling code beside them. Orders of delivery services may hold the
service's masked addresses. Toast pauses a subscription that fails for long.

Documentation: https://doc.toasttab.com/doc/devguide/devOrdersWebhookRef.html (confidence: verified; the page
of credentials may be named otherwise in your account)
"""

from __future__ import annotations

from collections.abc import Iterator

from relay.kit import Asking, Connector, Ignored, Kind, Node, Person, Reading, Source
from relay.kit.lookups import exchanged, get, key_in_json, url_of
from relay.kit.proof import FromAccount, HmacSignature, in_header, signed_as
from relay.kit.reading import PURCHASES, field_text, field_texts, with_calling_code
from relay.kit.settings import Keys, SandboxSettings, Secrets

HOSTS = {
    "production": "https://ws-api.toasttab.com",
    "sandbox": "https://ws-sandbox-api.eng.toasttab.com",
}


class ToastSecrets(Secrets):
    signing_key: Keys
    """The secret of the webhook subscription."""

    client_secret: Keys
    """The secret of the API credentials, for looking up orders."""


class ToastSettings(SandboxSettings):
    client_id: str
    """The client id of the API credentials."""

    restaurants: frozenset[str] = frozenset()
    """GUIDs of the restaurants that count; left out, all of them."""


def split(root: Node) -> Iterator[Node]:
    """The checks of an order, each with the message around it; a message without any is one event."""
    checks = list(root.get("details", "order", "checks").each())
    return (root.having(check=check) for check in checks or [Node(None, root.path)])


def on_check(event: Node, source: Source) -> Reading | Asking | Ignored:
    order, check = event["details"]["order"], event["check"]
    if not check.exists:
        return Ignored("an order without a check")
    if any(holder.get(flag).flag() for holder in (order, check) for flag in ("voided", "deleted")):
        return reading(event, source, Kind.PURCHASE_REFUNDED)
    refunds = (payment.get("refundStatus").text_or_none() for payment in check.get("payments").each())
    if any(refund in ("FULL", "PARTIAL") for refund in refunds):
        return reading(event, source, Kind.PURCHASE_REFUNDED)
    if (status := check["paymentStatus"].text()) not in ("PAID", "CLOSED"):
        return Ignored(f"the check is {status}")
    return with_guest(event, source)


def with_guest(event: Node, source: Source) -> Asking:
    details, check_id = event["details"], event["check"]["guid"].text()
    host = HOSTS[source.settings.environment]
    client = {"clientId": source.settings.client_id, "userAccessType": "TOAST_MACHINE_CLIENT"}
    login = exchanged(
        f"{host}/authentication/v1/authentication/login",
        client | {"clientSecret": None},
        key_in_json("clientSecret", secret="client_secret"),  # noqa: S106  # its name
        token=("token", "accessToken"),
        lifetime=("token", "expiresIn"),
    )
    headers = {"toast-restaurant-external-id": details["restaurantGuid"].text()}
    answer = yield get(
        url_of(f"{host}/orders/v2/orders", details["order"]["guid"]), auth=login, headers=headers
    )
    checks = answer.body.get("checks").each() if answer.found else ()
    guests = [one.get("customer") for one in checks if one["guid"].text() == check_id]
    people = [person_in(guest) for guest in guests if guest.exists]
    if not people:
        return Ignored(
            "the check has no guest" if answer.found else "the order is no longer there", nobody=True
        )
    return reading(event, source, Kind.PURCHASE_COMPLETED, *people)


def person_in(guest: Node) -> Person:
    return Person(
        email=guest.get("email").text_or_none(),
        first_name=guest.get("firstName").text_or_none(),
        last_name=guest.get("lastName").text_or_none(),
        phone=with_calling_code(guest.get("phoneCountryCode"), guest.get("phone")),
    )


def reading(event: Node, source: Source, kind: Kind, *people: Person) -> Reading:
    details, check = event["details"], event["check"]
    order = details["order"]
    paid = check.get("paidDate").time_or_none() or check.get("closedDate").time_or_none()
    test = order.get("createdInTestMode").flag() or source.settings.in_sandbox
    return Reading(
        kind=kind,
        key=check["guid"].text(),
        occurred_at=(None if kind.withdraws else paid) or event["timestamp"].time(),
        people=people,
        location=details["restaurantGuid"].text(),
        employee=order.get("server", "guid").text_or_none(),
        test=test,
    )


CONNECTOR = Connector(
    verify=FromAccount(
        # https://doc.toasttab.com/doc/devguide/apiMessageSigning.html
        verifier=HmacSignature(
            place=in_header("toast-signature"),
            signed=signed_as("{body}{field:timestamp}"),
            encoding="base64",
        ),
        account=lambda root: root.get("details", "restaurantGuid").text_or_none(),
        setting="restaurants",
    ),
    event_type=field_text("eventType"),
    delivery_id=field_texts("guid", "check.guid", joint="-"),
    split=split,
    handlers={"order_updated": on_check, "channel_order_updated": on_check},
    kinds=PURCHASES,
    secrets=ToastSecrets,
    settings=ToastSettings,
    default_events={Kind.PURCHASE_COMPLETED},
)
