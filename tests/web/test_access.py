"""Who gets in over HTTP: with a token, a link or a session that is genuine, and nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest
from structlog.testing import capture_logs

from relay.core.access import LINK_LASTS, LOGIN, SESSION_LASTS, SESSION_RESTS, Role, login_url
from relay.core.credential import Kind
from relay.core.lockout import WITH_ALL, WITH_ONE
from tests.factories import FakeClock
from tests.letting_in import credential, impostor, link, session
from tests.web.door import Door, DoorOpener, Said

PLAIN = "http://127.0.0.1:8080"
HOUR_S = 3600


@pytest.fixture(name="open_door")
def _open_door(tmp_path: Path, clock: FakeClock) -> DoorOpener:
    return DoorOpener(tmp_path, clock)


@pytest.fixture(name="door")
async def _door(open_door: DoorOpener) -> AsyncIterator[Door]:
    async with open_door() as door:
        yield door


async def audited(door: Door) -> list[tuple[str, str]]:
    return [(one.change.who, one.change.action) for one in await door.store.audit_page(0, 99)]


@pytest.mark.parametrize("role", list(Role))
async def test_a_token_lets_its_holder_in_with_its_role(door: Door, role: Role) -> None:
    said = await door.api(await door.token(role))
    assert (said.status, said.text) == (200, f"Caller(name='report-1 by token', role={role!r})")


async def test_without_a_token_the_answer_says_how_to_show_one(door: Door) -> None:
    for headers in ({}, {"Authorization": "Basic cmx5OnJseQ=="}, {"Authorization": "rly_abc"}):
        said = await door.call("GET", "/api/me", headers)
        assert said.status == 401
        assert said.headers["WWW-Authenticate"] == "Bearer"
        assert said.text == "no token was shown: send the header Authorization: Bearer rly_…"


@pytest.mark.parametrize("form", ["bearer {}", "BEARER {}", "Bearer   {} "])
async def test_the_scheme_may_be_written_in_any_case(door: Door, form: str) -> None:
    header = form.format(await door.token())
    assert (await door.call("GET", "/api/me", {"Authorization": header})).status == 200


async def test_a_mistyped_token_is_told_to_be_copied_whole(door: Door) -> None:
    said = await door.api((await door.token())[:-1])
    assert said.status == 401
    assert "it begins with rly_ and must be copied whole" in said.text


async def test_a_token_with_the_id_of_another_and_a_wrong_secret_is_not_known(door: Door) -> None:
    await door.token()
    said = await door.api(impostor(Kind.TOKEN).text)
    assert (said.status, said.text) == (401, "this token is not known here: relay token create makes another")


async def test_a_link_or_a_session_is_no_token(door: Door) -> None:
    shown, cookie = await door.link(), await door.log_in()
    for one in (shown, cookie.partition("=")[2]):
        assert (await door.api(one)).status == 401


async def test_a_token_that_ended_says_so_to_its_holder_alone(door: Door) -> None:
    short, gone = await door.token(lasts=1000), await door.token()
    await door.store.access.revoke_token(credential(Kind.TOKEN, 2).id, int(door.clock.now() * 1000))
    door.clock.move(1)
    assert (await door.api(short)).text.startswith("this token has expired")
    assert (await door.api(gone)).text.startswith("this token was revoked")
    assert (await door.api(impostor(Kind.TOKEN, 2).text)).text.startswith("this token is not known here")


async def test_a_program_whose_token_expired_shuts_nobody_out(door: Door) -> None:
    short, good = await door.token(lasts=1000), await door.token()
    door.clock.move(1)
    assert {(await door.api(short)).status for _ in range(20)} == {401}
    assert (await door.api(good)).status == 200


async def test_the_last_use_of_a_token_is_known_to_the_minute(door: Door) -> None:
    shown = await door.token()
    for _ in range(3):
        await door.api(shown)
        door.clock.move(25)
    (token,) = await door.store.access.tokens(9)
    assert token.last_used_at == token.created_at
    door.clock.move(25)
    await door.api(shown)
    (token,) = await door.store.access.tokens(9)
    assert token.last_used_at == token.created_at + 100_000


async def test_who_guesses_tokens_must_wait_longer_and_longer(door: Door) -> None:
    good = await door.token()
    waits = []
    for _ in range(WITH_ONE.free + 1):
        assert (await door.api("rly_guess")).status == 401
    for _ in range(3):
        said = await door.api("rly_guess")
        assert said.status == 429
        waits.append(int(said.headers["Retry-After"]))
        door.clock.move(waits[-1])
        assert (await door.api("rly_guess")).status == 401
    assert waits == [5, 10, 20]
    assert (await door.api(good)).status == 429
    door.clock.move(40)
    assert (await door.api(good)).status == 200


async def test_a_storm_of_guesses_is_counted_once_each_until_the_wait(door: Door) -> None:
    said = await asyncio.gather(*(door.api("rly_guess") for _ in range(60)))
    assert sum(one.status == 401 for one in said) == WITH_ONE.free + 1
    assert {one.status for one in said} == {401, 429}


async def test_a_lock_out_is_in_the_log_with_the_address_and_without_the_guess(door: Door) -> None:
    guess = impostor(Kind.TOKEN).text
    with capture_logs() as logs:
        for _ in range(20):
            await door.api(guess)
    assert [(entry["event"], entry["failures"], entry["wait"]) for entry in logs] == [
        ("access refused", number, 0 if number <= WITH_ONE.free else 5)
        for number in range(1, WITH_ONE.free + 2)
    ]
    assert {(entry["shown"], entry["address"]) for entry in logs} == {("token", "127.0.0.1")}
    assert guess.rpartition("_")[2] not in str(logs)


async def strangers(door: Door, number: int) -> list[Said]:
    """Guesses from as many addresses."""
    return [
        await door.api("rly_guess", X_Forwarded_For=f"198.51.{one // 250}.{one % 250}")
        for one in range(number)
    ]


async def test_behind_a_trusted_proxy_strangers_shut_out_themselves(open_door: DoorOpener) -> None:
    async with open_door(trusted_proxies=["127.0.0.1/32"]) as door:
        good = await door.token()
        for _ in range(20):
            said = await door.api("rly_guess", X_Forwarded_For="1.2.3.4, 198.51.100.9")
        assert said.status == 429
        assert (await door.api(good, X_Forwarded_For="198.51.100.9")).status == 429
        assert (await door.api(good, X_Forwarded_For="198.51.100.9, 192.0.2.7")).status == 200


async def test_behind_a_proxy_that_nobody_named_strangers_shut_out_nobody(door: Door) -> None:
    good = await door.token()
    with capture_logs() as logs:
        said = (await strangers(door, 60))[-1]
    assert said.status == 429
    assert {entry["address"] for entry in logs} == {"not known, see server.trusted_proxies"}
    assert (await door.api(good, X_Forwarded_For="192.0.2.7")).status == 200


async def test_no_other_header_says_which_address_is_counted(open_door: DoorOpener) -> None:
    async with open_door(trusted_proxies=["10.0.0.0/8"]) as door:
        first, *_, last = [await door.api("rly_guess", Forwarded=f"for=198.51.100.{one}") for one in range(9)]
        assert (first.status, last.status) == (401, 429)


async def test_many_strangers_fill_no_ledger_and_keep_nobody_out(open_door: DoorOpener) -> None:
    async with open_door(trusted_proxies=["127.0.0.1/32"]) as door:
        good = await door.token()
        said = await strangers(door, 400)
        assert sum(one.status == 401 for one in said) == WITH_ALL.free + 1
        assert {one.status for one in said} == {401, 429}
        assert (await door.api(good, X_Forwarded_For="192.0.2.7")).status == 200
    with closing(apsw.Connection(str(open_door.path))) as db:
        assert db.execute("SELECT count(*) FROM access_failure").fetchall() == [(WITH_ALL.free + 2,)]


async def test_guesses_at_the_api_do_not_close_the_console(door: Door) -> None:
    cookie, shown = await door.log_in(), await door.link()
    for _ in range(20):
        await door.api("rly_guess")
    assert (await door.page(cookie)).status == 200
    assert (await door.open(shown)).status == 303


async def test_a_link_opens_the_console_by_its_button_alone(door: Door) -> None:
    shown = await door.link()
    assert login_url("https://relay.example.com", shown) == f"https://relay.example.com{LOGIN}?link={shown}"
    for _ in range(3):
        assert (await door.call("GET", f"{LOGIN}?link={shown}", {})).cookie == ""
    said = await door.open(shown)
    assert said.status == 303
    page = await door.page(said.cookie.partition(";")[0])
    assert page.text.startswith("Caller(name='Ana at the console', role=<Role.OPERATOR: 'operator'>)")
    assert await audited(door) == [("Ana at the console", "session.open")]


async def test_a_link_opens_the_console_once(door: Door) -> None:
    shown = await door.link()
    said = await asyncio.gather(*(door.open(shown) for _ in range(5)))
    assert sorted(one.status for one in said) == [303, 401, 401, 401, 401]
    assert (await door.open(shown)).text == "this link was used already: relay login prints another"


async def test_a_link_does_not_wait_for_ever(door: Door) -> None:
    shown = await door.link()
    door.clock.move(LINK_LASTS / 1000)
    assert (await door.open(shown)).text == "this link has expired: relay login prints another"


async def test_who_guesses_links_must_wait(door: Door) -> None:
    good = await door.link()
    said = [await door.open(impostor(Kind.LINK, number).text) for number in range(1, 9)]
    assert [one.status for one in said] == [401] * 5 + [429] * 3
    assert (await door.open(good)).status == 429
    door.clock.move(5)
    assert (await door.open(good)).status == 303


async def test_no_page_of_another_site_logs_anybody_in(door: Door) -> None:
    shown = await door.link()
    assert (await door.open(shown, Sec_Fetch_Site="cross-site")).status == 403
    assert (await door.open(shown, Origin="https://evil.example")).status == 403
    assert (await door.open(shown, Origin="https://relay.example.com")).status == 303


async def test_over_https_the_cookie_is_kept_from_scripts_and_other_hosts(door: Door) -> None:
    said = await door.open(await door.link())
    name, _, rest = said.cookie.partition("=")
    assert (name, rest.partition(";")[2]) == (
        "__Host-relay",
        f" Path=/; Max-Age={SESSION_LASTS // 1000}; HttpOnly; SameSite=Lax; Secure",
    )


async def test_without_https_a_session_works_all_the_same(open_door: DoorOpener) -> None:
    async with open_door(public_url=PLAIN) as door:
        cookie = await door.log_in()
        assert cookie.startswith("relay=rlys_")
        assert (await door.page(cookie)).status == 200


async def test_nobody_else_has_a_session(door: Door) -> None:
    cookie = await door.log_in()
    for shown in ("", "relay=1", cookie[:-1], cookie.replace("rlys", "rly"), "__Host-relay=é%00"):
        said = await door.page(shown)
        assert (said.status, said.text) == (401, "nobody is logged in here: relay login prints a link")


async def test_a_session_ends_when_nobody_uses_it(door: Door) -> None:
    cookie = await door.log_in()
    for _ in range(3):
        door.clock.move(SESSION_RESTS / 1000 - 1)
        assert (await door.page(cookie)).status == 200
    door.clock.move(SESSION_RESTS / 1000)
    assert (await door.page(cookie)).text == "this session has ended: relay login prints a link"


async def test_a_session_ends_after_a_week_however_much_it_is_used(door: Door) -> None:
    cookie = await door.log_in()
    ends = door.clock.now() + SESSION_LASTS / 1000
    while door.clock.now() < ends:
        assert (await door.page(cookie)).status == 200
        door.clock.move(6 * HOUR_S)
    assert (await door.page(cookie)).status == 401


async def test_a_revoked_session_is_gone_at_the_next_click(door: Door) -> None:
    cookie = await door.log_in()
    (session,) = await door.store.access.sessions(int(door.clock.now() * 1000), 9)
    await door.store.access.revoke_session(session.id)
    assert (await door.page(cookie)).status == 401


async def test_a_browser_with_an_old_session_shuts_nobody_out(door: Door) -> None:
    old, new = await door.log_in(), await door.log_in()
    old_id = old.partition("rlys_")[2].partition("_")[0]
    await door.store.access.revoke_session(old_id)
    assert {(await door.page(old)).status for _ in range(20)} == {401}
    assert (await door.page(new)).status == 200


async def test_who_guesses_the_secret_of_a_session_must_wait(door: Door) -> None:
    cookie = await door.log_in()
    await door.store.access.create_link(link(99), b"")
    await door.store.access.use_link(link(99).id, session(99), credential(Kind.SESSION, 99).digest)
    said = [await door.page(f"__Host-relay={impostor(Kind.SESSION, 99).text}") for _ in range(7)]
    assert [one.status for one in said] == [401] * 5 + [429] * 2
    assert (await door.page(cookie)).status == 429
    door.clock.move(5)
    assert (await door.page(cookie)).status == 200


async def test_logging_out_ends_the_session_everywhere(door: Door) -> None:
    cookie = await door.log_in()
    said = await door.send(cookie, "", "/console/logout")
    assert said.cookie == "__Host-relay=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure"
    assert (await door.page(cookie)).status == 401
    assert [action for _, action in await audited(door)] == ["session.open", "session.close"]


async def test_a_form_of_the_console_changes_something(door: Door) -> None:
    cookie = await door.log_in()
    said = await door.send(cookie, await door.form_token(cookie), Origin="https://relay.example.com")
    assert (said.status, said.text) == (200, "changed")


async def test_a_form_without_its_token_or_with_another_ones_changes_nothing(door: Door) -> None:
    cookie, other = await door.log_in(), await door.log_in()
    for shown in ("", "0" * 48, await door.form_token(other)):
        said = await door.send(cookie, shown)
        assert (said.status, said.text.partition(":")[0]) == (403, "this form is of another session")


async def test_a_form_of_another_site_changes_nothing_whatever_it_carries(door: Door) -> None:
    cookie = await door.log_in()
    genuine = await door.form_token(cookie)
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec_Fetch_Site": "same-site"}):
        assert (await door.send(cookie, genuine, **headers)).status == 403
