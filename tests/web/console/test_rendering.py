"""Pages, their headers and their files, without a browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from jinja2 import DictLoader, UndefinedError

import relay.web.console
from relay.web.console.navigation import NAVIGATION
from relay.web.console.rendering import Crumb, Flash, Pages
from relay.web.console.states import look
from relay.web.console.static_files import StaticFiles, read_static, static_file
from tests.web.console.gallery import HOSTILE, frame, make_gallery

Client = TestClient[web.Request, web.Application]

TEMPLATES = sorted((Path(relay.web.console.__file__).parent / "templates").glob("*.html"))


def rendered(template: str, **given: object) -> str:
    pages = Pages(StaticFiles(read_static()), DictLoader({"page.html": template}))
    return pages.html("page.html", frame(), **given)


@pytest.fixture(name="gallery")
async def _gallery() -> Client:
    return TestClient(TestServer(make_gallery()))


def test_values_are_escaped() -> None:
    assert rendered("{{ value }}", value="<b>") == "&lt;b&gt;"


def test_a_value_that_is_missing_is_an_error_and_not_a_gap() -> None:
    with pytest.raises(UndefinedError, match="vlaue"):
        rendered("{{ vlaue }}", value=1)


def test_a_moment_is_told_by_its_distance_and_says_which_it_is() -> None:
    assert rendered("{{ (frame.now - 65000) | ago }}") == (
        '<time datetime="2026-03-14T17:58:55.000Z" title="2026-03-14 17:58:55 UTC" data-ago>65 s ago</time>'
    )


def test_addresses_leave_out_what_is_not_set() -> None:
    told = rendered(
        "{{ '/dead' | with_query(wanted) }}", wanted={"q": "a&b", "cause": ("x", "y"), "after": None}
    )
    assert told == "/dead?q=a%26b&amp;cause=x&amp;cause=y"
    assert rendered("{{ '/dead' | with_query({'after': none}) }}") == "/dead"


def test_the_section_one_is_in_is_marked() -> None:
    html = rendered('{% extends "base.html" %}')
    assert re.findall(r'aria-current="true">([^<]*)', html) == ["Dead letters "]


def test_sections_have_keys_of_their_own() -> None:
    sections = [section for group in NAVIGATION for section in group.sections]
    assert len({section.key for section in sections}) == len(sections) == 12
    assert "g" not in {section.key for section in sections}


def test_news_from_outside_stay_text_and_bad_ones_are_alerts() -> None:
    pages = Pages(StaticFiles(read_static()))
    html = pages.html("base.html", frame(flashes=(Flash("bad", HOSTILE),), crumbs=(Crumb(HOSTILE),)))
    assert "<img" not in html
    assert '<p class="flash bad" role="alert">&lt;img src=x' in html
    assert (
        "<title>&lt;img src=x onerror=alert(1)&gt;&#34;&#39;&amp;⟨07⟩⟨202E⟩gnp.exe{{ 7*7 }} · Relay</title>"
        in html
    )


def test_a_state_that_is_new_reads_as_it_is_written() -> None:
    assert look("gave_up") == ("gave up", "warn")
    assert look("half_way") == ("half way", "quiet")


def test_a_difference_names_what_happens_to_each_field() -> None:
    changes = (("a", "1", "1"), ("b", "1", "2"), ("c", None, "3"), ("d", "4", None))
    html = rendered(
        '{% import "components.html" as ui with context %}{{ ui.diff("What changes", changes) }}',
        changes=changes,
    )
    assert re.findall(r'<td class="fate">(\w+)', html) == ["same", "changed", "added", "removed"]
    assert re.findall(r"<(?:del|ins)>(\w)", html) == ["1", "2", "3", "4"]


def test_a_field_that_is_wrong_says_so_to_everybody() -> None:
    html = rendered(
        '{% import "forms.html" as forms with context %}'
        '{{ forms.field("phone", "Phone", "12", hint="With +46", error="too short") }}'
    )
    assert 'aria-invalid="true" aria-describedby="hint-phone error-phone"' in html
    assert '<p class="error" id="error-phone">too short</p>' in html


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_no_script_or_style_and_ask_nobody_else(template: Path) -> None:
    text = template.read_text("utf-8")
    assert re.findall(r"\sstyle=|\son\w+=|<style|javascript:|https?://|\|\s*safe", text) == []
    assert re.findall(r"<script(?! src=\"\{\{ static)", text) == []


def test_styles_ask_nobody_for_anything() -> None:
    assert [one.name for one in read_static() if b"url(" in one.content or b"@import" in one.content] == []


async def test_a_page_goes_out_with_headers_that_keep_it_alone(gallery: Client) -> None:
    async with gallery, gallery.get("/gallery") as answer:
        assert answer.headers["content-security-policy"] == (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
            "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        )
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.content_type == "text/html"


async def test_static_files_are_kept_for_good_under_their_digest(gallery: Client) -> None:
    url = StaticFiles(read_static()).url("console.js")
    async with gallery:
        async with gallery.get(url) as answer:
            assert (answer.status, answer.content_type) == (200, "text/javascript")
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
            tag = answer.headers["etag"]
        async with gallery.get(url, headers={"if-none-match": tag}) as answer:
            assert (answer.status, await answer.read()) == (304, b"")
        async with gallery.get(url, headers={"if-none-match": '"other"'}) as answer:
            assert answer.status == 200


@pytest.mark.parametrize("name", ["console.js", "console.0000000000000000.js", "..%2Frendering.py"])
async def test_no_other_file_is_served(gallery: Client, name: str) -> None:
    async with gallery, gallery.get(f"/console/static/{name}") as answer:
        assert answer.status == 404


def test_another_content_has_another_name() -> None:
    assert static_file("a.css", b"one").served_as != static_file("a.css", b"two").served_as


def test_the_gallery_shows_every_component() -> None:
    shown = (Path(__file__).parent / "gallery.html").read_text("utf-8")
    names = {
        f"{file}.{name}"
        for file, template in (("ui", "components.html"), ("forms", "forms.html"))
        for name in re.findall(r"{% macro ([a-z]\w*)", (TEMPLATES[0].parent / template).read_text("utf-8"))
    }
    assert {one for one in names if f"{one}(" not in shown} == set()
