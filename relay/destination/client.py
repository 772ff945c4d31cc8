"""One call to the execute API, and how certain its end is."""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp
import structlog

from relay import __version__
from relay.core.destination import Destination
from relay.core.outcome import Answer, Lost
from relay.http import Refused, read_bounded, why

log = structlog.get_logger()

_CONNECT_SECONDS = 10.0


class Client:
    """Posts batches. Holds no state: what must survive is in the ledger."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    async def execute(self, destination: Destination, sequence: str, key: str, body: bytes) -> Answer | Lost:
        """Post a batch, byte for byte as it was frozen, without following redirects."""
        url = f"{destination.base_url.rstrip('/')}/api/v1/sequences/{sequence}/execute"
        headers = {
            **authentication(destination),
            "content-type": "application/json",
            "user-agent": f"sequence-relay/{__version__}",
            destination.idempotency_header: key,
        }
        timeout = aiohttp.ClientTimeout(
            total=destination.timeout.total_seconds(), connect=_CONNECT_SECONDS, sock_connect=_CONNECT_SECONDS
        )
        try:
            async with self._http.post(
                url, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                answer = await read_bounded(response)
                folded = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status, folded, answer or b"")
        except Refused as error:
            log.warning("egress refused", destination=destination.name, reason=why(error))
            return Lost(f"no connection: {why(error)}", sent=False)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return Lost(f"no connection: {why(error)}", sent=False)
        except TimeoutError:
            return Lost(f"no answer within {destination.timeout.total_seconds():.0f} s", sent=True)
        except aiohttp.InvalidURL:
            return Lost("the base_url is not a URL that can be called", sent=False)
        except (aiohttp.ClientError, OSError) as error:
            return Lost(f"the connection broke: {why(error)}", sent=True)


def authentication(destination: Destination) -> Mapping[str, str]:
    """Exactly one form of the key: which wins when both are sent is documented nowhere."""
    if destination.auth == "bearer":
        return {"authorization": f"Bearer {destination.api_key}"}
    return {"x-api-key": destination.api_key}
