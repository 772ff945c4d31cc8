"""Generic webhook: anything that can post a contact; no code, the settings say how to read it.

**Set-up.** Decide how the sender proves itself, strongest first: a signature (`hmac`, `public_key`, a `jwt`
as the body), a token in a header, HTTP Basic, a token in the body, or, for senders that can do nothing, a
token as the last part of the URL.

1. Make a long random secret (`openssl rand -hex 32`) and write it where `verify` looks for it:
   `signing_key` for hmac and jwt, `public_key` for a sender's public key, `url_token` for a token in URL or
   header, `body_token` for one in the body, `basic` for `user:password`. Each may be a list, all live.
2. Give the sender this source's URL, `/hooks/SOURCE`, or `/hooks/SOURCE/TOKEN` for a token in the URL.
3. Send a flat body, which works without any mapping: `{"event": "booked", "id": "A-17", "email":
   "ana@example.com", "first_name": "Ana", "phone": "+12025550123"}`

**Settings for the delivery.**

- `verify`: `{type = "token"}` (default), with `header = "authorization", prefix = "Bearer "` in a header;
  `{type = "basic"}`; `{type = "body", path = "meta.token"}`; `{type = "jwt", algorithm = "HS256"}`, also
  RS256, ES256, EdDSA, with `header` and `prefix` where it is not the body; or a signature: `{type = "hmac",
  header = "x-signature"}` with, where the sender differs, `digest` sha256|sha1|sha512, `encoding`
  hex|base64|either, `key` text|hex|base64 (how the secret becomes bytes), `keyed` hmac|key_then_text;
  `{type = "public_key", algorithm = "ed25519"|"rsa"|"ecdsa", header = "x-signature"}`. For both: `prefix`
  such as `"sha256="`, `signed` such as `"{timestamp}.{body}"` from {body} {body_base64} {timestamp} {url}
  {path} {query} {method} {header:NAME}, `timestamp_header`, `timestamp_unit` s|ms|iso|any, and for one header
  such as `t=1,v1=ab` `signature_name`, `timestamp_name`, `separator`. `tolerance`: seconds that a signed
  timestamp may be off (300).
- `handshake`: how the sender tests the address: `{type = "probe"}` (GET, HEAD), or a challenge to echo:
  `{type = "json"|"form"|"query"|"header", name = "challenge"}` (a header that deliveries do not carry).
- `format`: auto (by content type), json, form, multipart, xml, jwt.
- `event_type_header`, `delivery_id_header`: where the sender names these in headers.
- `reply`: `{status = 200, body = "ok", content_type = "text/plain"}` for senders that want a certain
  answer.
- `busy_status`: what our own trouble is answered with (503; 429 for senders that repeat only on that).

**Settings for the event.** Expressions are JMESPath; `docs/connectors.md` lists what they may call.

- `kind`: one kind for all (`"contact.created"`), or a table from event type to kind: `{"appt.done" =
  "appointment.completed", "appt.cancelled" = "appointment.cancelled", "ping" = "ignored"}`
- `split`: the list of events within a body. `filter`: events for which it finds nothing are ignored.
- `event_type`, `delivery_id`, `key`, `occurred_at`, `ends_at`, `location`, `employee`, `test`: over an
  event. `key` is the id of the appointment, purchase or person; one key enrols a person once.
- `email`, `first_name`, `last_name`, `full_name`, `phone`, `country`, `unsubscribed`: for the person; left
  out, usual names are looked for in usual places. `people`: a list of persons, to which these are relative.
- `default_region`: country of phone numbers without a country code, such as `"US"`; never guessed.
- `unknown_events`: `"park"` or `"ignore"` types that the table of `kind` does not name.

**Good to know.** Whoever sees a token can use it, so keep it out of the sender's logs; a signature over a
timestamp cannot be used again. GET is not accepted.

Documentation: docs/connectors.md (confidence: best effort: as good as the settings)
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from relay.kit import Connector, Kind, Misconfigured, Request, Source
from relay.kit.proof import Proof, SharedToken, TokenRule
from relay.kit.reading import (
    nothing,
    parse_by_content_type,
    parse_form,
    parse_json,
    parse_jwt,
    parse_multipart,
    parse_xml,
)
from relay.kit.replies import Handshake, Reply, answers, echo_form, echo_header, echo_json, echo_query
from relay.kit.settings import (
    BaseModel,
    Field,
    HeaderName,
    MappingSettings,
    OptionalKeys,
    Secrets,
    StampedSettings,
    map_by_settings,
)

PARSERS = {
    "json": parse_json,
    "form": parse_form,
    "multipart": parse_multipart,
    "xml": parse_xml,
    "jwt": parse_jwt,
}
ECHOES = {"json": echo_json, "form": echo_form, "query": echo_query, "header": echo_header}


class GenericSecrets(Secrets):
    signing_key: OptionalKeys = ()
    """The key of an HMAC signature or of a JSON Web Token."""

    public_key: OptionalKeys = ()
    """The sender's public key."""

    url_token: OptionalKeys = ()
    """The token in the URL or in a header."""

    body_token: OptionalKeys = ()
    """The token in the body."""

    basic: OptionalKeys = ()
    """`user:password` for HTTP Basic."""


