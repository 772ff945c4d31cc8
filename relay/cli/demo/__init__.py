"""`relay demo`: six senders, an outage and a forged signature, played by real parts on this machine."""

from relay.cli.demo.command import demo

__all__ = ["demo"]
