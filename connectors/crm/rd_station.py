"""RD Station Marketing: conversions and opportunities.

**Set-up.**

1. Make a long random text (`openssl rand -hex 32`) and put it into `url_token`: RD Station does not sign,
   so that this last part of the URL is the proof.
2. *Sua conta → Integrações → Webhooks → Criar webhook*: URL = this source's URL with the token, trigger
   *Conversão*, with the identifiers that should count, or none for all of them; *Oportunidade* if that
   counts.

**Good to know.** Each conversion is a submitted form of its own. A marked opportunity is a changed contact,
since nothing is won yet. Contacts whose consent to communication was declined count as unsubscribed. The
conversion's identifier is the location, so that a route can tell forms apart. Phone numbers come without a
country code: set `default_region`, usually `"BR"`. Webhooks of RD Station CRM and of the old API (`leads`)
have another form and are parked.

- `default_region`: country of phone numbers without one; `unknown_events`: `"park"` or `"ignore"`.

Documentation: https://developers.rdstation.com/reference/webhooks-payload-copy (confidence: verified for
payloads)
"""

from __future__ import annotations

from relay.kit import Connector, Kind, Node, Person, Reading, Request, Source
from relay.kit.proof import SharedToken
from relay.kit.reading import all_texts, field_text
from relay.kit.settings import Keys, Secrets

REFUSED = ("declined", "revoked")


class RdStationSecrets(Secrets):
    url_token: Keys
    """The last part of the webhook's URL."""


def happening(event: Node) -> str:
    """The contact, what it converted on, and when: the same in each re-send and in no other conversion."""
    names = ("event_identifier", "event_timestamp")
    parts = [event["contact"]["uuid"].text(), *(event.get(name).text_or_none() for name in names)]
    return " ".join(part for part in parts if part)


def delivery_id(_request: Request, event: Node) -> str | None:
    known = event.get("contact", "uuid").exists and event.get("event_timestamp").exists
    return f"{event['event_type'].text()} {happening(event)}" if known else None


def on_converted(event: Node, _source: Source) -> Reading:
    return reading(event, Kind.FORM_SUBMITTED, happening(event))


def on_opportunity(event: Node, _source: Source) -> Reading:
    return reading(event, Kind.CONTACT_UPDATED, event["contact"]["uuid"].text())


def reading(event: Node, kind: Kind, key: str) -> Reading:
    contact, moment = event["contact"], event.get("event_timestamp")
    who = Person(
        email=contact.get("email").text_or_none(),
        full_name=contact.get("name").text_or_none(),
        phone=all_texts(contact.get("mobile_phone"), contact.get("personal_phone")),
        unsubscribed=any(refuses(basis) for basis in contact.get("legal_bases").each()),
    )
    return Reading(
        kind=kind,
        key=key,
        occurred_at=(moment if moment.exists else event.get("timestamp")).time_or_none(),
        people=(who,),
        location=event.get("event_identifier").text_or_none(),
    )


def refuses(basis: Node) -> bool:
    about = basis.get("category").text_or_none() == "communications"
    return about and basis.get("status").text_or_none() in REFUSED


CONNECTOR = Connector(
    verify=SharedToken(),
    event_type=field_text("event_type"),
    delivery_id=delivery_id,
    handlers={"WEBHOOK.CONVERTED": on_converted, "WEBHOOK.MARKED_OPPORTUNITY": on_opportunity},
    kinds={Kind.FORM_SUBMITTED, Kind.CONTACT_UPDATED},
    default_events={Kind.FORM_SUBMITTED},
    secrets=RdStationSecrets,
)
