"""Every point on which the API's documents are silent, as a switch.

The defaults are what the documents say; where they say nothing, the harsher reading, so that a
client which passes here is not surprised there. `docs/sandbox.md` explains each one.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from relay.sandbox.profiles import Override, Profile, Table, budget_of


def _no_429(status: int) -> int:
    if status == 429:
        raise ValueError("429 says that a later try may pass; choose another 4xx")
    return status


Refused = Annotated[int, Field(ge=400, le=499), AfterValidator(_no_429)]
Code = Annotated[str, Field(min_length=1)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]

NO_OVERRIDE = Override()


class Switches(BaseModel):
    """How this sandbox behaves. Frozen: change it by making another, see `changed`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # Who may call
    key_length: Literal["any", "47"] = Field(
        "any", description="`47`: a key of another length is INVALID_API_KEY_FORMAT"
    )
    both_key_headers: Literal["x-api-key", "bearer"] = Field(
        "x-api-key", description="which header counts when a request has both"
    )
    api_access_status: Refused = Field(403, description="status for an organization whose API access is off")
    api_access_code: Code = Field("API_ACCESS_DISABLED", description="code of that refusal")

    # Reading an execute call
    content_type_checked: bool = Field(
        default=True, description="a body that is not labelled application/json is 400"
    )
    unknown_members: Literal["refuse", "ignore", "store"] = Field(
        "refuse",
        description="members that the page does not list: 400, dropped, or stored on the contact "
        "(`title`, `preferredLanguage`, `customFields`, `tags`)",
    )
    first_name_required: bool = Field(default=False, description="a contact without `firstName` is 400")
    malformed_email: Literal["refuse", "skip"] = Field(
        "refuse", description="one malformed address: the whole request is 400, or it is skipped"
    )
    poison: frozenset[str] = Field(
        frozenset(), description="addresses that make a whole request 400, whatever their form"
    )
    empty_fields: Literal["clear", "keep", "refuse"] = Field(
        "clear",
        description="an empty string or null for a stored field clears it, keeps it, or is 400",
    )
    unknown_place: Literal["refuse", "accept"] = Field(
        "refuse", description="a `locationId` or `employeeId` that the organization does not have"
    )
    unknown_place_status: Refused = Field(400, description="status of that refusal")
    inactive_employee: Literal["refuse", "accept"] = Field(
        "refuse", description="the `employeeId` of an employee who is not active"
    )
    location_on_contact: bool = Field(
        default=False, description="the request's `locationId` also overwrites the contact's own"
    )

    # Contacts
    email_match: Literal["exact", "fold"] = Field(
        "exact", description="`fold`: the same contact whatever the case and outer spaces"
    )
    conflict_code: Code = Field("CONFLICT", description="code of the 409 for a duplicate `POST /contacts`")
    patch_answer: Literal["partial", "whole"] = Field(
        "partial", description="what `PATCH /contacts/:id` returns"
    )

    # When execute is blocked
    blocked_upserts: bool = Field(
        default=True, description="a blocked call has created or updated its contacts already"
    )
    inactive_status: Refused = Field(400, description="status when the sequence is not active")
    inactive_code: Code = Field("VALIDATION_ERROR", description="code when it is not active")
    no_steps_status: Refused = Field(400, description="status when the sequence has no steps")
    no_steps_code: Code = Field("VALIDATION_ERROR", description="code when it has no steps")
    no_contacts_status: Refused = Field(
        400, description="status when every contact is invalid or unsubscribed"
    )
    no_contacts_code: Code = Field("VALIDATION_ERROR", description="code of that refusal")
    variant_status: Refused = Field(400, description="status when variant B cannot run")
    variant_code: Code = Field("VALIDATION_ERROR", description="code when variant B cannot run")
    api_trigger_only: bool = Field(
        default=False, description="sequences whose trigger is not `api` are blocked as not active"
    )

    # What execute answers
    success_status: Literal[200, 201, 202] = Field(200, description="status of success")
    duplicates: Literal["two", "one"] = Field(
        "two", description="sendings made when one request names the same contact twice"
    )
    skipped: Literal["absent", "listed"] = Field(
        "absent", description="whether `results` lists a contact that was skipped"
    )
    skipped_status: Code = Field("skipped", description="its `status` when it is listed")
    results_order: Literal["sent", "reversed", "shuffled"] = Field("sent", description="order of `results`")
    result_status: Code = Field("queued", description="`status` of the others in `results`")
    result_email: Literal["sent", "stored"] = Field(
        "sent", description="`email` in `results`: as this request wrote it, or as stored"
    )
    results_missing: int = Field(0, ge=0, description="results left out at the end of `results`")
    processed: Literal["upserted", "submitted", "queued"] = Field(
        "upserted", description="what `contactsProcessed` counts"
    )
    variant_named: Literal["primary", "drawn"] = Field(
        "primary",
        description="`sequenceId` of the answer under an A/B test: the sequence called, or the one "
        "drawn for the first contact",
    )
    latency_seconds: Seconds = Field(0, description="every answer waits this long")

    # Idempotency: not documented, so off
    idempotency: bool = Field(
        default=False, description="honour `Idempotency-Key`; off, the header means nothing"
    )
    idempotency_mismatch_status: Literal[409, 422] = Field(
        422, description="status when a known key comes with another body or path"
    )
    idempotency_seconds: Seconds = Field(86_400, description="how long a key is remembered")

    # Rate limits
    rate_limits: bool = Field(default=True, description="off: nothing is counted or refused")
    rate_table: Table = Field("new", description="which stored copy of the figures")
    rate_profile: Profile = Field("starter", description="plan of every organization")
    rate_overrides: Mapping[str, Override] = Field(
        {},
        description="by organization id: `profile`, `per_minute`, `per_hour`, each optional",
    )
    rate_window: Literal["fixed", "sliding"] = Field("fixed", description="kind of both windows")
    rate_headers: Literal["hour", "minute", "tighter", "none"] = Field(
        "hour", description="which window the `X-RateLimit-…` headers describe"
    )
    retry_after: Literal["seconds", "http-date", "shorter", "none"] = Field(
        "seconds",
        description="form of `Retry-After`; `shorter` names half of the wait, `none` also empties "
        "the body's hint",
    )
    count_refused: bool = Field(default=False, description="a 429 counts against the windows")
    count_failed: bool = Field(default=True, description="any other 4xx counts as well")

    # Sequences
    sequence_status: bool = Field(default=True, description="whether `GET /sequences` shows `status`")

    # Steps and callbacks
    hour_seconds: Seconds = Field(3600, description="real seconds for an hour of a step's delay")
    callback_copies: int = Field(1, ge=1, le=9, description="times each step callback is posted")
    callback_order: Literal["steps", "reversed"] = Field(
        "steps", description="`reversed`: kept until the last step, then posted last one first"
    )
    callback_sequence: Literal["variant", "primary"] = Field(
        "variant", description="`sequenceId` in callbacks under an A/B test"
    )
    callback_index: Literal[0, 1] = Field(0, description="`stepIndex` of the first step")
    callback_timestamp: Literal["iso", "unix-ms"] = Field(
        "iso", description="form of `timestamp` in callbacks"
    )
    callback_timeout_seconds: Annotated[float, Field(gt=0)] = Field(
        10, description="after which a callback is given up"
    )

    # API webhooks: announced, not live
    api_webhook_url: str | None = Field(
        None, description="where the announced API webhooks are posted; none by default"
    )
    api_webhook_secret: SecretStr | None = Field(None, description="signs them: HMAC-SHA256 of the body, hex")
    api_webhook_header: Code = Field("X-Webhook-Signature", description="header of the signature")

    # Faults
    slow_seconds: Seconds = Field(30, description="delay of the fault `slow-after`")
    fault_retry_after: int = Field(1, ge=0, description="seconds that the fault `429` asks for")

    @field_validator("poison")
    @classmethod
    def _folded(cls, addresses: frozenset[str]) -> frozenset[str]:
        return frozenset(address.strip().casefold() for address in addresses)

    @model_validator(mode="after")
    def _figures_exist(self) -> Self:
        for organization, override in {"": NO_OVERRIDE, **self.rate_overrides}.items():
            if budget_of(self.rate_table, self.rate_profile, override) is None:
                plan = override.profile or self.rate_profile
                where = f"rate_overrides[{organization}]" if organization else "rate_profile"
                raise ValueError(
                    f"{where}: the {self.rate_table} table has no figures for {plan!r}; "
                    "choose another plan or give per_minute and per_hour"
                )
        return self

    def changed(self, changes: Mapping[str, Any]) -> Switches:
        """These switches with some changed; ValueError names every unknown or faulty one."""
        unknown = [_unknown(name) for name in changes if name not in type(self).model_fields]
        if unknown:
            raise ValueError("; ".join(unknown))
        try:
            return Switches.model_validate({**self.model_dump(), **changes})
        except ValidationError as error:
            raise ValueError("; ".join(faults_of(error))) from None


def parse_switches(pairs: Iterable[str], base: Switches | None = None) -> Switches:
    """Switches from `name=value` texts; a value is JSON or, failing that, plain text."""
    changes: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise ValueError(f"{pair!r}: write a switch as name=value")
        changes[name.strip()] = _plain(value.strip(), name.strip())
    return (base or Switches()).changed(changes)


def _plain(value: str, name: str) -> Any:
    field = Switches.model_fields.get(name)
    # The word "47" of a switch would be a number as JSON.
    if field is not None and value in getattr(field.annotation, "__args__", ()):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, Switches.model_fields, n=1)
    return f"{name}: no such switch" + (f"; did you mean {near[0]}?" if near else "")


def faults_of(error: ValidationError) -> list[str]:
    """One text for each fault that pydantic found: where, and what; never the value."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return [_told(fault["loc"], fault["msg"]) for fault in found]


def _told(place: tuple[int | str, ...], message: str) -> str:
    where = ".".join(map(str, place))
    what = message.removeprefix("Value error, ")
    return f"{where}: {what}" if where else what
