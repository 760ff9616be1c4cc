"""One object with several arrays: only a person's own posts are read, the others are named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from botus.corpus.sources.detection import read
from botus.errors import FileError
from tests.support.exports import file, kept, parsed

MINE = ["the lantern went out for a walk", "a spoon is a shovel with manners"]
OWN = [{"text": line} for line in MINE]
THEIRS = [{"text": "words that a stranger wrote"}]
HERON = {"id": "1", "acct": "heron"}


@pytest.mark.parametrize(
    "content",
    [
        {"statuses": OWN, "favourites": THEIRS, "bookmarks": THEIRS},
        {"likes": THEIRS, "tweets": OWN},
        {"likedTweets": THEIRS, "userTweets": OWN},
        {"liked_posts": THEIRS, "own_posts": OWN},
        {"my_posts": MINE, "favs": ["words that a stranger wrote"]},
        {"backup": {"statuses": OWN, "mentions": THEIRS}},
        {"data": {"user": {"tweets": OWN, "likes": THEIRS}}},
        {"posts": OWN, "notes": [{"comment": "what I think of a stranger"}]},
        {"followers": [{"note": "a stranger's own words"}], "items": OWN},
        [{"statuses": OWN, "bookmarks": THEIRS}],
        "\n".join(json.dumps({"posts": [one], "likes": THEIRS}) for one in OWN),
        {"my_posts": OWN, "my_likes": THEIRS},
        {"tweets": OWN, "ownBookmarks": THEIRS},
        {"posts": {"2019": OWN[:1], "2020": OWN[1:]}, "likes": {"2019": THEIRS}},
        {"favorites": {"9": THEIRS[0]}, "posts": {"1": OWN[0], "2": OWN[1]}},
        [{"name": "favourites", "items": THEIRS}, {"name": "posts", "items": OWN}],
        "\n".join(map(json.dumps, [{"posts": [], "likes": THEIRS}, {"posts": OWN, "likes": []}])),
        {"data": OWN, "includes": {"tweets": THEIRS, "users": [{"description": "a bird of words"}]}},
    ],
    ids=str,
)
def test_only_ones_own_array_is_read_and_the_others_are_named(tmp_path: Path, content: object) -> None:
    reading = read(file(tmp_path, content))
    assert [one.text for one in reading] == MINE
    assert [note for note in reading.notes if note.endswith("other people's or not posts: left out")]


@pytest.mark.parametrize(
    "content",
    [
        {"quips": OWN, "count": 2},
        {"2019": OWN[:1], "2020": OWN[1:]},
        {"2019-11": OWN[:1], "2019-12": OWN[1:]},
        {"posts": {"24.12.2019": OWN[:1], "25.12.2019": OWN[1:]}},
        {"quips": OWN, "tags": ["a", "b"]},
        {"description": "all that I wrote", "posts": OWN},
        {"status": "ok", "message": "all went well", "data": OWN},
        {"1": {"text": MINE[0], "tags": ["two words"]}, "2": {"text": MINE[1], "tags": ["and two"]}},
        {"quotes": MINE},
    ],
    ids=str,
)
def test_what_has_but_one_array_of_words_is_read_whatever_its_name(tmp_path: Path, content: object) -> None:
    reading = read(file(tmp_path, content))
    assert [one.text for one in reading] == MINE
    assert not [note for note in reading.notes if "left out" in note]


def test_one_post_with_arrays_of_its_own_is_one_post(tmp_path: Path) -> None:
    assert kept(file(tmp_path, {"text": MINE[0], "media": [{"alt": "a lantern at night"}]})) == MINE[:1]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"liked_posts": THEIRS}, "has only other people's posts or private ones: liked_posts"),
        ({"likes": THEIRS, "bookmarks": THEIRS}, "private ones: likes and bookmarks"),
        ({"north": OWN, "south": THEIRS}, "several lists, and it does not say which .*: north and south"),
        ({"my_favorites": THEIRS}, "private ones: my_favorites"),
        ({f"my day {n}": OWN for n in range(1001)}, "has 1,000 lists or more"),
        ({"home_timeline": THEIRS}, "private ones: home_timeline"),
        ([{"content": "so it is", "account": {"acct": name}} for name in "ab"], "several people"),
    ],
)
def test_what_may_be_other_peoples_is_not_read(tmp_path: Path, content: object, message: str) -> None:
    with pytest.raises(FileError, match=message):
        parsed(file(tmp_path, content))


def test_the_command_that_takes_one_list_out_can_be_typed(tmp_path: Path) -> None:
    with pytest.raises(FileError) as raised:
        parsed(file(tmp_path, {"north pier": OWN, "south pier": THEIRS}))
    assert """jq '."north pier"' FILE""" in (raised.value.hint or "")


def test_a_status_of_another_account_in_ones_own_array_is_a_boost(tmp_path: Path) -> None:
    statuses = [
        {"content": "<p>one of mine</p>", "account": HERON, "reblog": None},
        {"content": "<p>one of theirs</p>", "account": {"id": "2", "acct": "egret@b.example"}},
        {"content": "<p>boosted by me</p>", "account": HERON, "reblog": {"content": "theirs"}},
    ]
    found = parsed(file(tmp_path, {"account": HERON, "statuses": statuses}))
    assert [one.refused for one in found] == ["", "boost", "boost"]


def test_an_array_far_larger_than_a_value_may_be_is_passed_over(tmp_path: Path) -> None:
    path = file(tmp_path, {"likes": [THEIRS[0]["text"]] * 250_000, "posts": OWN})
    assert path.stat().st_size > 1 << 22
    assert kept(path) == MINE
