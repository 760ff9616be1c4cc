"""Dumps of X's API and of scrapers: whose a post is, whom it answers, and who may read it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.support.exports import kept, parsed, refused, ytd

TWEEPY = {
    "full_text": "words of a heron",
    "in_reply_to_user_id_str": None,
    "in_reply_to_screen_name": None,
    "user": {"id_str": "5", "screen_name": "heron", "description": "a bird of words", "protected": False},
}
SNSCRAPE = {
    "rawContent": "words of a heron",
    "user": {"username": "heron", "id": 5, "protected": False},
    "retweetedTweet": None,
    "quotedTweet": None,
    "inReplyToUser": None,
}
TWINT = {"tweet": "words of a heron", "username": "heron", "retweet": False, "reply_to": []}
API = {"text": "words of a heron", "author_id": "5", "in_reply_to_user_id": None, "referenced_tweets": None}
CASES: list[tuple[dict[str, object], dict[str, object], tuple[str, bool]]] = [
    *((base, {}, ("", False)) for base in (TWEEPY, SNSCRAPE, TWINT, API)),
    (TWEEPY, {"in_reply_to_user_id_str": "5", "in_reply_to_screen_name": "heron"}, ("", False)),
    (TWEEPY, {"in_reply_to_user_id_str": "9", "in_reply_to_screen_name": "egret"}, ("", True)),
    (TWEEPY, {"retweeted_status": {"full_text": "theirs"}}, ("retweet", False)),
    (TWEEPY, {"user": {"id_str": "5", "protected": True}}, ("followers-only", False)),
    (SNSCRAPE, {"inReplyToUser": {"username": "Heron", "id": 5}}, ("", False)),
    (SNSCRAPE, {"inReplyToUser": {"username": "egret", "id": 9}}, ("", True)),
    (SNSCRAPE, {"retweetedTweet": {"rawContent": "theirs"}}, ("retweet", False)),
    (SNSCRAPE, {"quotedTweet": {"rawContent": "theirs"}}, ("", False)),
    (SNSCRAPE, {"user": {"username": "heron", "protected": True}}, ("followers-only", False)),
    (TWINT, {"reply_to": [{"screen_name": "egret", "id": "9"}]}, ("", True)),
    (TWINT, {"reply_to": [{"user_id": "5", "username": "heron"}]}, ("", False)),
    (TWINT, {"retweet": True}, ("retweet", False)),
    (TWINT, {"retweet": 7}, ("", False)),
    (API, {"in_reply_to_user_id": "5", "referenced_tweets": [{"type": "replied_to"}]}, ("", False)),
    (API, {"in_reply_to_user_id": "9", "referenced_tweets": [{"type": "replied_to"}]}, ("", True)),
    (API, {"referenced_tweets": [{"type": "retweeted", "id": "1"}]}, ("retweet", False)),
    (API, {"referenced_tweets": [{"type": "quoted", "id": "1"}]}, ("", False)),
]


@pytest.mark.parametrize(("base", "more", "expected"), CASES, ids=str)
def test_a_dump_says_whose_a_post_is_as_json_and_as_csv(
    tmp_path: Path, base: dict[str, object], more: dict[str, object], expected: tuple[str, bool]
) -> None:
    record = base | more
    lines = tmp_path / "dump.jsonl"
    lines.write_text(f"{json.dumps(record)}\n{json.dumps(record)}\n")
    table = tmp_path / "dump.csv"
    with open(table, "w", newline="") as target:
        writer = csv.DictWriter(target, list(record))
        writer.writeheader()
        writer.writerow(record)
    for path in (lines, table):
        post = parsed(path)[0]
        assert (post.text, post.refused, post.is_reply) == ("words of a heron", *expected), path


def test_long_texts_and_likes_of_xs_api(tmp_path: Path) -> None:
    records = [
        {
            "text": "long wor…",
            "note_tweet": {"text": "long words &amp; all"},
            "public_metrics": {"like_count": 7},
        },
        {"text": "long wor…", "truncated": True, "extended_tweet": {"full_text": "long words too"}},
    ]
    path = tmp_path / "dump.json"
    path.write_text(json.dumps(records))
    assert kept(path) == ["long words & all", "long words too"]
    assert [one.likes for one in parsed(path)] == [7, None]


def test_an_archive_before_2018_says_that_its_author_was_protected(tmp_path: Path) -> None:
    tweet = {"id_str": "1", "text": "for few", "user": {"screen_name": "heron", "protected": True}}
    open_one = {"id_str": "2", "text": "for all", "user": {"screen_name": "heron", "protected": False}}
    path = tmp_path / "tweets.js"
    path.write_text(ytd("tweets", [tweet, open_one]))
    assert kept(path) == ["for all"]
    assert refused(path) == ["followers-only"]
