"""Dead letters: groups, the list, and the whole story of one."""

from __future__ import annotations

from aiohttp import web

from relay.core.letters import MEANINGS
from relay.desk.letters import GroupsQuery, LettersQuery, list_letter_groups, list_letters, show_letter
from relay.web.console.filters import chips, narrowing
from relay.web.console.navigation import ROOT
from relay.web.console.page import At, page
from relay.web.console.rendering import Crumb, with_query

HERE = f"{ROOT}/dead"


@page("GET", "/dead")
async def dead(at: At) -> web.Response:
    """What they have in common first: most letters of a bad day have one cause."""
    query = at.query(LettersQuery)
    chosen = narrowing(query)
    groups = await list_letter_groups(at.desk, GroupsQuery(**chosen, limit=20))
    letters = await list_letters(at.desk, query)
    return at.show(
        "dead.html",
        "dead",
        Crumb("Dead letters"),
        query=query,
        chosen=chosen,
        chips=chips(HERE, chosen),
        groups=groups.items,
        letters=letters.items,
        newest=with_query(HERE, chosen) if query.after else "",
        older=with_query(HERE, chosen | {"after": letters.next}) if letters.next else "",
        sources=tuple(at.desk.config.sources),
        causes=tuple(MEANINGS),
    )


@page("GET", "/dead/{letter:(?:parked|dead)-[0-9]{1,18}}")
async def letter(at: At) -> web.Response:
    story = await show_letter(at.desk, at.place("letter"))
    same = {"symptom": story.letter.symptom, "source": (story.letter.source,), "cause": (story.letter.cause,)}
    groups = await list_letter_groups(at.desk, GroupsQuery(**same, limit=1))
    calls = {one.batch: one for one in story.calls}
    return at.show(
        "letter.html",
        "dead",
        Crumb("Dead letters", HERE),
        Crumb(story.letter.id),
        story=story,
        letter=story.letter,
        here=f"{HERE}/{story.letter.id}",
        alike=sum(one.count for one in groups.items),
        same=with_query(HERE, same),
        calls=calls,
    )
