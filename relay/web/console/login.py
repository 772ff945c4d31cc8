"""The pages of who is not logged in."""

from __future__ import annotations

from aiohttp import web

from relay.web.access import Refusal
from relay.web.console.rendering import Frame, Pages


def offered(pages: Pages, link: str, now: int) -> web.Response:
    """A button instead of a login at once: programs that look into mails open links, too."""
    return pages.respond("login.html", Frame(section="", now=now), link=link[:200])


def refused(pages: Pages, refusal: Refusal, now: int) -> web.Response:
    answer = pages.respond("refused.html", Frame(section="", now=now), refusal.status, refusal=refusal)
    if refusal.retry_after is not None:
        answer.headers["retry-after"] = str(refusal.retry_after)
    return answer


def left(pages: Pages, cookie: str, now: int) -> web.Response:
    answer = pages.respond("left.html", Frame(section="", now=now))
    answer.headers["set-cookie"] = cookie
    return answer
