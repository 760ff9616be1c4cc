"""X archives: each trap of their generations with a file made for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from botus.corpus.sources.detection import read
from botus.errors import FileError
from tests.support.exports import folder, kept, parsed, refused, tarred, tweet, ytd, zipped

ACCOUNT = ytd("account", [{"account": {"accountId": "77", "username": "heron"}}])


def archive(root: Path, *tweets: object, **more: str) -> Path:
    files = {
        "data/tweets.js": ytd("tweets", list(tweets)),
        "data/account.js": ACCOUNT,
        "Your archive.html": "<html>",
    }
    return folder(root / "archive", files | {name.replace("_", "-"): text for name, text in more.items()})


def test_an_archive_is_read_as_folder_data_folder_file_zip_and_tar(tmp_path: Path) -> None:
    root = archive(tmp_path, tweet("the heron waits"))
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*.js")}
    paths = [
        *(root, root / "data", root / "data" / "tweets.js"),
        zipped(tmp_path / "a.zip", files),
        zipped(tmp_path / "b.zip", {f"twitter-2024-heron/{name}": raw for name, raw in files.items()}),
        tarred(tmp_path / "c.tar.gz", files),
        tarred(tmp_path / "d.tar", files, "w"),
    ]
    for path in paths:
        assert read(path).kind == "X archive"
        assert kept(path) == ["the heron waits"], path
    (post,) = parsed(root)
    assert (post.at, post.likes, post.is_reply, post.has_media) == (1539202764.0, 2, False, False)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("tweet.js", "window.YTD.tweet.part0 = " + json.dumps([tweet("wind", 5)["tweet"]])),
        ("data/tweet.js", ytd("tweet", [tweet("wind", 5)])),
        (
            "data/js/tweets/2013_01.js",
            "Grailbird.data.tweets_2013_01 = \n"
            + json.dumps([{"id_str": "5", "text": "wind", "created_at": "2013-01-31 19:53:41 +0000"}]),
        ),
        (
            "tweets.csv",
            '"tweet_id","in_reply_to_status_id","in_reply_to_user_id","timestamp","source","text",'
            '"retweeted_status_id","retweeted_status_user_id","retweeted_status_timestamp","expanded_urls"\n'
            '"5","","","2013-01-31 19:53:41 +0000","web","wind","","","",""\n',
        ),
    ],
)
def test_every_generation(tmp_path: Path, name: str, content: str) -> None:
    path = folder(tmp_path / "archive", {name: content})
    assert read(path).kind == "X archive"
    assert kept(path) == ["wind"]
    assert parsed(path)[0].at is not None
    assert kept(path / name) == ["wind"]
    folder(tmp_path, {"renamed": content})
    assert kept(tmp_path / "renamed") == ["wind"]


def test_parts_are_read_in_order_and_other_files_are_not(tmp_path: Path) -> None:
    files = {
        "data/tweets.js": ytd("tweets", [tweet("one", 1)]),
        "data/tweets-part1.js": ytd("tweets", [tweet("two", 2)]),
        "data/tweets-part10.js": ytd("tweets", [tweet("four", 4)]),
        "data/tweets-part2.js": ytd("tweets", [tweet("three", 3)]),
        "data/deleted-tweets.js": ytd("deleted_tweets", [tweet("gone", 6)]),
        "data/twitter-circle-tweet.js": ytd("twitter_circle_tweet", [tweet("for few", 7)]),
        "data/direct-messages.js": ytd("direct_messages", []),
    }
    assert kept(folder(tmp_path / "a", files)) == ["one", "two", "three", "four"]
    assert kept(zipped(tmp_path / "a.zip", files)) == ["one", "two", "three", "four"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("RT @egret: mine", "retweet"),
        ("“RT @egret: mine”", "retweet"),
        ("yes! RT @egret: mine", "other people's words"),
        ('"@egret: mine" so true', "other people's words"),
        ("so true “@egret: mine”", "other people's words"),
        ("art @ noon", ""),
        ("START @egret", ""),
        ("my own words", ""),
    ],
)
def test_other_peoples_words_are_refused(tmp_path: Path, text: str, reason: str) -> None:
    (post,) = parsed(archive(tmp_path, tweet(text)))
    assert post.refused == reason


def test_a_retweet_of_the_older_forms_is_refused(tmp_path: Path) -> None:
    record = tweet("words", retweeted_status={"text": "words"})
    assert refused(archive(tmp_path, record)) == ["retweet"]


def test_references_are_undone_once(tmp_path: Path) -> None:
    path = archive(tmp_path, tweet("a &amp; b &lt;3 &amp;amp; ?x=1&copy=2"))
    assert kept(path) == ["a & b <3 &amp; ?x=1&copy=2"]


def test_a_long_post_has_its_whole_text_and_keeps_its_references(tmp_path: Path) -> None:
    start = "the tide goes out and the mud shines " * 7
    notes = [
        {
            "noteTweet": {
                "createdAt": "2018-10-10T20:19:24.000Z",
                "core": {
                    "text": text,
                    "urls": [{"shortUrl": "https://t.co/a", "expandedUrl": "https://mud.example"}],
                },
            }
        }
        for text in ("another of that second", start + "for as far as &amp; we see https://t.co/a")
    ]
    records = tweet(start[:250] + "… https://t.co/zzz"), tweet("short, in the same second", 2)
    root = archive(tmp_path, *records, **{"data/note_tweet.js": ytd("note_tweet", notes)})
    whole = start + "for as far as &amp; we see https://mud.example"
    assert kept(root) == [whole, "short, in the same second"]
    assert kept(root / "data" / "tweets.js")[0] == whole
    reading = read(root)
    list(reading)
    assert reading.notes == ["1 long text taken from note-tweet.js"]


def test_the_last_version_of_an_edited_post_is_kept(tmp_path: Path) -> None:
    versions = ["10", "11", "12"]
    records = (
        tweet("teh tide", 10),
        tweet(
            "the tide!",
            12,
            edit_info={"edit": {"initialTweetId": "10", "editControlInitial": {"editTweetIds": versions}}},
        ),
        tweet("the tide", 11),
        tweet("the tide!", 12),
    )
    path = archive(tmp_path, *records)
    assert [(one.text, one.refused) for one in parsed(path)] == [
        ("teh tide", "earlier version of an edited post"),
        ("the tide!", ""),
        ("the tide", "earlier version of an edited post"),
        ("the tide!", "the same post again"),
    ]


def test_an_answer_to_somebody_is_a_reply_and_a_thread_is_none(tmp_path: Path) -> None:
    path = archive(
        tmp_path,
        tweet("@egret yes", 1, in_reply_to_user_id_str="5"),
        tweet("and another thing", 2, in_reply_to_user_id_str="77", in_reply_to_screen_name="heron"),
        tweet("@Heron and more", 3, in_reply_to_user_id_str="77", in_reply_to_screen_name="heron"),
        tweet("@egret and you", 4, in_reply_to_user_id_str="77", in_reply_to_screen_name="heron"),
        tweet("without a handle", 5, in_reply_to_user_id_str="5"),
        tweet(".@egret look", 6),
        tweet("@egret old", 7),
        tweet("@ the pond", 8),
    )
    posts = parsed(path)
    assert [one.is_reply for one in posts] == [True, False, False, True, True, False, True, False]
    assert posts[2].text == "and more"


def test_a_single_file_without_the_account_goes_by_the_handle(tmp_path: Path) -> None:
    records = [tweet("and another thing", 2, in_reply_to_user_id_str="77")]
    path = folder(tmp_path, {"tweets.js": ytd("tweets", records)}) / "tweets.js"
    assert [one.is_reply for one in parsed(path)] == [False]


def test_links_are_whole_and_those_nobody_typed_are_gone(tmp_path: Path) -> None:
    entities = {
        "urls": [
            {"url": "https://t.co/a", "expanded_url": "https://pond.example/x"},
            {"url": "https://t.co/q", "expanded_url": "https://twitter.com/egret/status/123?s=20"},
        ],
        "media": [{"url": "https://t.co/m"}],
    }
    media = {"media": [{"url": "https://t.co/m", "ext_alt_text": "a grey bird"}]}
    (post,) = parsed(
        archive(
            tmp_path,
            tweet(
                "see https://t.co/a https://t.co/q https://t.co/m", entities=entities, extended_entities=media
            ),
        )
    )
    assert (post.text, post.has_media, post.description) == (
        "see https://pond.example/x",
        True,
        "a grey bird",
    )


def test_a_post_of_media_alone_is_empty(tmp_path: Path) -> None:
    entities = {"urls": [], "media": [{"url": "https://t.co/m"}]}
    (post,) = parsed(archive(tmp_path, tweet("https://t.co/m", entities=entities)))
    assert (post.text, post.has_media, post.refused) == ("", True, "")


def test_the_old_csv(tmp_path: Path) -> None:
    header = (
        "tweet_id,in_reply_to_status_id,in_reply_to_user_id,timestamp,source,text,"
        "retweeted_status_id,retweeted_status_user_id,retweeted_status_timestamp,expanded_urls\n"
    )
    rows = (
        '1,,,2013-01-31 19:53:41 +0000,web,"two\nlines &amp; https://t.co/abc",,,,https://pond.example/long\n'
        "2,,,2013-01-31 19:53:42 +0000,web,RT @egret: mine,99,5,,\n"
        "3,,,2013-01-31 19:53:43 +0000,web,words of another,99,5,,\n"
        "4,,,2013-01-31 19:53:44 +0000,web,look https://t.co/pic,,,,"
        "https://twitter.com/heron/status/4/photo/1\n"
    )
    path = folder(tmp_path / "a", {"tweets.csv": header + rows})
    posts = parsed(path)
    assert posts[0].text == "two\nlines & https://pond.example/long"
    assert [one.refused for one in posts] == ["", "retweet", "retweet", ""]
    assert (posts[3].text, posts[3].has_media) == ("look", True)


def test_half_a_letter_is_taken_out(tmp_path: Path) -> None:
    raw = ytd("tweets", [tweet("cut HALF")]).replace("HALF", "\\ud83d")
    assert kept(folder(tmp_path / "a", {"data/tweets.js": raw})) == ["cut "]


def test_other_files_of_an_archive_say_so(tmp_path: Path) -> None:
    path = (
        folder(tmp_path, {"deleted-tweets.js": ytd("deleted_tweets", [tweet("gone")])}) / "deleted-tweets.js"
    )
    with pytest.raises(FileError, match="deleted tweets of an X archive, not its posts"):
        read(path)
    with pytest.raises(FileError, match=r"an X archive without data/tweets\.js"):
        read(folder(tmp_path / "b", {"data/account.js": ACCOUNT}))


@pytest.mark.parametrize(("last", "reason"), [("Protect", "followers-only"), ("Unprotect", "")])
def test_the_posts_of_a_protected_account_are_for_followers(tmp_path: Path, last: str, reason: str) -> None:
    other = {"Protect": "Unprotect", "Unprotect": "Protect"}[last]
    history = [
        {"protectedHistory": {"protectedAt": "2023-05-01T10:00:00.000Z", "action": last}},
        {"protectedHistory": {"protectedAt": "2020-05-01T10:00:00.000Z", "action": other}},
    ]
    root = archive(
        tmp_path, tweet("words"), **{"data/protected_history.js": ytd("protected_history", history)}
    )
    for path in (root, root / "data" / "tweets.js"):
        reading = read(path)
        assert [one.refused for one in reading] == [reason]
        assert bool(reading.notes) == bool(reason)


@pytest.mark.parametrize("urls", [True, 5.0, {"a": 1}, "x", [None]])
def test_links_and_media_that_are_no_list_are_no_fault(tmp_path: Path, urls: object) -> None:
    long_one = {"createdAt": "2018-10-10T20:19:24.000Z", "core": {"text": "the whole of it", "urls": urls}}
    files = {
        "data/tweets.js": ytd("tweets", [tweet("the whole…")]),
        "data/note-tweet.js": ytd("note_tweet", [{"noteTweet": long_one}]),
    }
    assert kept(folder(tmp_path, files)) == ["the whole of it"]
    odd = tweet("some words", extended_entities={"media": urls})
    assert kept(folder(tmp_path, {"data/tweets.js": ytd("tweets", [odd])})) == ["some words"]


def test_a_number_that_is_far_too_long_is_none(tmp_path: Path) -> None:
    long = "9" * 5000
    edits = {"initial": {"editTweetIds": [long], "editsRemaining": "5"}}
    record = tweet("some words", id_str=long, favorite_count=long, edit_info=edits)
    (post,) = parsed(folder(tmp_path, {"data/tweets.js": ytd("tweets", [record])}))
    assert (post.text, post.likes) == ("some words", None)


CIRCLE = ytd("twitter_circle_tweet", [tweet("for few", 7)])
DATED = {"created_at": "Wed Oct 12 20:19:24 +0000 2022"}


def test_posts_for_a_circle_never_get_in(tmp_path: Path) -> None:
    posts = [tweet("for all", 6, **DATED), tweet("for few", 7, **DATED), tweet("for fewer", 8, **DATED)]
    files = {
        "data/tweets.js": ytd("tweets", posts),
        "data/twitter-circle-tweet.js": CIRCLE,
        "data/twitter-circle-tweet-part1.js": ytd("twitter_circle_tweet", [{"tweet": {"id": "8"}}]),
    }
    root = folder(tmp_path / "archive", files)
    for path in (root, root / "data" / "tweets.js", zipped(tmp_path / "a.zip", files)):
        assert kept(path) == ["for all"]
        assert refused(path) == ["for a Circle or subscribers only"] * 2
        reading = read(path)
        assert (len(list(reading)), reading.notes) == (3, [])


@pytest.mark.parametrize(
    "content",
    [CIRCLE[:-20], "", "<html>", ytd("twitter_circle_tweet", [{"tweet": {"full_text": "for few"}}])],
)
def test_a_list_of_circle_posts_that_cannot_be_read_stops_the_import(tmp_path: Path, content: str) -> None:
    root = archive(tmp_path, tweet("for few", 7), **{"data/twitter_circle_tweet.js": content})
    for path in (root, root / "data" / "tweets.js"):
        with pytest.raises(FileError, match=r"twitter-circle-tweet\.js"):
            parsed(path)


def test_posts_of_the_time_of_circles_without_the_list(tmp_path: Path) -> None:
    folder(tmp_path, {"tweets.js": ytd("tweets", [tweet("for whom?", 7, **DATED), tweet("for all", 8)])})
    reading = read(tmp_path / "tweets.js")
    assert len(list(reading)) == 2
    assert [note.split(":")[0] for note in reading.notes] == ["1 post may have been for a Circle only"]


def test_what_else_says_that_a_post_is_not_for_everybody_or_gone(tmp_path: Path) -> None:
    path = archive(
        tmp_path,
        tweet("for all", 1, scopes={"followers": False}),
        tweet("for followers", 2, scopes={"followers": True}),
        tweet("for payers", 3, exclusive_tweet_control={"email_invites": False}),
        tweet("gone", 4),
        tweet("gone too", 5),
        **{
            "data/deleted_tweets.js": ytd("deleted_tweets", [tweet("gone", 4)]),
            "data/deleted_tweet_headers.js": ytd(
                "deleted_tweet_headers", [{"tweet": {"tweet_id": "5", "user_id": "77"}}]
            ),
        },
    )
    assert kept(path) == ["for all"]
    assert refused(path) == ["followers-only", "for a Circle or subscribers only"]
    assert [one.text for one in parsed(path) if one.is_deleted] == ["gone", "gone too"]


def test_a_long_answer_whose_handle_stands_in_the_short_text_only(tmp_path: Path) -> None:
    whole = "I do not agree with you about the teapot, and here is why: it was a kettle all along"
    files = {
        "data/tweets.js": ytd("tweets", [tweet(f"@egret {whole[:50]}… https://t.co/x", 1)]),
        "data/note-tweet.js": ytd(
            "note_tweet",
            [{"noteTweet": {"createdAt": "2018-10-10T20:19:24.000Z", "core": {"text": whole, "urls": []}}}],
        ),
    }
    (post,) = parsed(folder(tmp_path / "archive", files))
    assert (post.text, post.is_reply) == (whole, True)
