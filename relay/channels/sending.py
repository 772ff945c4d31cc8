"""One message to one channel, and what went wrong if it was not told."""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp

from relay import __version__
from relay.channels import by_apprise
from relay.clock import Clock, moment
from relay.core.alert_messages import Channel, NotTold, message_id, slack_body
from relay.core.outcome import retry_after
from relay.core.request import Request
from relay.core.source import Source, StampedSettings
from relay.core.standard_webhooks import StandardWebhooks
from relay.http import Refused, read_bounded, why

SECONDS = 10.0
"""How long one try may take."""

_FINAL = frozenset({400, 413, 415, 422})
"""Answers that mean this message: the same again would get the same. All others may be mended meanwhile."""

_STANDARD = StandardWebhooks()


class Sender:
    """Calls what the egress guard of `http` lets it call; apprise makes its own connections."""

    def __init__(self, http: aiohttp.ClientSession, clock: Clock) -> None:
        self._http = http
        self._clock = clock

    async def send(self, channel: Channel, body: bytes) -> NotTold | None:
        """None: it was told. No reason holds anything of the channel's URL but its host."""
        if channel.kind == "apprise":
            return await by_apprise.send(channel.url, body)
        if channel.kind == "slack":
            return await self._post(channel.url, slack_body(body), {})
        return await self._post(channel.url, body, self._signature(channel, body))

    def _signature(self, channel: Channel, body: bytes) -> Mapping[str, str]:
        """The headers of Standard Webhooks; the id stays the same over all tries of a message."""
        request = Request("POST", channel.url, {"webhook-id": message_id(body, channel.name)}, body)
        secrets = Source(channel.name, {"signing_key": (channel.secret or "",)}, StampedSettings())
        return _STANDARD.sign(request, secrets, self._clock.now()).headers

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> NotTold | None:
        try:
            async with self._http.post(
                url,
                data=body,
                headers={
                    "content-type": "application/json",
                    "user-agent": f"sequence-relay/{__version__}",
                    **headers,
                },
                timeout=aiohttp.ClientTimeout(total=SECONDS),
                allow_redirects=False,
            ) as response:
                await read_bounded(response)
                return self._judged(response)
        except (Refused, aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return NotTold(f"no connection: {why(error)}")
        except TimeoutError:
            return NotTold(f"no answer within {SECONDS:.0f} s")
        except (aiohttp.ClientError, OSError) as error:
            return NotTold(f"the connection broke: {why(error)}")

    def _judged(self, response: aiohttp.ClientResponse) -> NotTold | None:
        if 200 <= response.status < 300:
            return None
        headers = {name.lower(): value for name, value in response.headers.items()}
        wait = retry_after(headers, {}, moment(self._clock))
        return NotTold(f"answered {response.status}", wait, final=response.status in _FINAL)
