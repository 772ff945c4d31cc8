"""CloudEvents over HTTP: binary, structured and batched, all as the same objects.

https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/http-protocol-binding.md, section 3
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import unquote

from relay.core.parsing import parse_by_content_type, parse_json
from relay.core.payload import Node
from relay.core.request import Request

_PREFIX: Final = "ce-"


def parse_cloud_events(request: Request) -> Node:
    """An event `{"id", "source", "type", "data", …}`; a batch is a list of them, split by `Node.each`.

    In binary mode the attributes are headers and `data` is the body, read by its content type.
    """
    if "application/cloudevents" in (request.header("content-type") or "").lower():
        return parse_json(request)
    event: dict[str, Any] = {
        name.removeprefix(_PREFIX): unquote(value)
        for name, value in request.headers.items()
        if name.startswith(_PREFIX)
    }
    return Node({**event, "data": parse_by_content_type(request).raw if request.body else None})
