"""From found posts to those worth training on: every post has exactly one fate, and the numbers add up."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botus.corpus import filtering
from botus.corpus.cleaning import BROKEN, Treatment
from botus.corpus.duplicates import Known, Like
from botus.corpus.filtering import SAMPLES, CleanPost, FilterOptions, ImportCounts, new, thoughts, wanted
from botus.corpus.parsing.post import ParsedPost
from botus.platforms.rows import MASTODON, Limit
from botus.screening.likeness.near import Frequencies, Near, marks

GULL = "the gull on the east railing has opinions about the weather and about me"


def filtered(
    found: Iterable[ParsedPost], options: FilterOptions | None = None, corpus: tuple[str, ...] = ()
) -> tuple[list[str], ImportCounts]:
    """The texts that would be added, and the counts."""
    counts = ImportCounts()
    passed = list(wanted(found, "a", options or FilterOptions(), counts))
    return [one.text for one in new(passed, corpus, counts)], counts


def said(at: float | None, text: str, channel: str = "c", **more: object) -> ParsedPost:
    return ParsedPost(text, at=at, channel=channel, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "options", "reason"),
    [
        (
            ParsedPost("RT", refused="retweet"),
            FilterOptions(replies=True, warnings=True, media=True),
            "retweet",
        ),
        (ParsedPost("yes", is_reply=True), FilterOptions(), filtering.REPLY),
        (ParsedPost("soup", warning="food"), FilterOptions(), filtering.WARNING),
        (ParsedPost("It sang and (1/2)"), FilterOptions(), filtering.PART),
        (ParsedPost("sung by @bob"), FilterOptions(), BROKEN),
        (ParsedPost("soup", is_deleted=True), FilterOptions(replies=True), filtering.DELETED),
        (ParsedPost("soup", likes=2), FilterOptions(min_likes=3), filtering.UNLIKED),
        (
            ParsedPost("https://t.co/a", has_media=True, description="a gull"),
            FilterOptions(),
            filtering.MEDIA,
        ),
        (ParsedPost("", has_media=True), FilterOptions(media=True), filtering.MEDIA),
        (ParsedPost("@bob https://t.co/a"), FilterOptions(), filtering.EMPTY),
        (ParsedPost(" \u200b\n"), FilterOptions(), filtering.EMPTY),
        (ParsedPost("hi @bob"), FilterOptions(treatment=Treatment(mentions="refuse")), "mention"),
        (ParsedPost("hi https://t.co/a"), FilterOptions(treatment=Treatment(links="refuse")), "link"),
        (ParsedPost("short"), FilterOptions(min_chars=6), filtering.SHORT),
    ],
)
def test_what_is_left_out_and_why(found: ParsedPost, options: FilterOptions, reason: str) -> None:
    texts, counts = filtered([found], options)
    assert (texts, dict(counts.dropped)) == ([], {reason: 1})
    assert list(counts.samples) == [reason]


@pytest.mark.parametrize(
    ("found", "options", "text"),
    [
        (ParsedPost("@bob yes, exactly", is_reply=True), FilterOptions(replies=True), "yes, exactly"),
        (ParsedPost("It sang and (1/2)"), FilterOptions(cut_off=True), "It sang and (1/2)"),
        (ParsedPost("soup", warning="food"), FilterOptions(warnings=True), "soup"),
        (ParsedPost("soup", is_deleted=True), FilterOptions(deleted=True), "soup"),
        (ParsedPost("soup", likes=3), FilterOptions(min_likes=3), "soup"),
        (ParsedPost("soup"), FilterOptions(min_likes=3), "soup"),
        (
            ParsedPost("https://t.co/a", has_media=True, description="a gull"),
            FilterOptions(media=True),
            "a gull",
        ),
        (ParsedPost("look", has_media=True, description="a gull"), FilterOptions(media=True), "look"),
        (ParsedPost("look", has_media=True), FilterOptions(), "look"),
    ],
)
def test_what_is_let_in(found: ParsedPost, options: FilterOptions, text: str) -> None:
    assert filtered([found], options)[0] == [text]


def test_posts_without_a_count_of_likes_are_counted() -> None:
    _, counts = filtered([ParsedPost("one"), ParsedPost("two", likes=9), ParsedPost("RT", refused="retweet")])
    assert counts.uncounted == 1


def test_messages_of_one_channel_that_follow_quickly_are_one_post() -> None:
    found = [
        said(1800, "third, exactly fifteen minutes later"),
        said(0, "first"),
        said(899.9, "second @bob"),
        said(10, "elsewhere", "d"),
        said(None, "nobody knows when"),
        said(100, "without a channel", ""),
        said(1799, "a secret", refused="direct message"),
    ]
    texts, counts = filtered(found)
    assert sorted(texts) == [
        "elsewhere",
        "first\nsecond",
        "nobody knows when",
        "third, exactly fifteen minutes later",
        "without a channel",
    ]
    assert (counts.read, counts.kept, counts.joined, counts.dropped.total()) == (7, 5, 1, 1)
    assert counts.cleaned == {"mentions": 1}


def test_a_message_that_cleaning_empties_still_ties_its_neighbours_together() -> None:
    found = [said(0, "first"), said(800, "https://t.co/a"), said(1600, "second")]
    texts, counts = filtered(found)
    assert texts == ["first\nsecond"]
    assert (counts.joined, dict(counts.dropped)) == (1, {filtering.EMPTY: 1})


def test_a_thought_that_is_longer_than_a_post_is_cut_between_messages() -> None:
    found = [said(number, f"{number} " + "fog " * size) for number, size in enumerate((30, 30, 30, 90, 2))]
    texts, counts = filtered(found)
    assert [text.split()[::31] for text in texts] == [["0", "1"], ["2"], ["3", "fog", "fog"], ["4"]]
    assert (counts.kept, counts.joined, counts.dropped.total()) == (4, 1, 0)
    texts, _ = filtered(found, FilterOptions(limits=[Limit(MASTODON, 500)]))
    assert [len(text) for text in texts] == [365, 371]


def test_zero_joins_nothing() -> None:
    texts, counts = filtered([said(0, "first"), said(0, "second")], FilterOptions(merge_within=0))
    assert (texts, counts.joined) == (["first", "second"], 0)


def test_the_time_of_a_thought_is_that_of_its_first_message() -> None:
    passed = list(wanted([said(70, "b"), said(60, "a")], "x", FilterOptions(), ImportCounts()))
    assert passed == [CleanPost("a\nb", 60, frozenset(), "x")]


@given(st.lists(st.tuples(st.sampled_from("cd"), st.integers(0, 100)), max_size=30), st.integers(1, 20))
def test_thoughts_are_the_runs_without_a_pause(times: list[tuple[str, int]], within: int) -> None:
    messages = [said(at, str(number), channel) for number, (channel, at) in enumerate(times)]
    found = list(thoughts(messages, within))  # type: ignore[arg-type]
    assert sorted(one.text for thought in found for one in thought) == sorted(one.text for one in messages)
    for thought in found:
        assert len({one.channel for one in thought}) == 1
        gaps = [(late.at or 0) - (early.at or 0) for early, late in pairwise(thought)]
        assert all(0 <= gap < within for gap in gaps)
    for channel in "cd":
        mine = [thought for thought in found if thought[0].channel == channel]
        for early, late in pairwise(mine):
            assert (late[0].at or 0) - (early[-1].at or 0) >= within


def test_duplicates_of_the_import_and_of_the_corpus() -> None:
    found = [
        ParsedPost(text) for text in (GULL, GULL + "!", f"  {GULL}", GULL.upper(), "old", "old ", "older")
    ]
    texts, counts = filtered(
        found, corpus=("old", "A line of the corpus, which has quite enough words to be like one")
    )
    assert texts == [GULL, GULL, "old", "old", "older"]  # the same again: it may be from another source
    assert dict(counts.dropped) == {filtering.NEAR: 2, filtering.SAME: 1, filtering.THERE: 2}
    assert (counts.read, counts.kept) == (7, 2)
    _, counts = filtered(
        [ParsedPost("a line of the corpus which has quite enough words to be LIKE one")],
        corpus=("A line of the corpus, which has quite enough words to be like one",),
    )
    assert dict(counts.dropped) == {filtering.NEAR_THERE: 1}


def test_known_posts_tell_which_one_a_post_is_like() -> None:
    known = Known([GULL], ["anything"])
    assert known.meet(GULL + ".") == Like(GULL, is_same=False, was_there=True)
    assert known.meet("anything") is None
    assert known.meet("anything ") == Like("anything", is_same=True, was_there=False)
    assert known.meet("🦆🦆") is None
    assert known.meet("🦆🦆🦆") is None


@given(st.lists(st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=9), max_size=25))
def test_rare_shingles_first_finds_the_same_near_duplicates(posts: list[list[str]]) -> None:
    frequencies = Frequencies()
    for post in posts:
        frequencies.count(marks(post))
    plain, fast = Near(), Near(frequencies)
    for post in posts:
        assert (plain.find(marks(post)) is None) == (fast.find(marks(post)) is None)
        plain.add(marks(post))
        fast.add(marks(post))


_FOUND = st.builds(
    ParsedPost,
    text=st.sampled_from(
        ["", "a", "b b b", GULL, GULL + " x", "@bob", "hi @bob", "see https://t.co/a", "&amp;"]
    ),
    refused=st.sampled_from(["", "", "", "retweet"]),
    at=st.none() | st.integers(0, 5000).map(float),
    likes=st.none() | st.integers(0, 3),
    is_reply=st.booleans(),
    is_deleted=st.booleans(),
    warning=st.sampled_from(["", "", "food"]),
    has_media=st.booleans(),
    description=st.sampled_from(["", "a gull"]),
    channel=st.sampled_from(["", "c", "d"]),
)
_WISHES = st.builds(
    FilterOptions,
    replies=st.booleans(),
    warnings=st.booleans(),
    cut_off=st.booleans(),
    deleted=st.booleans(),
    media=st.booleans(),
    min_likes=st.integers(0, 3),
    merge_within=st.sampled_from([0.0, 900.0]),
    min_chars=st.integers(0, 5),
    treatment=st.builds(
        Treatment, *[st.sampled_from(["keep", "drop", "refuse"])] * 2, entities=st.booleans()
    ),
)


@given(st.lists(_FOUND, max_size=30), _WISHES)
def test_read_is_kept_joined_and_dropped_and_nothing_is_added_twice(
    found: list[ParsedPost], options: FilterOptions
) -> None:
    texts, counts = filtered(found, options)
    assert counts.read == len(found) == counts.kept + counts.joined + counts.dropped.total()
    assert len(set(texts)) == counts.kept
    assert all(text.strip() for text in texts)
    seen = counts.dropped | {"kept": counts.kept, "joined": len(counts.samples.get("joined", []))}
    for reason, samples in counts.samples.items():
        assert len(samples) == min(SAMPLES, seen[reason])
    again, second = filtered(found, options, corpus=tuple(dict.fromkeys(texts)))
    assert (second.kept, second.read) == (0, counts.read)
    assert {*again} <= {*texts}


def test_a_pair_that_is_just_near_enough_is_found_behind_its_rare_shingles() -> None:
    eight = ["one", "two", "three", "four", "five", "six", "seven", "eight"]
    other = [*eight[:-1], "nine"]  # of ten shingles six are common
    frequencies = Frequencies()
    for post in (eight, other, eight[:-1], eight[:-2]):
        frequencies.count(marks(post))
    index = Near(frequencies)
    index.add(marks(eight))
    assert index.find(marks(other)) == 0
    assert index.find(marks([*eight[:-2], "nine", "ten"])) is None
