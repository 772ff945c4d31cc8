"""SimplyBook.me: appointments booked, moved and cancelled.

**Set-up.** The callback is not signed, so the URL holds the secret.

1. Make a long random text (`openssl rand -hex 32`): it is `url_token`.
2. In SimplyBook.me enable the custom feature *API* and open its settings. Paste
   `<the source's URL>/<that text>` as *Callback URL* and tick *create*, *change* and *cancel*. The company's
   login (the name before `.simplybook.me`) goes into the setting `company`; deliveries of any other company
   are refused.
3. Open *Settings → API User Keys* and make a key for a user who may read bookings. The key goes into
   `user_key`, that user's login into the setting `login`. (It needs no second factor; the first such key ends
   signing in to the API with the password.)

**Settings.** `company` and `login` as above; `time_zone`: the company's, such as `"Europe/London"`, because
SimplyBook.me writes times without one; `domain`: `"simplybook.me"`, or the one where you sign in:
`"simplybook.it"`, `"simplybook.asia"`, `"simplybook.net"`.

**Good to know.** A callback names a number; the relay asks the API (REST, version 2) for the booking and its
client. SimplyBook.me does not know whether an appointment took place: a booking carries its end, and a route
waits for it. A new time moves what waits; cancelling withdraws, without a look-up. A booking that is not yet
approved is ignored until a change reports it as confirmed; reminders, new clients and invoices are ignored.
Names come in one field and are split. Phone numbers come as they were typed: set `default_region`. There is
no delivery id; how often a failed callback is repeated is a setting there.

Documentation: https://help.simplybook.me/index.php/User_API_guide (confidence: from public captures: callback
from the vendor's own sample, the booking's fields from the public code of three receivers)
"""

from __future__ import annotations

from typing import Literal

from relay.kit import Asking, Connector, Ignored, Kind, Node, Reading, Source
from relay.kit.lookups import Exchange, exchanged, get, key_in_json, url_of
from relay.kit.proof import FromAccount, SharedToken
from relay.kit.reading import field_text, read_person
from relay.kit.settings import Annotated, Field, Keys, Secrets, Settings, ZoneName, zone_named


class SimplyBookSecrets(Secrets):
    url_token: Keys
    """The random text at the end of the URL."""

    user_key: Keys
    """The API user key, for looking up bookings."""


class SimplyBookSettings(Settings):
    company: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]
    """The company's login, which stands before `.simplybook.me`."""

    login: Annotated[str, Field(min_length=1)]
    """The login of the user whose key it is."""

    time_zone: ZoneName
    """The company's time zone, such as `Europe/London`."""

    domain: Literal["simplybook.me", "simplybook.it", "simplybook.asia", "simplybook.net"] = "simplybook.me"
    """The domain where the account is."""


def on_booked(event: Node, source: Source) -> Asking:
    company, base = source.settings.company, api(source)
    url = url_of(base, "bookings", event["booking_id"])
    answer = yield get(url, auth=token(base, source), headers={"x-company-login": company})
    return read_booking(answer.body, source) if answer.found else Ignored("SimplyBook.me has no such booking")


def on_cancelled(event: Node, _source: Source) -> Reading:
    return Reading(kind=Kind.APPOINTMENT_CANCELLED, key=event["booking_id"].text())


def read_booking(booking: Node, source: Source) -> Reading | Ignored:
    key = booking["id"].text()
    if (booking.get("status").text_or_none() or "") in ("canceled", "cancelled"):
        return Reading(kind=Kind.APPOINTMENT_CANCELLED, key=key)
    if booking.get("is_confirmed").exists and not booking["is_confirmed"].flag():
        return Ignored("the booking is not confirmed yet")
    client = booking.get("client").first()
    person = read_person(client, email="email", full_name="name", phone="phone")
    return Reading(
        kind=Kind.APPOINTMENT_BOOKED,
        key=key,
        ends_at=booking["end_datetime"].time(zone_named(source.settings.time_zone)),
        people=(person,),
        location=booking.get("location_id").text_or_none(),
        employee=booking.get("provider_id").text_or_none(),
    )


def api(source: Source) -> str:
    return f"https://user-api-v2.{source.settings.domain}/admin"


def token(base: str, source: Source) -> Exchange:
    """It lives for an hour; a late one is answered with 419 instead of 401."""
    user = {"company": source.settings.company, "login": source.settings.login, "password": None}
    key = key_in_json("password", secret="user_key")  # noqa: S106  # its name only
    return exchanged(f"{base}/auth", user, key, token=("token",), header="x-token", prefix="")


CONNECTOR = Connector(
    verify=FromAccount(
        verifier=SharedToken(),
        account=lambda root: root.get("company").text_or_none(),
        setting="company",
    ),
    event_type=field_text("notification_type"),
    handlers={"create": on_booked, "change": on_booked, "cancel": on_cancelled},
    ignored={"notify", "remind", "new_client", "create_invoice", "new_invoice", "new_offer"},
    kinds={Kind.APPOINTMENT_BOOKED, Kind.APPOINTMENT_CANCELLED},
    default_events={Kind.APPOINTMENT_BOOKED},
    secrets=SimplyBookSecrets,
    settings=SimplyBookSettings,
)
