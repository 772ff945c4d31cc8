"""Mailchimp: people who subscribe to an audience.

**Set-up.** There are two ways; the first is signed.

1. By the API: `POST https://<dc>.api.mailchimp.com/3.0/lists/<audience id>/webhooks` with the JSON `{"url":
   <this source's URL>, "events": {"subscribe": true, "profile": true, "upemail": true}, "sources": {"user":
   true, "admin": true, "api": false}}`. The answer holds a `signing_secret`, shown this once: put it into
   `signing_key`. If it holds none, your account does not sign yet: take the second way.
2. On the page: make a long random text (`openssl rand -hex 32`) and put it into `url_token`. *Audience → All
   contacts → Settings → Webhooks → Create New Webhook*: the URL with the token; tick *Subscribes* and, if
   changes count, *Profile Updates* and *Email Changed*.

Leave *via the API* off if another tool of yours writes into this audience, or every import counts. Mailchimp
tests the address at once, and the relay answers.

**Settings.**

- `first_name_tag` (`FNAME`), `last_name_tag` (`LNAME`), `phone_tag` (`PHONE`): merge tags of the audience.
- `tolerance`: seconds that the signed time may be off (300). It is not known whether repeats are signed anew;
  if they are refused as too old, set 4800: Mailchimp repeats for about 75 minutes.
- `default_region`: country of phone numbers without one; `unknown_events`: `"park"` or `"ignore"`.

**Good to know.** Subscribing counts as a new contact, once for each sequence; a changed profile or address
as an update. Unsubscribing and cleaning start nothing. The audience is the location. Times are read as UTC.
With a `signing_key` unsigned deliveries are refused. Mandrill (transactional) is another product.

Documentation: https://mailchimp.com/developer/marketing/guides/sync-audience-data-webhooks/ (confidence:
verified for the fields; the signature as of August 2026)
"""

from __future__ import annotations

from relay.kit import Connector, Handler, Kind, Node, Person, Reading, Request, Source
from relay.kit.proof import (
    SECONDS,
    HmacSignature,
    SharedToken,
    in_pairs,
    stamp_dot_body,
    strongest_configured,
)
from relay.kit.reading import CONTACTS, field_text, first_text, parse_form
from relay.kit.replies import Reply, answers, first_handshake
from relay.kit.settings import OptionalKeys, Secrets, StampedSettings

SIGNED = HmacSignature(
    place=in_pairs("x-mailchimp-signature", stamp="t", signature="v1"), signed=stamp_dot_body, stamp=SECONDS
)


class MailchimpSecrets(Secrets):
    signing_key: OptionalKeys = ()
    """The `signing_secret` of a webhook that was made by the API."""

    url_token: OptionalKeys = ()
    """The last part of the URL, for webhooks that are not signed."""


class MailchimpSettings(StampedSettings):
    first_name_tag: str = "FNAME"
    """Merge tag of the first name."""

    last_name_tag: str = "LNAME"
    """Merge tag of the last name."""

    phone_tag: str = "PHONE"
    """Merge tag of the phone number."""


def empty_post(request: Request, _source: Source) -> Reply | None:
    return Reply(200) if request.method == "POST" and not request.body.strip() else None


def delivery_id(_request: Request, event: Node) -> str | None:
    data = event.get("data")
    subject = first_text(data.get("id"), data.get("new_id"))
    parts = [data.get("list_id").text_or_none(), event.get("type").text_or_none(), subject]
    parts.append(event.get("fired_at").text_or_none())
    return " ".join(part for part in parts if part) if all(parts) else None


def on_subscribe(event: Node, source: Source) -> Reading:
    return reading(event, source, Kind.CONTACT_CREATED, event["data"]["id"].text())


def on_profile(event: Node, source: Source) -> Reading:
    return reading(event, source, Kind.CONTACT_UPDATED, event["data"]["id"].text())


def on_new_address(event: Node, source: Source) -> Reading:
    return reading(event, source, Kind.CONTACT_UPDATED, event["data"]["new_id"].text())


def reading(event: Node, source: Source, kind: Kind, key: str) -> Reading:
    data, tags = event["data"], source.settings
    merges = data.get("merges")
    address = merges.get("ADDRESS")
    country = address.get("country").text_or_none() if isinstance(address.raw, dict) else None
    who = Person(
        email=first_text(data.get("new_email"), data.get("email"), merges.get("EMAIL")),
        first_name=merges.get(tags.first_name_tag).text_or_none(),
        last_name=merges.get(tags.last_name_tag).text_or_none(),
        phone=merges.get(tags.phone_tag).text_or_none(),
        country=country if country and len(country) == 2 else None,
    )
    return Reading(
        kind=kind,
        key=key,
        occurred_at=event.get("fired_at").time_or_none(),
        people=(who,),
        location=data.get("list_id").text_or_none(),
    )


HANDLERS: dict[str, Handler] = {
    "subscribe": on_subscribe,
    "profile": on_profile,
    "upemail": on_new_address,
}

CONNECTOR = Connector(
    verify=SIGNED,
    for_source=strongest_configured(SIGNED, SharedToken()),
    parse=parse_form,
    event_type=field_text("type"),
    delivery_id=delivery_id,
    handshake=first_handshake(answers("GET", "HEAD"), empty_post),
    handlers=HANDLERS,
    ignored={"unsubscribe", "cleaned", "campaign"},
    kinds=CONTACTS,
    default_events={Kind.CONTACT_CREATED},
    secrets=MailchimpSecrets,
    settings=MailchimpSettings,
)
