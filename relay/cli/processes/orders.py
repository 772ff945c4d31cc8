"""What a supervisor tells a process that it starts."""

from __future__ import annotations

import socket
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from relay.cli.processes.parts import Part
from relay.web.door import Door


class Orders(BaseModel):
    """Who it is. `sockets` are descriptors that it inherited; `replaces`: see `Post`."""

    model_config = ConfigDict(frozen=True)

    name: str
    parts: frozenset[Part]
    config: Path | None
    token: str = Field(repr=False)
    sockets: tuple[int, ...] = ()
    replaces: bool = False

    def door(self) -> Door | None:
        """Where to listen, opened by the supervisor; None: nowhere."""
        return Door([socket.socket(fileno=each) for each in self.sockets]) if self.sockets else None
