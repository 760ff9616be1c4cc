"""How long a post is on each platform."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from botus.platforms.lengths import bluesky_length, mastodon_length, urls, x_length

FAMILY = "👨‍👩‍👧‍👦"


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("plain", 5),
        ("日本", 4),
        (FAMILY, 2),
        ("see example.com", 27),
        ("https://example.com/" + "x" * 300, 23),
        ("no.zzz", 6),
        ("e\u0301", 1),
    ],
)
def test_length_as_x_counts_it(text: str, length: int) -> None:
    assert x_length(text) == length


def test_length_elsewhere() -> None:
    assert mastodon_length(f"{FAMILY} @me@host.example https://example.com/{'x' * 99}") == 1 + 1 + 3 + 1 + 23
    assert mastodon_length("https://example.com/", url_length=30) == 30
    assert bluesky_length(FAMILY * 300) == 300


def test_a_chain_of_dots_takes_no_time() -> None:
    """X's own grammar takes an hour for it: this test would not end."""
    assert x_length("a." * 5000) == 10_000
    assert urls("a." * 5000) == []


def test_threads_that_need_the_parser_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A post and an answer are measured at the same time, each the first in this process."""
    for name in [one for one in sys.modules if one.partition(".")[0] == "twitter_text"]:
        monkeypatch.delitem(sys.modules, name)
    before, together = sys.modules.get("pkg_resources"), Barrier(3)

    def found(_: int) -> list[str]:
        together.wait()
        return urls("The kettle is at https://example.com/tea now")

    with ThreadPoolExecutor(3) as threads:
        assert list(threads.map(found, range(3))) == [["https://example.com/tea"]] * 3
    assert sys.modules.get("pkg_resources") is before
