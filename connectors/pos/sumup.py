"""SumUp: paid online checkouts.

**Set-up.** SumUp reports online checkouts only, to the address that each checkout was created with, and signs
nothing.

1. Make a long random text (`openssl rand -hex 32`) and write it into `url_token`.
2. Let your shop or form create checkouts with `/hooks/SOURCE/TOKEN` at this relay's address as `return_url`,
   and with a `customer_id`, since a checkout without one names nobody.
3. In the dashboard open *Settings → For developers → API keys*, make a key and copy it into `access_token`.

**Good to know.** A delivery holds the id of a checkout and nothing that could be believed: the relay asks
SumUp for the checkout, and then for its customer. Failed and expired checkouts are reported too and
ignored. **Sales at the card reader send nothing and know no buyer**, and a refund is not reported. The
merchant code is `location`. SumUp repeats after 1, 5 and 20 minutes and after 2 hours.

Documentation: https://developer.sumup.com/online-payments/webhooks (confidence: verified)
"""

from __future__ import annotations

from relay.kit import Asking, Connector, Ignored, Kind, Node, Reading, Request, Source
from relay.kit.lookups import bearer, get, url_of
from relay.kit.proof import SharedToken
from relay.kit.reading import field_text, must_be, read_person
from relay.kit.settings import Keys, Secrets

API = "https://api.sumup.com/v0.1"


class SumUpSecrets(Secrets):
    url_token: Keys
    """The token in the URL."""

    access_token: Keys
    """API key, for looking checkouts and customers up."""


def on_checkout(event: Node, _source: Source) -> Asking:
    answer = yield get(url_of(API, "checkouts", checkout_id(event)), auth=bearer())
    if not answer.found:
        return Ignored("SumUp has no such checkout")
    checkout = answer.body
    must_be(checkout["status"], "the checkout", "PAID")
    details = checkout.get("personal_details")
    customer_id = checkout.get("customer_id")
    if not details.get("email").exists and customer_id.exists:
        answer = yield get(url_of(API, "customers", customer_id), auth=bearer())
        details = answer.body.get("personal_details") if answer.found else details
    return reading(checkout, details) if details.exists else Ignored("no customer", nobody=True)


def checkout_id(event: Node) -> Node:
    """The newer form has an id of its own and the checkout's in the payload."""
    return event["payload"]["checkout_id"] if event.get("payload").exists else event["id"]


def reading(checkout: Node, details: Node) -> Reading:
    buyer = read_person(
        details,
        email="email",
        first_name="first_name",
        last_name="last_name",
        phone="phone",
        country="address.country",
    )
    paid = (one for one in checkout.get("transactions").each() if one.get("timestamp").exists)
    moment = next((one["timestamp"] for one in paid), checkout.get("date"))
    return Reading(
        kind=Kind.PURCHASE_COMPLETED,
        key=checkout["id"].text(),
        occurred_at=moment.time_or_none(),
        people=(buyer,),
        location=checkout.get("merchant_code").text_or_none(),
    )


def delivery_id(_request: Request, event: Node) -> str | None:
    return event.get("id").text_or_none() if event.get("payload").exists else None


CONNECTOR = Connector(
    verify=SharedToken(),
    event_type=field_text("event_type"),
    delivery_id=delivery_id,
    handlers={"CHECKOUT_STATUS_CHANGED": on_checkout, "checkout.status.updated": on_checkout},
    ignored={"solo.transaction.updated"},
    kinds={Kind.PURCHASE_COMPLETED},
    secrets=SumUpSecrets,
    default_events={Kind.PURCHASE_COMPLETED},
)
