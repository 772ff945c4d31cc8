"""The guarded session: what it dials, what it refuses, and what it says then."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack
from ipaddress import ip_network
from pathlib import Path

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from relay.core.egress import Network
from relay.http import Refused, outbound_session
from tests.work.provider import Provider, Said, listening

ROOT = Path(__file__).parent.parent
HERE: Sequence[Network] = [ip_network("127.0.0.0/8")]
METADATA = "169.254.169.254"


class Names(AbstractResolver):
    """Every name leads to these addresses; to the next ones when it is asked again."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return [
            ResolveResult(hostname=host, host=one, port=port, family=family, proto=0, flags=0)
            for one in found
        ]

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture(name="provider")
async def _provider() -> AsyncIterator[Provider]:
    provider = Provider()
    provider.answers = [Said()]
    async with listening(provider):
        yield provider


def port_of(provider: Provider) -> str:
    return provider.url.rpartition(":")[2]


async def refused(url: str, allow: Sequence[Network] = (), resolver: AbstractResolver | None = None) -> str:
    """What is said when a call is refused."""
    async with outbound_session(allow, resolver=resolver) as http:
        with pytest.raises(Refused) as caught:
            await http.get(url, timeout=aiohttp.ClientTimeout(sock_connect=0.01))
    return str(caught.value)


async def test_what_is_allowed_is_called(provider: Provider) -> None:
    async with outbound_session(HERE) as http, http.get(provider.url) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "0x7f000001",
        "0.0.0.0",  # an address to refuse, not one to listen on
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
    ],
)
async def test_this_machine_is_not_called_under_any_of_its_names(provider: Provider, host: str) -> None:
    await refused(f"http://{host}:{port_of(provider)}/")
    assert provider.asked == []


@pytest.mark.parametrize("host", ["2130706433", "127.1", "0177.0.0.1"])
async def test_an_odd_form_of_an_address_is_no_url(provider: Provider, host: str) -> None:
    async with outbound_session(HERE) as http:
        with pytest.raises(aiohttp.InvalidURL):
            await http.get(f"http://{host}:{port_of(provider)}/")


async def test_encryption_makes_no_difference() -> None:
    assert "10.0.0.1 (private)" in await refused("https://10.0.0.1/")


async def test_a_name_that_leads_to_the_metadata_of_a_cloud_is_refused_with_what_to_configure() -> None:
    assert await refused("http://api.example.com/", HERE, Names([METADATA])) == (
        "the egress guard refuses api.example.com at 169.254.169.254 (link-local); "
        'if it is meant, set egress.allow = ["127.0.0.0/8", "169.254.169.254/32"]'
    )


async def test_a_redirect_leads_nowhere_that_is_not_allowed(provider: Provider) -> None:
    provider.answers = [Said(302, headers={"Location": f"http://{METADATA}/latest/meta-data/"})]
    assert METADATA in await refused(provider.url, HERE)
    assert len(provider.asked) == 1


async def test_a_name_that_is_bound_anew_is_judged_anew(provider: Provider) -> None:
    provider.answers = [Said(headers={"Connection": "close"})]
    names = Names(["127.0.0.1"], [METADATA])
    url = f"http://api.example.com:{port_of(provider)}/"
    async with outbound_session(HERE, resolver=names) as http:
        async with http.get(url) as answer:
            assert answer.status == 200
        assert isinstance(http.connector, aiohttp.TCPConnector)
        http.connector.clear_dns_cache()
        with pytest.raises(Refused):
            await http.get(url)
    assert len(provider.asked) == 1


@pytest.mark.parametrize("others", [[METADATA], ["10.0.0.1", "fd00::1"], ["no address"]])
async def test_other_addresses_of_a_name_are_tried_after_a_refused_one(
    provider: Provider, others: list[str]
) -> None:
    names = Names([*others, "127.0.0.1"])
    async with (
        outbound_session(HERE, resolver=names) as http,
        http.get(f"http://api.example.com:{port_of(provider)}/") as answer,
    ):
        assert answer.status == 200


async def test_when_all_addresses_of_a_name_are_refused_all_are_named() -> None:
    said = await refused("http://api.example.com/", (), Names(["10.0.0.1", "fd00::1", "::ffff:10.0.0.1"]))
    assert "api.example.com at 10.0.0.1 (private), fd00::1 (unique-local);" in said
    assert said.endswith('egress.allow = ["10.0.0.1/32", "fd00::1/128"]')


async def test_when_the_others_cannot_be_reached_both_are_said() -> None:
    said = await refused("http://api.example.com:9/", HERE, Names(["127.0.0.1", "10.0.0.1"]))
    assert "at 10.0.0.1 (private), and 127.0.0.1 failed; if" in said


async def test_when_the_others_do_not_answer_in_time_both_are_said() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as waiting:
        for _ in range(4):
            caller = waiting.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(full.getsockname())
        url = f"http://api.example.com:{full.getsockname()[1]}/"
        said = await refused(url, HERE, Names(["10.0.0.1", "127.0.0.1"]))
    assert "at 10.0.0.1 (private), and 127.0.0.1 failed; if" in said


async def test_a_fault_of_the_encryption_elsewhere_is_told_as_such(provider: Provider) -> None:
    names = Names([METADATA, "127.0.0.1"])
    async with outbound_session(HERE, resolver=names) as http:
        with pytest.raises(aiohttp.ClientConnectorSSLError):
            await http.get(f"https://api.example.com:{port_of(provider)}/")


async def test_what_cannot_be_read_as_an_address_is_not_dialled(provider: Provider) -> None:
    async with outbound_session(HERE, resolver=Names(["localhost"])) as http:
        with pytest.raises(aiohttp.ClientConnectorError, match="cannot read the address"):
            await http.get(f"http://api.example.com:{port_of(provider)}/")
    assert provider.asked == []


async def test_an_address_that_nobody_answers_at_is_not_called_refused() -> None:
    async with outbound_session(HERE) as http:
        with pytest.raises(aiohttp.ClientConnectorError):
            await http.get("http://127.0.0.1:9/")


async def test_a_proxy_of_the_environment_is_not_used(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, provider.url)
    assert METADATA in await refused(f"http://{METADATA}/", HERE)
    assert provider.asked == []


async def test_no_cookie_is_kept(provider: Provider) -> None:
    provider.answers = [Said(headers={"Set-Cookie": "session=1; Path=/"})]
    names = Names(["127.0.0.1"])
    url = f"http://api.example.com:{port_of(provider)}/"
    async with outbound_session(HERE, resolver=names) as http, http.get(url):
        assert list(http.cookie_jar) == []


def test_no_other_session_calls_out() -> None:
    """Commands call the operator's own relay; the sandbox is no part of the relay at work."""
    makers = {
        str(path.relative_to(ROOT))
        for folder in ("relay", "connectors")
        for path in (ROOT / folder).rglob("*.py")
        if "ClientSession(" in path.read_text("utf-8")
    }
    commands = {"relay/cli/asking.py", "relay/cli/simulate.py"}
    assert makers == {"relay/http.py", "relay/sandbox/runner.py"} | commands
