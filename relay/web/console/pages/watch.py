"""Watching: alerts, the audit log, the quarantine, the suppression list, and who is let in."""

from __future__ import annotations

from aiohttp import web

from relay.core.access import Role
from relay.desk.access import (
    CreateToken,
    TokensQuery,
    create_token,
    list_sessions,
    list_tokens,
    revoke_session,
    revoke_token,
)
from relay.desk.alerts import list_alerts, list_past_alerts
from relay.desk.audit import list_audit, verify_audit
from relay.desk.model import PageQuery
from relay.desk.problems import Conflict, Forbidden, Invalid
from relay.desk.quarantine import (
    QuarantineQuery,
    Release,
    list_quarantine,
    release_quarantined,
    show_quarantined,
)
from relay.desk.suppressions import SuppressionsQuery, list_suppressions
from relay.web.console.navigation import ROOT
from relay.web.console.page import At, faults_of, go, page, read_into
from relay.web.console.rendering import Crumb, with_query

QUARANTINE, ACCESS = f"{ROOT}/quarantine", f"{ROOT}/access"


@page("GET", "/alerts")
async def alerts(at: At) -> web.Response:
    query = at.query(PageQuery)
    found = await list_alerts(at.desk)
    past = await list_past_alerts(at.desk, query)
    here = f"{ROOT}/alerts"
    return at.show(
        "alerts.html",
        "alerts",
        Crumb("Alerts"),
        alerts=found.items,
        untold=found.untold,
        past=past.items,
        newest=here if query.after else "",
        older=with_query(here, {"after": past.next}) if past.next else "",
    )


@page("GET", "/audit")
async def audit(at: At) -> web.Response:
    query = at.query(PageQuery)
    found = await list_audit(at.desk, query)
    here = f"{ROOT}/audit"
    return at.show(
        "audit.html",
        "audit",
        Crumb("Audit log"),
        entries=found.items,
        verified=None,
        newest=here if query.after else "",
        older=with_query(here, {"after": found.next}) if found.next else "",
    )


@page("GET", "/audit/verification")
async def verification(at: At) -> web.Response:
    found = await list_audit(at.desk, PageQuery())
    verified = await verify_audit(at.desk)
    crumbs = (Crumb("Audit log", f"{ROOT}/audit"), Crumb("Verification"))
    return at.show(
        "audit.html", "audit", *crumbs, entries=found.items, verified=verified, newest="", older=""
    )


@page("GET", "/quarantine")
async def quarantine(at: At) -> web.Response:
    found = await list_quarantine(at.desk, QuarantineQuery(limit=200))
    return at.show("quarantine.html", "requests", Crumb("Quarantine"), entries=found.items)


@page("GET", "/quarantine/{entry:[0-9]{1,15}}")
async def quarantined(at: At) -> web.Response:
    found = await show_quarantined(at.desk, at.number("entry"))
    crumbs = (Crumb("Quarantine", QUARANTINE), Crumb(f"Entry {found.entry.id}"))
    return at.show("quarantined.html", "requests", *crumbs, story=found)


@page("POST", "/quarantine/release")
async def release(at: At) -> web.Response:
    done = await release_quarantined(at.desk, Release())
    if not done.released:
        return go(
            QUARANTINE, f"{len(done.refused)} are still not verified with the secrets of today.", "warn"
        )
    return go(QUARANTINE, f"{len(done.released)} were verified and taken on, {len(done.refused)} were not.")


@page("GET", "/suppressions")
async def suppressions(at: At) -> web.Response:
    query = at.query(SuppressionsQuery)
    found = await list_suppressions(at.desk, query)
    here = f"{ROOT}/suppressions"
    return at.show(
        "suppressions.html",
        "people",
        Crumb("People", f"{ROOT}/people"),
        Crumb("Suppressed"),
        entries=found.items,
        newest=here if query.after else "",
        older=with_query(here, {"after": found.next}) if found.next else "",
    )


@page("GET", "/access")
async def access(at: At) -> web.Response:
    return await _access(at)


async def _access(at: At, made: str = "", faults: tuple[tuple[str, str], ...] = ()) -> web.Response:
    """Only admins see who is let in."""
    allowed = at.may_let_in
    tokens = (await list_tokens(at.desk, TokensQuery(limit=200))).items if allowed else ()
    sessions = (await list_sessions(at.desk, PageQuery(limit=200))).items if allowed else ()
    return at.show(
        "access.html",
        "access",
        Crumb("Access"),
        status=422 if faults else 200,
        allowed=allowed,
        tokens=tokens,
        sessions=sessions,
        own=at.entry.session.id,
        roles=tuple(Role),
        made=made,
        name=at.said("name"),
        role=at.said("role", Role.VIEWER),
        faults=faults,
        errors=dict(faults),
    )


@page("POST", "/access/tokens")
async def make_token(at: At) -> web.Response:
    """The token is shown on the answer itself, this once; it is kept nowhere."""
    try:
        body = read_into(CreateToken, {"name": [at.said("name")], "role": [at.said("role")]}, "body")
        done = await create_token(at.desk, body)
    except Invalid as problem:
        return await _access(at, faults=tuple(faults_of(problem)))
    except Conflict as problem:
        return await _access(at, faults=(("name", problem.detail),))
    return await _access(at, made=done.token)


@page("POST", "/access/tokens/{token}/revoke")
async def end_token(at: At) -> web.Response:
    await revoke_token(at.desk, at.place("token"))
    return go(ACCESS, "The token lets nobody in any more.")


@page("POST", "/access/sessions/{session}/revoke")
async def end_session(at: At) -> web.Response:
    if at.place("session") == at.entry.session.id:
        raise Forbidden("this is your own session", "sign out instead")
    await revoke_session(at.desk, at.place("session"))
    return go(ACCESS, "The session has ended.")
