"""Cases signed with keys that prove nothing anywhere else."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from relay.core.case import Case, CaseFault, CaseSource
from relay.core.connector import Connector
from relay.core.errors import Unverified
from relay.core.request import Request
from relay.recording.case_keys import TEST_KEYS


def sign_for_test(case: Case, connector: Connector) -> Case:
    """The case with a test key as its only secret, and its request signed with it at the case's own time.

    Raises `CaseFault` where no test key is of the form that the connector wants, `ValidationError` where the
    settings are not its own.
    """
    connector.settings.model_validate(case.source.settings)
    for key in TEST_KEYS:
        signed = _signed(case, connector, key)
        if signed is not None:
            return signed
    raise CaseFault(f"{connector.name} takes none of the test keys, so the case cannot be signed")


def _signed(case: Case, connector: Connector, key: str) -> Case | None:
    every = _with_secrets(case, {name: [key] for name in connector.secrets.model_fields})
    try:
        live = connector.for_source(connector, every.make_source(connector))
        return sign_again(_with_secrets(case, {live.verify.secret: [key]}), live)
    except (Unverified, ValueError):
        return None


def _with_secrets(case: Case, secrets: dict[str, list[str]]) -> Case:
    return case.model_copy(update={"source": CaseSource(settings=case.source.settings, secrets=secrets)})


def sign_again(case: Case, live: Connector) -> Case:
    """The case with its request signed by its own first secret. Raises what the verifier raises."""
    source = case.make_source(live)
    unsigned = replace(case.make_request(), token=None)
    request = live.verify.sign(unsigned, source, case.now)
    given: dict[str, Any] = {"headers": dict(request.headers), "url": _url(request)}
    if request.body != unsigned.body:
        given |= {"body": "", "body_base64": None} | body_fields(request.body)
    signed = case.model_copy(update={"request": case.request.model_copy(update=given)})
    live.verify(signed.make_request(), source, case.now)
    return signed


def body_fields(body: bytes) -> dict[str, str]:
    """A body as a case holds it: text where it is UTF-8."""
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(body).decode()}


def _url(request: Request) -> str:
    """The URL with the token as its last part, where the sender shows one."""
    base, mark, query = request.url.partition("?")
    token = f"/{quote(request.token, safe='')}" if request.token else ""
    return base + token + mark + query
