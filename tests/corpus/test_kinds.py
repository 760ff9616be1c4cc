"""What a record's own fields say of its kind: never somebody else's post, answers only when asked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from botus.corpus.parsing.fields import post_of
from botus.corpus.parsing.post import ParsedPost
from tests.support.command import botus
from tests.support.exports import parsed

WORDS = "The kettle sang all morning"


def post(fields: dict[str, Any]) -> ParsedPost:
    return post_of({"text": WORDS, **fields}, "text")


@pytest.mark.parametrize(
    "fields",
    [
        {"tweet_type": "retweet"},
        {"Tweet Type": "Retweet"},
        {"Relationship": "MentionsInRetweet"},
        {"種類": "リツイート"},
        {"tipo": "retuit"},
        {"Post Type": "Native Retweet"},
        {"anything": "RT"},
        {"RT": "TRUE"},
        {"isRetweet": "t"},
        {"retweet": True},
        {"retweeted_by": "egret"},
        {"retweeted_user": "egret"},
        {"user_rt": "egret", "retweet": "False"},
        {"rt_date": "2020-01-01 10:00:00"},
        {"retweet_status_id": "x123"},
        {"retweetedTweet": {"id": 2}},
        {"referenced_tweets": [{"type": "retweeted", "id": "2"}]},
    ],
)
def test_retweets(fields: dict[str, Any]) -> None:
    assert post(fields).refused == "retweet"


@pytest.mark.parametrize("fields", [{"reblogged": True}, {"reblog_of_id": "5"}, {"reblog": {"id": 1}}])
def test_boosts(fields: dict[str, Any]) -> None:
    assert post(fields).refused == "boost"


def test_messages() -> None:
    assert post({"Message Type": "Direct Message"}).refused == "direct message"


@pytest.mark.parametrize(
    "fields",
    [
        {"tweet_type": "reply"},
        {"Relationship": "Replies to"},
        {"Post Type": "@Reply"},
        {"Typ": "Antwort"},
        {"tipo": "respuesta"},
        {"type": "comment"},
        {"referenced_tweets": [{"type": "replied_to", "id": "1"}]},
        {"parent_id": "t1_y", "link_id": "t3_x"},
        {"reply": {"root": {}, "parent": {}}},
        {"reply_to": [{"screen_name": "egret"}], "username": "heron"},
        {"screen_name": "heron", "reply_to_screen_name": "egret"},
    ],
)
def test_answers(fields: dict[str, Any]) -> None:
    assert (post(fields).refused, post(fields).is_reply) == ("", True)


@pytest.mark.parametrize(
    "fields",
    [
        {"tweet_type": "tweet"},
        {"Tweet Type": "Quote"},
        {"Post Type": "Retweet with Comment"},
        {"is_quote_status": True},
        {"Relationship": "Mentions"},
        {"RT": "12", "retweets": "5", "retweet_count": "7", "reply": "3"},
        {"isRetweet": "FALSE", "Retweeted": "no", "retweet_status_id": "NA", "retweetedTweet": None},
        {"hashtags": "retweet", "screen_name": "RT", "category": "comment", "keyword": "reply"},
        {"type": "reply", "user_id": "5", "in_reply_to_user_id": "5"},
        {"reply_to": [], "parent_id": "", "Retweet Status": "Original"},
        {"account_id": "7", "in_reply_to_account_id": "7", "reply_to": "[{'screen_name': 'heron'}]"},
    ],
)
def test_posts_of_ones_own(fields: dict[str, Any]) -> None:
    assert (post(fields).refused, post(fields).is_reply) == ("", False)


def test_a_type_column_with_or_without_a_header(tmp_path: Path) -> None:
    rows = [
        "1,2022-01-01 00:00:00,tweet,The kettle sang all morning and nobody asked",
        "2,2022-01-01 00:00:01,retweet,Words that somebody else wrote about a teapot",
    ]
    path = tmp_path / "a.csv"
    for header in ("id,created,tweet_type,text\n", ""):
        path.write_text(header + "\n".join(rows * 3))
        assert [one.refused for one in parsed(path)] == ["", "retweet"] * 3


def test_an_import_counts_them(tmp_path: Path) -> None:
    kinds = ["tweet", "retweet", "reply"]
    posts = [{"type": kind, "text": f"{WORDS} in the {number}th house"} for number, kind in enumerate(kinds)]
    (tmp_path / "a.json").write_text(json.dumps(posts))
    done = botus("--data", tmp_path / "data", "corpus", "import", tmp_path / "a.json", "--json").value
    assert (done["kept"], done["dropped"]) == (1, {"retweet": 1, "reply": 1})
    done = botus(
        "--data", tmp_path / "new", "corpus", "import", tmp_path / "a.json", "--replies", "--json"
    ).value
    assert (done["kept"], done["dropped"]) == (2, {"retweet": 1})


@pytest.mark.parametrize(
    "fields",
    [
        {"reply_to_user": "tern"},
        {"replyParent": "at://did:plc:tern/app.bsky.feed.post/9"},
        {"account_id": "7", "in_reply_to_account_id": "9"},
        {"Reply?": "y"},
    ],
)
def test_whom_a_field_names_is_answered(fields: dict[str, Any]) -> None:
    assert (post(fields).refused, post(fields).is_reply) == ("", True)