class FixedReply(BaseModel, extra="forbid", frozen=True):
    status: Annotated[int, Field(ge=200, le=299)] = 200
    body: str = ""
    content_type: str = "text/plain; charset=utf-8"

    def as_reply(self, _request: Request) -> Reply:
        headers = {"content-type": self.content_type} if self.body else {}
        return Reply(self.status, self.body.encode(), headers)


class Probe(BaseModel, extra="forbid", frozen=True):
    type: Literal["probe"]

    def handshake(self) -> Handshake:
        return answers("GET", "HEAD")


class Echo(BaseModel, extra="forbid", frozen=True):
    type: Literal["json", "form", "query", "header"]
    name: Annotated[str, Field(min_length=1)]

    def handshake(self) -> Handshake:
        return ECHOES[self.type](self.name.lower() if self.type == "header" else self.name)


class GenericSettings(StampedSettings, MappingSettings):
    verify: Proof = TokenRule()
    """How the sender proves itself: a token, HTTP Basic, a JSON Web Token or a signature."""

    handshake: Annotated[Probe | Echo | None, Field(discriminator="type")] = None
    """How the sender tests the address, and what it wants to hear."""

    format: Literal["auto", "json", "form", "multipart", "xml", "jwt"] = "auto"
    """The format of bodies; `auto` goes by the content type."""

    event_type_header: HeaderName | None = None
    """The header that names the event type."""

    delivery_id_header: HeaderName | None = None
    """The header whose value a re-sent delivery keeps."""

    reply: FixedReply = FixedReply()
    """The answer to an accepted delivery."""

    busy_status: Literal[503, 429] = 503
    """The answer to our own trouble."""


def for_source(connector: Connector, source: Source) -> Connector:
    settings: GenericSettings = source.settings
    verifier = settings.verify.verifier()
    if not source.keys(verifier.secret):
        raise Misconfigured(f"secrets.{verifier.secret}", "is missing, and settings.verify needs it")
    id_header = settings.delivery_id_header
    mapped = map_by_settings(
        connector,
        source,
        type_header=settings.event_type_header,
        header_id=lambda request: request.header(id_header) if id_header else None,
    )
    return replace(
        mapped,
        verify=verifier,
        parse=PARSERS.get(settings.format, parse_by_content_type),
        reply=settings.reply.as_reply,
        handshake=settings.handshake.handshake() if settings.handshake else connector.handshake,
        busy_status=settings.busy_status,
    )


CONNECTOR = Connector(
    verify=SharedToken(),
    event_type=nothing,
    handlers={},
    kinds=frozenset(Kind),
    methods={"POST", "PUT"},
    secrets=GenericSecrets,
    settings=GenericSettings,
    for_source=for_source,
)
