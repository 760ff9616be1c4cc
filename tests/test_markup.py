"""HTML becomes text, whatever it is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from botus.markup import html_text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>one<br>two<br />three</p><p>four</p>", "one\ntwo\nthree\n\nfour"),
        ("<p>a &amp; b &lt;3&nbsp;!</p>", "a & b <3\xa0!"),
        (
            '<p>see <a href="https://pond.example/a/b"><span class="invisible">https://</span>'
            '<span class="ellipsis">pond.example/a</span><span class="invisible">/b</span></a></p>',
            "see https://pond.example/a/b",
        ),
        (
            '<p><span class="h-card"><a href="x" class="u-url mention">@<span>egret</span></a></span> hi</p>',
            "@egret hi",
        ),
        ('<p>#<span>reed</span> :heron: <img alt=":duck:" class="custom-emoji"></p>', "#reed :heron: :duck:"),
        ('<p class="quote-inline">RE: <a href="x">theirs</a></p><p>mine</p>', "mine"),
        ('<span class="quote-inline"><br/>RE: <span>theirs</span></span>mine', "mine"),
        ("<ul><li>one</li><li>two</li></ul>", "one\ntwo"),
        ("<p>  spaces \n and breaks  </p>", "spaces and breaks"),
        ("<p>never closed", "never closed"),
        ("1 < 2 & 3", "1 < 2 & 3"),
        ("<script>no()</script>yes", "yes"),
        ("<title>no</title><![if x]>yes<![CDATA[no]]>", "yes"),
    ],
)
def test_markup(markup: str, text: str) -> None:
    assert html_text(markup) == text


PIECES = ("<![", "<!--", "</", "<!DOCTYPE", "<p>", "CDATA[", "]]>", "&#", "&amp", *"<>[]'\"=/ab ")


@pytest.mark.proof
@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_no_markup_is_too_broken(markup: str) -> None:
    html_text(f"<p>{markup}")
