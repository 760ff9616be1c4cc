"""The quick way of counting for X agrees with the parser of X's own rules."""

from __future__ import annotations

import subprocess
import sys

from hypothesis import example, given, settings
from hypothesis import strategies as st

from botus.platforms.lengths import _twitter_text, x_length

PIECES = (
    *"aZ09 .,:/@#$-_'’“”–—…‘©®™é\u0301ßżя한語かナ。、!?\n",
    *(
        "e\u0301",
        "🌊",
        "1\ufe0f\u20e3",
        "👩\u200d👧",
        "\u200b",
        "\u200d",
        "http://",
        "example.com",
        ".co",
        "www.",
        "〰",
        "㊗",
    ),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@example("It costs 3.50, he said. See example.com.")
@example("…and then 語。")
def test_it_agrees_with_the_parser(text: str) -> None:
    assert x_length(text) == _twitter_text().parse_tweet(text).weightedLength


def test_ordinary_posts_do_not_need_the_parser() -> None:
    program = (
        "import sys; from botus.platforms.lengths import x_length;"
        " x_length('It’s late. “So”, she said — 海…');"
        "print('twitter_text' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
