"""Mastodon outboxes: each trap with a file made for it."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from botus.corpus.sources.detection import read
from botus.errors import FileError
from tests.support.exports import ME, PUBLIC, folder, kept, note, outbox, parsed, refused, tarred, zipped


def test_an_outbox_is_read_alone_and_in_its_archive(tmp_path: Path) -> None:
    raw = outbox(note("<p>still water</p>"))
    files = {"actor.json": "{}", "outbox.json": raw, "likes.json": '{"orderedItems":["https://x.example"]}'}
    many = {"export/" + name: text for name, text in files.items()}
    paths = [
        folder(tmp_path / "a", files),
        *(tmp_path / "a" / "outbox.json", zipped(tmp_path / "a.zip", many)),
        *(tarred(tmp_path / "a.tar.gz", files), tarred(tmp_path / "b.tgz", many)),
        folder(tmp_path, {"renamed.json": raw}) / "renamed.json",
    ]
    for path in paths:
        assert read(path).kind == "Mastodon outbox"
        assert kept(path) == ["still water"], path
    assert parsed(paths[0])[0].at == 1714557600.0


def test_a_bare_array_of_activities(tmp_path: Path) -> None:
    one = note("<p>reeds</p>") | {"@context": "https://www.w3.org/ns/activitystreams"}
    path = folder(tmp_path, {"posts.json": json.dumps([one])}) / "posts.json"
    assert read(path).kind == "Mastodon outbox"
    assert kept(path) == ["reeds"]


@pytest.mark.parametrize(
    ("readers", "reason"),
    [
        ({"to": [PUBLIC]}, ""),
        ({"to": PUBLIC}, ""),
        ({"to": ["as:Public"]}, ""),
        ({"to": [f"{ME}/followers"], "cc": [PUBLIC]}, ""),
        ({"to": [f"{ME}/followers"], "cc": []}, "followers-only"),
        ({"to": [f"{ME}/followers"], "cc": ["https://b.example/users/egret"]}, "followers-only"),
        ({"to": ["https://b.example/users/egret"], "cc": []}, "direct message"),
        ({"to": [], "cc": []}, "direct message"),
    ],
)
def test_only_what_everybody_may_read(tmp_path: Path, readers: dict[str, object], reason: str) -> None:
    path = folder(tmp_path, {"outbox.json": outbox(note("<p>words</p>", **readers))}) / "outbox.json"
    assert [one.refused for one in parsed(path)] == [reason]


def test_where_post_and_activity_disagree_the_narrower_counts(tmp_path: Path) -> None:
    one = note("<p>words</p>")
    one["object"]["to"], one["object"]["cc"] = [f"{ME}/followers"], []
    assert refused(folder(tmp_path / "a", {"outbox.json": outbox(one)})) == ["followers-only"]
    silent = note("<p>words</p>")
    for part in (silent, silent["object"]):
        del part["to"], part["cc"]
    assert refused(folder(tmp_path / "b", {"outbox.json": outbox(silent)})) == ["direct message"]


def test_boosts_are_refused_and_other_activities_are_no_posts(tmp_path: Path) -> None:
    boost = {"type": "Announce", "actor": ME, "to": [PUBLIC], "object": "https://b.example/1"}
    whole = boost | {"object": {"type": "Note", "content": "<p>theirs</p>", "to": [PUBLIC]}}
    others = (
        {"type": "Update", "object": {"type": "Person"}},
        {"type": "Create", "object": "https://b.example/2"},
    )
    path = folder(tmp_path / "a", {"outbox.json": outbox(boost, whole, *others, note("<p>mine</p>"))})
    assert refused(path) == ["boost", "boost", "not a post", "not a post"]
    assert kept(path) == ["mine"]


def test_polls_warnings_descriptions_and_likes(tmp_path: Path) -> None:
    poll = note("<p>Which?</p>", type="Question", oneOf=[{"type": "Note", "name": "this"}], summary="food")
    media = note(
        "",
        attachment=[
            {"type": "Document", "mediaType": "image/png", "name": "a grey bird"},
            {"type": "Document"},
        ],
        likes={"type": "Collection", "totalItems": 3},
    )
    posts = parsed(folder(tmp_path / "a", {"outbox.json": outbox(poll, media)}))
    assert (posts[0].text, posts[0].warning, posts[0].has_media) == ("Which?", "food", False)
    assert (posts[1].text, posts[1].has_media, posts[1].description) == ("", True, "a grey bird")
    assert (posts[0].likes, posts[1].likes) == (None, 3)


@pytest.mark.parametrize(
    ("content", "to", "is_reply"),
    [
        ("<p>more</p>", None, False),
        ("<p>more</p>", f"{ME}/statuses/1", False),
        ("<p>more</p>", "https://tooting.example/@heron/1", False),
        ("<p>more</p>", "https://tooting.example/users/heron2/statuses/1", True),
        ('<p><a href="x" class="u-url mention">@<span>egret</span></a> more</p>', f"{ME}/statuses/1", True),
    ],
)
def test_a_thread_with_oneself_is_no_reply(
    tmp_path: Path, content: str, to: str | None, is_reply: bool
) -> None:
    path = folder(tmp_path / "a", {"outbox.json": outbox(note(content, inReplyTo=to))})
    assert [one.is_reply for one in parsed(path)] == [is_reply]


def test_the_content_may_be_in_the_map_alone(tmp_path: Path) -> None:
    one = note("", contentMap={"en": "<p>mapped</p>"})
    assert kept(folder(tmp_path / "a", {"outbox.json": outbox(one)})) == ["mapped"]


def test_an_outbox_may_have_no_posts(tmp_path: Path) -> None:
    for name in ("outbox.json", "else.json"):
        path = folder(tmp_path / "a", {name: outbox()}) / name
        assert (read(path).kind, parsed(path)) == ("Mastodon outbox", [])


def test_the_likes_are_other_peoples(tmp_path: Path) -> None:
    likes = outbox().replace("outbox.json", "likes.json").replace("[]", '["https://b.example/1"]')
    path = folder(tmp_path / "a", {"likes.json": likes}) / "likes.json"
    with pytest.raises(FileError, match="likes of a Mastodon archive"):
        read(path)


def test_2000_posts_take_no_second(tmp_path: Path) -> None:
    content = "<p>the heron <br>waits at <a href='https://pond.example'>https://pond.example</a></p>" * 3
    path = folder(tmp_path / "a", {"outbox.json": outbox(*[note(content)] * 2000)})
    start = time.process_time()
    assert len(kept(path)) == 2000
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    ("to", "readers", "is_reply"),
    [
        ("https://tooting.example/objects/1-a", {}, False),
        (
            "https://tooting.example/objects/1-a",
            {"to": [PUBLIC, "https://tooting.example/users/egret"]},
            True,
        ),
        ("https://b.example/objects/1-a", {}, True),
    ],
)
def test_threads_of_pleroma(tmp_path: Path, to: str, readers: dict[str, object], is_reply: bool) -> None:
    path = folder(tmp_path, {"outbox.json": outbox(note("<p>more</p>", inReplyTo=to, **readers))})
    assert [one.is_reply for one in parsed(path)] == [is_reply]


@pytest.mark.parametrize("odd", [["Note"], {"a": 1}, None, 5])
def test_a_type_that_is_no_word_is_no_fault(tmp_path: Path, odd: object) -> None:
    records = [note("<p>one</p>") | {"type": odd}, note("<p>two</p>", type=odd), note("<p>three</p>")]
    assert kept(folder(tmp_path / "a", {"outbox.json": outbox(*records)})) == ["three"]
    assert kept(folder(tmp_path / "b", {"some.json": json.dumps(records[1:])})) == ["three"]
