"""Facebook Lead Ads: people who filled in an instant form of an advertisement on Facebook or Instagram.

**Set-up.** You need an app at developers.facebook.com and a page that you manage.

1. *App settings → Basic*: copy the app secret into `signing_key`. Leave *Require app secret* under
   *Advanced* off.
2. In *Business settings → Users → System users* make a system user, give it the page and the app, and
   generate a token that never expires with the permissions `leads_retrieval`, `pages_manage_ads`,
   `pages_manage_metadata`, `pages_read_engagement` and `pages_show_list`: it goes into `access_token`, for
   looking up the answers, of which an event names only the id.
3. Make up a long random text for `verify_token` and start the relay with it. Then *Webhooks → Page →
   Subscribe to this object*: Callback URL = this source's URL, the same text as verify token; subscribe to
   the field `leadgen`.
4. Install the app on the page: `POST https://graph.facebook.com/v23.0/PAGE_ID/subscribed_apps` with
   `subscribed_fields=leadgen` and the page's token. In *Leads access* of the page admit the app.
5. *Lead Ads Testing Tool* of Meta sends a test lead, which the relay marks as a test.

**Settings.**

- `graph_version`: version of the Graph API (`"v23.0"`).
- `email_field`, `phone_field`: keys of your form's questions where they are not the usual ones.
- `account`: the id of the page whose leads are taken, or a list; left out, those of every page of the app.
- `default_region`: country of phone numbers without a country code, such as `"US"`; never guessed.
- `unknown_events`: `"park"` or `"ignore"` other fields of a page.

**Good to know.** The location of an event is the page's id. One request holds many leads, and an app has
one address for all its pages. A lead without an address is ignored: ask for it in the form. Answers of an
advertisement's disclaimer are not read. *Test* in the dashboard of webhooks sends a lead that does not
exist and is ignored. Where Meta limits the look-ups, they are made later. It repeats what is not answered
with 200, and keeps a lead for 90 days.

Documentation: https://developers.facebook.com/docs/marketing-api/guides/lead-ads/retrieving (confidence:
verified)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from relay.kit import Asking, Connector, Ignored, Kind, Node, Person, Reading, Source
from relay.kit.lookups import bearer, fetched, get, url_of
from relay.kit.proof import HmacSignature, in_header
from relay.kit.reading import field_text
from relay.kit.replies import echo_query
from relay.kit.settings import AccountSettings, Field, Keys, Secrets

# https://developers.facebook.com/docs/graph-api/guides/error-handling, and …/overview/rate-limiting
LATER = {1, 2, 4, 17, 32, 341, 613, *range(80000, 80015)}

FIELDS = "id,created_time,form_id,field_data"
EMAILS, PHONES = ("email", "work_email"), ("phone_number", "work_phone_number")


class LeadAdsSecrets(Secrets):
    signing_key: Keys
    """The app secret."""

    verify_token: Keys
    """The text that is entered as verify token."""

    access_token: Keys
    """A token that may read the leads of the page."""


class LeadAdsSettings(AccountSettings):
    graph_version: Annotated[str, Field(pattern=r"^v\d{1,3}\.\d$")] = "v23.0"
    """Version of the Graph API."""

    email_field: str | None = None
    """Key of the question for the e-mail address, where it is not `email`."""

    phone_field: str | None = None
    """Key of the question for the phone number, where it is not `phone_number`."""


def changes(root: Node) -> Iterable[Node]:
    return [change for entry in root["entry"].each() for change in entry["changes"].each()]


def answers_in(lead: Node) -> dict[str, str]:
    """The first answer to each question that was answered."""
    found = {
        one["name"].text().lower(): one.get("values").first().text_or_none()
        for one in lead["field_data"].each()
    }
    return {name: text for name, text in found.items() if text}


def person_in(answers: dict[str, str], settings: LeadAdsSettings) -> Person:
    def first(own: str | None, names: tuple[str, ...]) -> str | None:
        wanted = (own.lower(), *names) if own else names
        return next((answers[name] for name in wanted if name in answers), None)

    country = answers.get("country")
    return Person(
        email=first(settings.email_field, EMAILS),
        first_name=answers.get("first_name"),
        last_name=answers.get("last_name"),
        full_name=answers.get("full_name"),
        phone=first(settings.phone_field, PHONES),
        country=country if country and len(country) == 2 else None,
    )


def is_later(body: Node) -> bool:
    """Limits of the Graph API and its passing troubles are a 400 or a 403 with a code."""
    code = body.get("error", "code")
    return code.exists and code.integer() in LATER


def on_lead(event: Node, source: Source) -> Asking | Ignored:
    lead_id = event["value"]["leadgen_id"].text()
    if set(lead_id) == {"4"}:
        return Ignored("the sample that the dashboard's test button sends")
    return look_up(event["value"], lead_id, source.settings)


def look_up(value: Node, lead_id: str, settings: LeadAdsSettings) -> Asking:
    url = url_of(f"https://graph.facebook.com/{settings.graph_version}", lead_id, fields=FIELDS)
    call = get(url, auth=bearer(), later=is_later)
    body = yield from fetched(call, "the lead is no longer there", nobody=True)
    answers = answers_in(body)
    return Reading(
        kind=Kind.FORM_SUBMITTED,
        key=lead_id,
        occurred_at=value["created_time"].time(),
        people=(person_in(answers, settings),),
        location=value.get("page_id").text_or_none(),
        test=any(text.startswith("<test lead:") for text in answers.values()),
    )


CONNECTOR = Connector(
    verify=HmacSignature(place=in_header("x-hub-signature-256", prefix="sha256=")),
    handshake=echo_query("hub.challenge", token="hub.verify_token"),  # noqa: S106  # a parameter's name
    split=changes,
    event_type=field_text("field"),
    delivery_id=field_text("value", "leadgen_id"),
    account=field_text("value", "page_id"),
    handlers={"leadgen": on_lead},
    ignored={"feed", "leadgen_fat", "leadgen_update", "mention", "messages", "ratings"},
    kinds={Kind.FORM_SUBMITTED},
    default_events={Kind.FORM_SUBMITTED},
    secrets=LeadAdsSecrets,
    settings=LeadAdsSettings,
)
