"""The demo's config.toml: an ordinary configuration, with waits that a spectator can sit through."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from relay.config.keys import literal
from relay.core.case import Case
from relay.sandbox import first

STORE = "relay.db"
FILE = "config.toml"

_HEAD = """\
# Written by `relay demo`. `relay status -c` and the other commands work on it for as long as you keep it.
# The retries are far quicker than the defaults; the secrets are invented and belong to recorded webhooks.

[store]
path = {store}

[delivery]
linger = "300ms"
retry = {{ initial = "300ms", factor = 2.0, longest = "1s", attempts = 100 }}

# The demo's sandbox listened here; `relay sandbox --port {port}` opens an empty one in its place.
[destinations.main]
base_url = {base_url}
api_key = {api_key}

# Both are on this machine, which the relay calls only where it is told to.
[egress]
allow = ["127.0.0.1/32"]

# A small server of the demo stood in for the providers' APIs.
[lookups.origins]
{origins}
"""

_ROUTES = f"""
[[routes]]
name = "after-purchase"
sources = ["square", "shopify"]
events = ["purchase.completed"]
sequence = "{first.AFTER_VISIT}"
location = "{first.DOWNTOWN}"

[[routes]]
name = "after-visit"
sources = ["square", "calendly", "acuity"]
events = ["appointment.booked"]
sequence = "{first.REVIEW_REQUEST}"

[[routes]]
name = "welcome"
sources = ["hubspot", "salesforce", "generic"]
events = ["contact.created", "contact.updated", "form.submitted"]
sequence = "{first.ONBOARDING}"
"""


def write_configuration(
    folder: Path, cases: Iterable[Case], origins: Mapping[str, str], destination: str
) -> Path:
    """Write config.toml for the connectors of these cases; each source is named after its connector."""
    head = _HEAD.format(
        store=literal(str(folder / STORE)),
        port=destination.rpartition(":")[2],
        base_url=literal(destination),
        api_key=literal(first.KEY),
        origins="\n".join(f"{literal(there)} = {literal(here)}" for there, here in sorted(origins.items())),
    )
    by_connector: dict[str, Case] = {}
    for case in cases:
        by_connector.setdefault(case.connector, case)
    path = folder / FILE
    path.write_text(head + "".join(map(_source, by_connector.values())) + _ROUTES, "utf-8")
    return path


def _source(case: Case) -> str:
    """A source with the secrets and settings that the case was recorded under."""
    settings = "".join(
        f"settings.{name} = {literal(value)}\n" for name, value in case.source.settings.items()
    )
    secrets = "".join(f"secrets.{name} = {literal(value)}\n" for name, value in case.source.secrets.items())
    return f'\n[sources.{case.connector}]\nconnector = "{case.connector}"\n{secrets}{settings}'
