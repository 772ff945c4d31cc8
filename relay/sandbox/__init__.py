"""A faithful simulation of the destination: a user's tool and every test's counterpart."""

from relay.sandbox.first import first_world
from relay.sandbox.serve import Running, running, serve
from relay.sandbox.state import Sandbox
from relay.sandbox.switches import Switches, parse_switches
from relay.sandbox.world import World

__all__ = [
    "Running",
    "Sandbox",
    "Switches",
    "World",
    "first_world",
    "parse_switches",
    "running",
    "serve",
]
