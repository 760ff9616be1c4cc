"""A person's own regular expression finds posts, or says why not, and holds nothing up."""

from __future__ import annotations

import pytest

from botus.review.regex import Unusable, matching

POSTS = ["The lamp", "fog \ud83d", "a kettle\nand a LAMP", "a" * 40 + "!"]


def test_it_finds_posts_whatever_the_capitals() -> None:
    assert matching("lamp$", POSTS) == [0, 2]
    assert matching("bell", POSTS) == matching("x", []) == []


@pytest.mark.parametrize("pattern", ["(", "(?L)a", "a{9999999999999999999999}", "(" * 5000 + ")" * 5000])
def test_what_is_none_is_said(pattern: str) -> None:
    with pytest.raises(Unusable, match="not a regular expression"):
        matching(pattern, POSTS)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*$", "(.*.*.*.*)*b"])
def test_one_that_would_never_end_is_ended(pattern: str) -> None:
    with pytest.raises(Unusable, match="takes too long"):
        matching(pattern, POSTS, patience=0.05)
