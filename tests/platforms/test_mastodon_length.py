"""Mastodon's length is never less than the server counts.

The values are those of the server's own steps (its regular expressions, then `each_grapheme_cluster`) in
Ruby 3.4.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from botus.platforms.lengths import bluesky_length, graphemes, mastodon_length
from botus.posting.targets.mastodon import Mastodon
from tests.support.servers import MastodonServer

RUBY = [
    ("श्री", 2),
    ("क्षत्रिय", 5),
    ("ক্ষমা করুন", 7),
    ("తెలుగు క్షణం", 7),
    ("ഒരു സ്ത്രീ", 6),
    ("ភាសាខ្មែរ", 5),
    ("தமிழ்", 3),
    ("น้ำชา", 3),
    ("\u0d9c\u0dd4\u0dbb\u0dd4\u0dad\u0dca\u0dc0\u0dba \u0d9a\u0dca\u200d\u0dc2", 8),
    ("မြန်မာ", 4),
    ("\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466\U0001f1e9\U0001f1ea\U0001f44d\U0001f3fd", 3),
    ("e\u0301\xe9\ud55c\uad6d", 4),
    ("The kettle sang.", 16),
    ("see https://example.com/page.", 28),
    ("see (https://example.com/page), then", 35),
    ("https://example.com/a/very/long/path/to/the/kettle!?", 25),
    ("https://example.com/Kettle_(film)", 23),
    ("https://example.com/Kettle_(film", 28),
    ("https://a.io", 23),
    ("https://a.io:8080/x?y=z&", 23),
    ("https://example.com/tea?q=hot.", 24),
    ("https://example.com/「kettle」", 24),
    ("http://münchen.de/teekanne", 23),
    ("https://xn--bcher-kva.com/a/b/c/d/e", 23),
    ("https://日本.jp/やかん。", 23),
    ("やかんhttps://example.com/yakan", 26),
    ("teahttps://example.com/a/long/enough/path", 41),
    ("example.com/a/long/path/without/a/scheme", 40),
    ("https://kettle.example/where/no/such/domain/exists", 50),
    ("https://localhost/where/no/such/domain/exists", 45),
    ("http://192.168.0.1/where/no/such/domain/exists", 46),
    ("gemini://example.com/x", 23),
    ("https://t.co/abcdef/and/more", 32),
    ("https://t.co/" + "a" * 41, 54),
    ("https://example.com\nhttps://example.org/x", 47),
    ("HTTPS://EXAMPLE.COM/LOUD/AND/LONG/PATH", 23),
    ("https://☕.ws/pot", 23),
    ("@kettle@a.very.long.example sings", 13),
    ("mail a@b.example", 16),
    ("https://example.com/@kettle@tea.example/1", 23),
    ("tea/https://example.com/a/long/path/behind/it", 27),
]


@pytest.mark.parametrize(("text", "count"), RUBY)
def test_it_counts_as_the_server(text: str, count: int) -> None:
    assert mastodon_length(text) == count


def test_what_not_every_server_takes_for_a_link_counts_whole() -> None:
    assert mastodon_length("gemini://example.com/a/long/path/to/the/kettle") == 46
    assert mastodon_length("gemini://a.io") == 23


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([text for text, _ in RUBY]), min_size=1, max_size=5))
def test_parts_count_together(texts: list[str]) -> None:
    counts = dict(RUBY)
    assert mastodon_length("\n\n".join(texts)) == sum(counts[text] for text in texts) + 2 * (len(texts) - 1)


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from([*"कक्ষ্ല്ളകាខ្មน้ำ e\u0301\u200dé한가🇩👩👍🏽\n.(,"])))
def test_no_count_of_clusters_is_larger(text: str) -> None:
    assert len(text) >= mastodon_length(text) >= bluesky_length(text) == graphemes(text)


@pytest.mark.parametrize(
    ("version", "count"),
    [
        ("4.5.3", 23 + 1 + 1),
        ("4.6.0-alpha.2", 25),
        ("4.4.1+glitch", 25),
        ("2.7.2 (compatible; Pleroma 2.6.0)", 47),
        ("4.2.1 (compatible; Sharkey 2024.9.1)", 47),
        ("0.19.1+git-5b9e0a8", 47),
    ],
)
def test_servers_that_only_speak_its_language_may_count_links_whole(version: str, count: int) -> None:
    text = "https://example.com/a/long/path/to/the/kettle \U0001f375"
    with MastodonServer(version=version, limit=count) as server:
        target = Mastodon(server.url, server.token)
        target.ready()
        assert target.length(text) == count
        assert target.problem(text) is None
        assert target.problem(f"{text}!")


def test_a_link_in_the_content_warning_counts_whole() -> None:
    warning = "https://example.com/a/long/path/to/the/kettle"
    assert Mastodon("https://example.social", "token", content_warning=warning).length("tea") == 48
