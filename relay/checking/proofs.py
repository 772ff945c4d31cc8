"""What every connector inherits about its proof, beyond what signatures and secrets themselves must keep.

Checks as in `relay/checking/checks.py`, which lists them.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from relay.checking.subject import NotApplicable, Subject
from relay.core.case import Case
from relay.core.combined import FromAccount
from relay.core.connector import Connector
from relay.core.errors import Unverified
from relay.core.key_by_url import KeyByUrl
from relay.core.request import Request
from relay.core.signatures import Verifier
from relay.core.source import Source


def _lived(subject: Subject) -> Iterator[tuple[Case, Source, Connector]]:
    """Each accepted case with its source, and the connector as it is for that source."""
    for case in subject.accepted:
        source = case.make_source(subject.connector)
        yield case, source, subject.connector.for_source(subject.connector, source)


def a_tolerance_belongs_to_a_time_that_is_checked(subject: Subject) -> Iterator[str]:
    if "tolerance" not in subject.connector.settings.model_fields:
        raise NotApplicable("the sender signs no time")
    proofs = any(live.verify.checks_age for _, _, live in _lived(subject))
    if not proofs and not any(_depends_on_time(case, subject) for case in subject.cases.values()):
        yield "there is `settings.tolerance`, and no case's proof checks a time"


def _depends_on_time(case: Case, subject: Subject) -> bool:
    """Whether what a test of the address is answered depends on when it came."""
    source = case.make_source(subject.connector)
    live = subject.connector.for_source(subject.connector, source)
    now = case.make_request()
    much_later = replace(now, received_at=case.now + 2 * source.settings.tolerance + 60)
    return live.handshake(now, source) != live.handshake(much_later, source)


def a_header_that_shows_a_secret_is_never_stored(subject: Subject) -> Iterator[str]:
    for case, source, live in _lived(subject):
        keys = {key for keys in source.secrets.values() for key in keys}
        shown = keys | {base64.b64encode(key.encode()).decode() for key in keys}
        for name, text in case.make_request().headers.items():
            if name not in live.verify.secret_headers and any(one in text for one in shown):
                yield f"{case.title!r}: header {name} shows a secret, and `secret_headers` does not name it"


def a_request_of_another_account_is_refused(subject: Subject) -> Iterator[str]:
    """Where a proof says who the vendor is, the account must be said by the request and be one of ours."""
    bound = [
        (case, source, live, setting)
        for case, source, live in _lived(subject)
        if (setting := _account_setting(live.verify)) and getattr(source.settings, setting)
        # What cannot be parsed names nobody, and is left to be parked.
        if (case.expect or {}).get("outcome") != "parked"
    ]
    if not _account_setting(subject.live.verify):
        raise NotApplicable("the proof says whose account it is")
    if not bound:
        yield "no accepted case has a source that names its account: record one"
    for case, source, live, setting in bound:
        ours = getattr(source.settings, setting)
        other = "another-account" if isinstance(ours, str) else type(ours)(["another-account"])
        strange = replace(source, settings=source.settings.model_copy(update={setting: other}))
        try:
            live.verify(case.make_request(), strange, case.now)
        except Unverified:
            continue
        yield f"{case.title!r} is accepted by a source whose settings.{setting} is another account"


def _account_setting(verify: Verifier) -> str | None:
    if isinstance(verify, KeyByUrl):
        return _account_setting(verify.verifier)
    return verify.setting if isinstance(verify, FromAccount) else None


def a_key_is_fetched_from_the_vendor_alone(subject: Subject) -> Iterator[str]:
    """A recorded request names an address; the same request with a changed one is refused."""
    verify = subject.live.verify
    if not isinstance(verify, KeyByUrl):
        raise NotApplicable("the key is configured and never fetched")
    keyless = replace(subject.source, secrets={**subject.source.secrets, verify.secret: ()})
    request = subject.request
    addresses = verify.key_urls(request, keyless)
    if not addresses or not all(one.startswith("https://") for one in addresses):
        yield "the first accepted request does not say where its key is"
        return
    if verify.key_urls(request, replace(keyless, secrets={**keyless.secrets, verify.secret: ("key",)})):
        yield "a key is fetched although one is configured"
    for changed, name in _with_odd_addresses(request):
        with suppress(Unverified):
            if not set(verify.key_urls(changed, keyless)) <= set(addresses):
                yield f"with another {name} the key is fetched from another address"


def _with_odd_addresses(request: Request) -> Iterator[tuple[Request, str]]:
    """A request with each of its headers in turn missing, or leading elsewhere."""
    for name, text in request.headers.items():
        others = {key: one for key, one in request.headers.items() if key != name}
        yield replace(request, headers=others), name
        for odd in ("", f"https://example.net/{text}", f"{text}/../key", f"{text}@example.net", f"{text}?x"):
            yield replace(request, headers={**others, name: odd}), name


def a_source_without_the_secret_of_its_proof_is_refused(subject: Subject) -> Iterator[str]:
    """Where the secret is optional, the configuration is refused without it, or the key is fetched."""
    field = subject.connector.secrets.model_fields[subject.live.verify.secret]
    if field.is_required() or field.get_default():
        raise NotApplicable("the secret is always there")
    bare = replace(subject.source, secrets={})
    try:
        live = subject.connector.for_source(subject.connector, bare)
    except ValueError:
        return
    if not isinstance(live.verify, KeyByUrl):
        yield f"a source without secrets.{live.verify.secret} is configured and refuses everything"
