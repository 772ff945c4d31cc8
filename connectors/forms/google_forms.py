"""Google Forms: responses, sent by a script in the form or in its sheet.

**Set-up.** Google Forms has no webhooks; a short Apps Script sends what was answered, and signs it.

1. Make a key, `echo "whsec_$(openssl rand -base64 32)"`, and put it into `signing_key`.
2. In the form (or in the sheet of its answers): *⋮ → Apps Script*. Replace what is there with the following,
   with this source's URL and the key in the first two lines.
3. *Triggers → Add Trigger*: function `relay`, event source *From form* (or *From spreadsheet*), event type
   *On form submit*. Google asks for consent once. Submit the form to see the first event.

       const URL = 'https://…/hooks/…';
       const KEY = 'whsec_…';

       function relay(e) {
         const r = e.response;
         const sheet = r ? null : e.range.getSheet();
         const form = r ? e.source.getId()
           : sheet.getParent().getId() + ':' + sheet.getSheetId();
         const at = r ? r.getTimestamp() : new Date();
         const id = r ? r.getId()
           : [form, e.range.getRow(), at.getTime()].join(':');
         const answers = r ? Object.fromEntries(r.getItemResponses()
           .map(i => [i.getItem().getTitle(), i.getResponse()]))
           : e.namedValues;
         const body = JSON.stringify({
           type: 'form_response', id: id, form: form,
           submitted_at: at.toISOString(),
           email: r ? r.getRespondentEmail() : '', namedValues: answers});
         for (let attempt = 0; attempt < 5; attempt++) {
           if (post(id, body) < 300) return;
           Utilities.sleep(5000 << attempt);
         }
         throw new Error('the relay did not take response ' + id);
       }

       function post(id, body) {
         const time = String(Math.floor(Date.now() / 1000));
         const text = id + '.' + time + '.' + body;
         const mac = Utilities.computeHmacSha256Signature(
           Utilities.newBlob(text).getBytes(),
           Utilities.base64Decode(KEY.replace('whsec_', '')));
         const headers = {'webhook-id': id, 'webhook-timestamp': time,
           'webhook-signature': 'v1,' + Utilities.base64Encode(mac)};
         try {
           return UrlFetchApp.fetch(URL, {
             method: 'post', contentType: 'application/json', payload: body,
             headers: headers, muteHttpExceptions: true}).getResponseCode();
         } catch (unreachable) {
           return 503;
         }
       }

A script of yours may also post plain `namedValues` as JSON; then put a text into `url_token` and use the URL
with the token.

**Settings.** The e-mail address is the one that the form collects, else the answer to a question whose title
holds "e-mail"; the phone number that of one with "phone"; names those of "First name", "Last name", "Name".
For anything else, and in other languages, say where it is: JMESPath over `answers`, by title.

- `email`, `first_name`, `last_name`, `full_name`, `phone`, `country`, `unsubscribed`: such as `full_name =
  'answers."Wie heißen Sie?"'`. `people`: a list of persons, to which these are relative.
- `kind`: `"form.submitted"` by default; a table with `event_type = "form"` gives each form its meaning.
- `location` (the form's id), `employee`: such as `location = "answers.Branch"`.
- `key` and `delivery_id` (the response), `occurred_at`, `ends_at`, `test`, `split`, `filter`, `event_type`:
  as for `generic`. `tolerance`: seconds that the signed time may be off (300).
- `default_region`: country of phone numbers without one; `unknown_events`: `"park"` or `"ignore"`.

**Good to know.** The script tries for two and a half minutes; after that Google mails its owner.

Documentation: https://developers.google.com/apps-script/guides/triggers/events (confidence: best effort)
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from relay.kit import Connector, Kind, Node, Request, Source
from relay.kit.proof import SharedToken, StandardWebhooks, standard_webhooks_key, strongest_configured
from relay.kit.reading import nothing, parse_by_content_type
from relay.kit.settings import (
    AfterValidator,
    ExpressionText,
    Field,
    MappingSettings,
    OptionalKeys,
    Secrets,
    StampedSettings,
    map_by_settings,
)

WORDS = {"email": ("email", "e-mail", "correo"), "phone": ("phone", "telefon", "teléfono", "mobile")}
NAMES = {"first_name": ("first name", "vorname"), "last_name": ("last name", "surname", "nachname")}
FULL_NAMES = ("name", "your name", "full name", "your full name")
SIGNED = StandardWebhooks()
by_proof = strongest_configured(SIGNED, SharedToken())


def check_keys(keys: OptionalKeys) -> OptionalKeys:
    for key in keys:
        standard_webhooks_key(key.get_secret_value())
    return keys


class GoogleFormsSecrets(Secrets):
    signing_key: Annotated[OptionalKeys, AfterValidator(check_keys)] = ()
    """The script's KEY (`whsec_…`)."""

    url_token: OptionalKeys = ()
    """The last part of the URL, for scripts that do not sign."""


class GoogleFormsSettings(StampedSettings, MappingSettings):
    kind: Kind | Annotated[dict[str, Kind | Literal["ignored"]], Field(min_length=1)] = Kind.FORM_SUBMITTED
    """What a response means: one kind for all, or a table from event type to kind or `ignored`."""

    event_type: ExpressionText = "type"
    """The event type, for the table in `kind`."""

    delivery_id: ExpressionText = "id"
    """An id that a re-sent event keeps and that no other event has."""

    key: ExpressionText = "id"
    """The id of the response."""

    occurred_at: ExpressionText = "submitted_at"
    """When the form was submitted."""

    location: ExpressionText = "form"
    """The source's own id of the location."""

    employee: ExpressionText = "answers.employee"
    """The source's own id of the employee."""


def parse(request: Request) -> Node:
    """The response with `answers` by title, and whom they name. Each value may be a list of one text."""
    root = parse_by_content_type(request)
    given = root.get("namedValues")
    values = given.raw if isinstance(given.raw, dict) else given.refuse("an object")
    answers = {title: last(value) for title, value in values.items()}
    known: dict[str, Any] = {}
    for title, value in answers.items():
        words = title.lower().strip(" *:")
        exact = [name for name, titles in {**NAMES, "full_name": FULL_NAMES}.items() if words in titles]
        for name in exact or [name for name, parts in WORDS.items() if any(part in words for part in parts)]:
            # "May we e-mail you?" is answered with a yes.
            if name != "email" or "@" in str(value):
                known.setdefault(name, value)
    return Node({**known, **{k: v for k, v in root.raw.items() if v}, "answers": answers})


def last(value: Any) -> Any:
    """A sheet gives a list for each title, with a text for each column of that title."""
    if not isinstance(value, list):
        return value
    filled = [one for one in value if one]
    return filled[-1] if filled else None


def for_source(connector: Connector, source: Source) -> Connector:
    return map_by_settings(by_proof(connector, source), source)


CONNECTOR = Connector(
    verify=SIGNED,
    for_source=for_source,
    parse=parse,
    event_type=nothing,
    handlers={},
    kinds=frozenset(Kind),
    default_events={Kind.FORM_SUBMITTED},
    secrets=GoogleFormsSecrets,
    settings=GoogleFormsSettings,
)
