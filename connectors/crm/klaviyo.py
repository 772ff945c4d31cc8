"""Klaviyo: new subscribers, and customers whose order is ready to be reviewed.

**Set-up.** Webhooks of Klaviyo are made with its API and need the CDP product or a partner's app. (The
action *Webhook* of a flow posts what you put together there: use the connector `generic` for it.)

1. *Settings → API keys → Create private API key* with read access to profiles and events and full access to
   webhooks: copy it into `api_key`. Events name only the id of a profile, which is looked up.
2. Make up a secret of at least 16 characters: it goes into `signing_key` and into the next call.
3. `POST https://a.klaviyo.com/api/webhooks` with `Authorization: Klaviyo-API-Key <the key>`, `revision:
   2024-10-15` and the JSON `{"data": {"type": "webhook", "attributes": {"name": "relay", "endpoint_url":
   <the source's URL>, "secret_key": <the secret>}, "relationships": {"webhook-topics": {"data": [{"type":
   "webhook-topic", "id": "event:klaviyo.ready_to_review"}, {"type": "webhook-topic", "id":
   "event:klaviyo.subscribed_to_email_marketing"}]}}}}`.

**Settings.**

- `default_region`: country of phone numbers without a country code, such as `"US"`; never guessed.
- `unknown_events`: `"park"` or `"ignore"` topics that are not listed here.

**Good to know.** *Ready to review* is `purchase.completed`, *subscribed to e-mail marketing*
`contact.created`. A request holds up to 1,000 events; their profiles are looked up 100 in a call. Whoever
unsubscribed from e-mail marketing, complained of spam or was suppressed by you is left alone. The webhook
that a body names must be the one in the header, as Klaviyo asks. The signature covers the time of sending,
but a public capture shows it hours off the clock, so it is not compared with ours; what was sent before is
known by each event's id. Klaviyo demands https and follows no redirects.

Documentation: https://developers.klaviyo.com/en/docs/working_with_system_webhooks (confidence: verified for
signature and envelope; the time's form and the events' fields from public captures)
"""

from __future__ import annotations

from collections.abc import Sequence

from relay.kit import Asking, Connector, Ignored, Kind, Node, Person, Reading, Request, Source, Unreadable
from relay.kit.lookups import BatchRead, key_in_header
from relay.kit.proof import Claim, HmacSignature, as_sent, in_header
from relay.kit.reading import field_text, parse_json
from relay.kit.settings import Keys, Secrets

PROFILES = "https://a.klaviyo.com/api/profiles"
KEY = key_in_header("authorization", "api_key", prefix="Klaviyo-API-Key ")
PREFIX = "event:klaviyo."
# The other reasons are addresses that no mail reaches.
BY_CHOICE = ("SPAM_COMPLAINT", "UNSUBSCRIBE", "USER_SUPPRESSED")


class KlaviyoSecrets(Secrets):
    signing_key: Keys
    """The secret that the webhook was made with."""

    api_key: Keys
    """A private API key, for looking up profiles."""


def signed(request: Request, _claim: Claim) -> bytes:
    """The body, then the time as it stands in its header, of the webhook that the header names."""
    named = parse_json(request).get("meta", "klaviyo_webhook_id").text_or_none()
    if named is None or named != request.header("klaviyo-webhook-id"):
        raise Unreadable("is not the webhook of the header klaviyo-webhook-id", "$.meta.klaviyo_webhook_id")
    return request.body + as_sent(request.header("klaviyo-timestamp") or "")


def ask_profiles(ids: Sequence[str]) -> dict[str, str]:
    listed = ",".join(f'"{one}"' for one in ids)
    return {
        "filter": f"any(id,[{listed}])",
        "page[size]": "100",
        "additional-fields[profile]": "subscriptions",
    }


def person_in(profile: Node) -> Person:
    marketing = profile.get("subscriptions", "email", "marketing")
    stopped = {one.get("reason").text_or_none() for one in marketing.get("suppression").each()}
    consents = marketing.get("consent").text_or_none() != "UNSUBSCRIBED" and stopped.isdisjoint(BY_CHOICE)
    return Person(
        email=profile.get("email").text_or_none(),
        first_name=profile.get("first_name").text_or_none(),
        last_name=profile.get("last_name").text_or_none(),
        phone=profile.get("phone_number").text_or_none(),
        unsubscribed=not consents,
    )


def with_profile(kind: Kind, event: Node, key: str | None = None) -> Asking:
    happening = event["payload"]["data"]
    profile_id = happening["relationships"]["profile"]["data"]["id"].text()
    if not profile_id.isalnum():
        raise Unreadable("is no id of a profile", happening.path)
    headers = {"revision": "2024-10-15"}
    answer = yield BatchRead(PROFILES, profile_id, ask_profiles, KEY, method="GET", headers=headers)
    profiles = answer.body.get("data").each() if answer.found else ()
    profile = next((one for one in profiles if one["id"].text() == profile_id), None)
    if profile is None:
        return Ignored("the profile is no longer there: merged or deleted", nobody=True)
    happened = happening["attributes"]
    return Reading(
        kind=kind,
        key=key or profile_id,
        occurred_at=happened.get("datetime").time_or_none() or happened["timestamp"].time(),
        people=(person_in(profile["attributes"]),),
    )


def on_ready_to_review(event: Node, _source: Source) -> Asking:
    return with_profile(Kind.PURCHASE_COMPLETED, event, event["payload"]["data"]["id"].text())


def on_subscribed(event: Node, _source: Source) -> Asking:
    return with_profile(Kind.CONTACT_CREATED, event)


OTHERS = """bounced_email cancelled_sms_subscription clicked_email clicked_sms dropped_email
    failed_to_deliver_sms marked_email_as_spam opened_email opened_push received_email received_push
    received_sms sent_sms submitted_rating submitted_review subscribed_to_back_in_stock subscribed_to_list
    subscribed_to_sms_marketing unsubscribed_from_email_marketing unsubscribed_from_list
    unsubscribed_from_sms_marketing updated_email_preferences"""

CONNECTOR = Connector(
    verify=HmacSignature(place=in_header("klaviyo-signature"), signed=signed),
    split=lambda root: root["data"].each(),
    event_type=field_text("topic"),
    delivery_id=field_text("external_id"),
    handlers={
        f"{PREFIX}ready_to_review": on_ready_to_review,
        f"{PREFIX}subscribed_to_email_marketing": on_subscribed,
    },
    ignored=frozenset(PREFIX + metric for metric in OTHERS.split()),
    kinds={Kind.PURCHASE_COMPLETED, Kind.CONTACT_CREATED},
    default_events={Kind.PURCHASE_COMPLETED},
    secrets=KlaviyoSecrets,
)
