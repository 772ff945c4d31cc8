"""How commands reach the operations of the desk: through the relay that runs, else on the ledger itself."""

from __future__ import annotations

import asyncio
import getpass
import logging
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar
from urllib.parse import quote

import aiohttp
import orjson
import structlog
from pydantic import BaseModel, TypeAdapter, ValidationError

from relay.cli.making import make_jobs, make_repairing
from relay.cli.options import load_config, load_installation
from relay.cli.running import CALLER_HEADER, find_running
from relay.clock import SystemClock, milliseconds
from relay.config.environment import ELSEWHERE, ITS_TOKEN
from relay.config.models import Config
from relay.config.place import ledger_place
from relay.core.access import Caller, Role
from relay.core.audit import Change
from relay.core.correction import NO_FIELDS, Fields
from relay.core.repair import READ_AGAIN_WHY, How, Preview
from relay.desk import problems
from relay.desk.desk import Desk
from relay.desk.operation import Operation
from relay.desk.problems import Problem, Unavailable
from relay.desk.repairing import Repairing
from relay.desk.whoami import whoami
from relay.http import outbound_session
from relay.registry import Registry
from relay.store import open_store
from relay.web.api.app import ROOT
from relay.work.jobs import Jobs

P = ParamSpec("P")
R = TypeVar("R")

_TIMEOUT = aiohttp.ClientTimeout(total=120, sock_connect=5)
_LOOK_SECONDS = 0.3
_CLASSES: Mapping[int, type[Problem]] = {
    kind.status: kind
    for kind in vars(problems).values()
    if isinstance(kind, type) and issubclass(kind, Problem)
}


class Ask(Protocol):
    """Does an operation, wherever. Raises `Problem`."""

    async def __call__(self, operation: Operation[P, R], *args: P.args, **kwargs: P.kwargs) -> R: ...

    async def work(self) -> bool:
        """Take jobs further, or wait while the relay does. False: nothing more happens until one runs."""
        ...


def me() -> str:
    """Who is at work here: an account of this machine, where it knows one."""
    try:
        return f"{getpass.getuser()} at the terminal"
    except (KeyError, OSError):
        return "somebody at the terminal"


@asynccontextmanager
async def asking(path: Path | None) -> AsyncIterator[Ask]:
    """The relay that `RELAY_URL` names or that runs on the configured ledger; else the ledger itself.

    Raises `ConfigFaults`, `StoreFault`.
    """
    if url := os.environ.get(ELSEWHERE):
        async with _session() as http:
            yield _Remote(http, url.rstrip("/"), os.environ.get(ITS_TOKEN, ""))
        return
    config = load_config(path)
    async with _session() as http:
        remote = await _running(http, config)
        if remote is not None:
            yield remote
            return
    clock = SystemClock()
    async with (
        open_store(ledger_place(config.store, os.environ), must_exist=True) as store,
        outbound_session(config.egress.allow) as http,
    ):
        install = cache(lambda: load_installation(path, quiet=True))
        yield _Local(
            Desk(
                store=store,
                config=config,
                install=install,
                registry=cache(lambda: Registry(config.connector_folders)),
                repairing=_Lazily(lambda: make_repairing(install(), store, http, clock)),
                caller=Caller(me(), Role.ADMIN),
                now=lambda: milliseconds(clock),
            ),
            cache(lambda: make_jobs(install(), store, http, clock)),
        )


class _Lazily:
    """Repairs where no relay runs: the secrets of sources are read only once one is wanted."""

    def __init__(self, make: Callable[[], Repairing]) -> None:
        self._made = cache(make)

    async def preview(self, letter: str, how: How, fields: Fields = NO_FIELDS) -> Preview | None:
        return await self._made().preview(letter, how, fields)

    async def send_again(
        self, letter: str, how: How, by: Change, fields: Fields = NO_FIELDS, why: str = READ_AGAIN_WHY
    ) -> Preview | None:
        return await self._made().send_again(letter, how, by, fields, why)


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(timeout=_TIMEOUT)


async def _running(http: aiohttp.ClientSession, config: Config) -> _Remote | None:
    """The relay at work on this ledger; None where nobody answers to what it announced."""
    announced = find_running(config.store.path)
    if announced is None:
        return None
    remote = _Remote(http, announced.url, announced.token)
    try:
        await remote(whoami)
    except Problem:
        return None
    return remote


class _Local:
    def __init__(self, desk: Desk, jobs: Callable[[], Jobs]) -> None:
        self._desk = desk
        self._jobs = jobs

    async def __call__(self, operation: Operation[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        return await operation(self._desk, *args, **kwargs)

    async def work(self) -> bool:
        with _without_log():
            return await self._jobs().tick() == 0.0


@contextmanager
def _without_log() -> Iterator[None]:
    """A command tells what it did itself; what a loop would log goes nowhere."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.configure(**before)


class _Remote:
    def __init__(self, http: aiohttp.ClientSession, url: str, token: str) -> None:
        self._http = http
        self._url = url
        self._headers = {"authorization": f"Bearer {token}", CALLER_HEADER: quote(me(), safe=" @.-")}

    async def __call__(self, operation: Operation[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        given = dict(zip(operation.parameters, args, strict=False)) | kwargs
        body = given.pop("body", None)
        query = given.pop("query", None)
        path = operation.path.format(**{name: quote(str(value), safe="") for name, value in given.items()})
        try:
            async with self._http.request(
                operation.method,
                f"{self._url}{ROOT}{path}",
                params=list(_pairs(query)),
                data=_dumped(body),
                headers=self._headers,
                allow_redirects=False,
            ) as answer:
                understood: R = _understood(operation, answer.status, await answer.read())
                return understood
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unavailable(f"the relay at {self._url} does not answer: {error}") from None

    async def work(self) -> bool:
        await asyncio.sleep(_LOOK_SECONDS)
        return True


def _pairs(query: object) -> Iterator[tuple[str, str]]:
    if not isinstance(query, BaseModel):
        return
    for name, value in query.model_dump(mode="json", exclude_none=True).items():
        for one in value if isinstance(value, list) else [value]:
            yield name, str(one).lower() if isinstance(one, bool) else str(one)


def _dumped(body: object) -> bytes | None:
    """What was given and nothing else: a field that is left out means another thing than an empty one."""
    return body.model_dump_json(exclude_unset=True).encode() if isinstance(body, BaseModel) else None


def _understood(operation: Operation[..., Any], status: int, raw: bytes) -> Any:
    if status == 204:
        return None
    if status == 200:
        try:
            return TypeAdapter(operation.answer).validate_json(raw)
        except ValidationError:
            raise Unavailable(
                "the relay that answers is of another version than this command", "use the same on both sides"
            ) from None
    raise _problem(status, raw)


def _problem(status: int, raw: bytes) -> Problem:
    try:
        told = orjson.loads(raw)
        kind = _CLASSES.get(status, Problem)
        if kind is problems.TooMany:
            return problems.TooMany(str(told["detail"]))
        return kind(str(told["detail"]), str(told["hint"]), told["errors"])
    except (ValueError, KeyError, TypeError):
        return Unavailable(f"what answers is no relay: status {status}")
