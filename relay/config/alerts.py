"""Channels with their secrets read, and the rules of alerts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta

from pydantic import TypeAdapter, ValidationError

from relay.channels import by_apprise
from relay.config.destinations import OPEN_FILE, is_open
from relay.config.faults import Findings
from relay.config.keys import Path
from relay.config.models import Alerts, ChannelSection
from relay.config.secrets import Missing, Reference, read_secret, readable_by_others
from relay.config.values import URL, WANTED, Url
from relay.core.alert_messages import Channel
from relay.core.alerts import Rules
from relay.core.standard_webhooks import PUBLIC_KEY, standard_webhooks_key


def resolve_rules(section: Alerts) -> Rules:
    return Rules(
        waiting=_milliseconds(section.waiting),
        breaker=_milliseconds(section.breaker),
        budget=_milliseconds(section.budget),
        cause=_milliseconds(section.cause),
        calm=_milliseconds(section.calm),
        remind=_milliseconds(section.remind),
    )


def _milliseconds(span: timedelta) -> int:
    return round(span.total_seconds() * 1000)


def resolve_channels(
    section: Alerts, environ: Mapping[str, str], findings: Findings
) -> list[tuple[Path, Channel]]:
    """Each with the key of its URL; those that cannot be used are left out, and the findings say why."""
    _check_names(section, findings)
    found = [
        (("alerts", "channels", number), each, _Secrets(("alerts", "channels", number), environ, findings))
        for number, each in enumerate(section.channels)
    ]
    channels = [((*path, "url"), _channel(path, each, secrets, findings)) for path, each, secrets in found]
    return [(path, channel) for path, channel in channels if channel]


def guarded(channels: Iterable[tuple[Path, Channel]]) -> list[tuple[Path, str]]:
    """The URLs that the egress guard judges, each with its key."""
    return [(path, channel.url) for path, channel in channels if channel.kind != "apprise"]


def _check_names(section: Alerts, findings: Findings) -> None:
    times = Counter(channel.name for channel in section.channels)
    for number, channel in enumerate(section.channels):
        if times[channel.name] > 1:
            findings.fault(("alerts", "channels", number, "name"), "is the name of another channel, too")


class _Secrets:
    """Reads the secrets of one channel; what is missing is a finding."""

    def __init__(self, path: Path, environ: Mapping[str, str], findings: Findings) -> None:
        self._path = path
        self._environ = environ
        self._findings = findings

    def read(self, key: str, ref: Reference) -> str | None:
        try:
            value = read_secret(ref, self._environ)
        except Missing as error:
            self._findings.fault((*self._path, key, *error.part), error.problem, error.hint)
            return None
        if readable_by_others(ref):
            self._findings.warn((*self._path, key), OPEN_FILE)
        return value.strip()


def _channel(path: Path, section: ChannelSection, secrets: _Secrets, findings: Findings) -> Channel | None:
    url = secrets.read("url", section.url)
    secret = secrets.read("secret", section.secret) if section.secret else None
    _check_secret(path, section, secret, findings)
    if url is None or not _can_be_called(path, section, url, findings):
        return None
    return Channel(
        name=section.name,
        kind=section.kind,
        url=url,
        secret=secret,
        severity=section.severity,
        kinds=frozenset(section.kinds),
    )


_HOW_TO_MAKE = 'make one with `echo "whsec_$(openssl rand -base64 32)"`'
_URL: TypeAdapter[str] = TypeAdapter(Url)


def _check_secret(path: Path, section: ChannelSection, secret: str | None, findings: Findings) -> None:
    place = (*path, "secret")
    if section.kind != "webhook":
        if section.secret is not None:
            findings.fault(place, f"has no meaning for {section.kind}: only a webhook is signed")
        return
    if section.secret is None:
        findings.fault(place, "is missing: a webhook is signed", _HOW_TO_MAKE)
    elif secret is not None and not _signs(secret):
        findings.fault(place, "is no secret of Standard Webhooks: whsec_ and base64", _HOW_TO_MAKE)


def _signs(secret: str) -> bool:
    try:
        standard_webhooks_key(secret)
    except ValueError:
        return False
    return not secret.startswith(PUBLIC_KEY)


def _can_be_called(path: Path, section: ChannelSection, url: str, findings: Findings) -> bool:
    place = (*path, "url")
    if section.kind == "apprise":
        return _is_for_apprise(path, url, findings)
    if not _is_url(url):
        findings.fault(place, WANTED[URL])
        return False
    if is_open(url):
        findings.warn(place, "alerts would travel unencrypted; use https")
    return True


def _is_url(text: str) -> bool:
    try:
        _URL.validate_python(text)
    except ValidationError:
        return False
    return True


def _is_for_apprise(path: Path, url: str, findings: Findings) -> bool:
    if not by_apprise.is_installed():
        findings.fault((*path, "kind"), "needs the extra alerts, which is not installed", by_apprise.EXTRA)
        return False
    if not by_apprise.understands(url):
        findings.fault(
            (*path, "url"), "is no URL that apprise understands", "https://appriseit.com/services lists them"
        )
        return False
    return True
