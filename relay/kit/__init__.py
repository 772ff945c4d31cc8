"""Everything that a connector may import: the words here, the rest by theme, and all of it in one place.

A connector is one file with a `CONNECTOR`; its docstring is its set-up page. See `docs/connectors.md`.
"""

from __future__ import annotations

from relay.core.connector import Asking, Connector, Handler, Ignored
from relay.core.errors import Misconfigured, NotWanted, NotYet, Unreadable
from relay.core.event import Kind, Person, Reading
from relay.core.payload import Node
from relay.core.request import Request
from relay.core.source import Source
from relay.kit import lookups, proof, reading, replies, settings
from relay.kit.lookups import *  # noqa: F403  # all of a theme
from relay.kit.proof import *  # noqa: F403  # all of a theme
from relay.kit.reading import *  # noqa: F403  # all of a theme
from relay.kit.replies import *  # noqa: F403  # all of a theme
from relay.kit.settings import *  # noqa: F403  # all of a theme

__all__ = [
    "Asking",
    "Connector",
    "Handler",
    "Ignored",
    "Kind",
    "Misconfigured",
    "Node",
    "NotWanted",
    "NotYet",
    "Person",
    "Reading",
    "Request",
    "Source",
    "Unreadable",
]
__all__ += lookups.__all__
__all__ += proof.__all__
__all__ += reading.__all__
__all__ += replies.__all__
__all__ += settings.__all__
