"""Bluesky's records and repositories: whose words, to whom, and what a damaged file says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from botus.corpus.parsing.post import Options
from botus.corpus.sources.detection import read
from botus.errors import FileError
from tests.support.exports import file, kept, parsed

ME, EGRET = "did:plc:heron", "did:plc:egret"
MINE = ["the lantern went out for a walk", "a spoon is a shovel with manners"]


def record(text: str, to: str | None = None, **more: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
    """A post of Bluesky, an answer to a post of somebody where `to` says so."""
    post = {"uri": f"at://{to}/app.bsky.feed.post/1"}
    answered = {"reply": {"root": post, "parent": post}} if to else {}
    return (
        {"$type": "app.bsky.feed.post", "text": text, "createdAt": "2024-01-01T00:00:00Z"} | answered | more
    )


def listed(*records: dict[str, Any]) -> dict[str, Any]:
    """An answer of listRecords."""
    uris = (f"at://{ME}/app.bsky.feed.post/{number}" for number in range(len(records)))
    return {
        "records": [{"uri": u, "cid": "b", "value": one} for u, one in zip(uris, records, strict=True)],
        "cursor": "c",
    }


PAGE = listed(record(MINE[0]), record(MINE[1], to=ME), record("to you all", to=EGRET))


@pytest.mark.parametrize(
    "content",
    [
        PAGE,
        [PAGE],
        PAGE["records"],
        "\n".join(map(json.dumps, PAGE["records"])),
        json.dumps(PAGE, indent=1) + "\n",
    ],
    ids=["page", "pages", "records", "lines", "indented"],
)
def test_bluesky_answers_to_oneself_go_on_with_a_thread(tmp_path: Path, content: object) -> None:
    found = parsed(file(tmp_path, content))
    assert [(one.text, one.is_reply) for one in found] == [
        (MINE[0], False),
        (MINE[1], False),
        ("to you all", True),
    ]
    assert found[0].at == 1704067200


def test_bluesky_bare_records_do_not_say_whom_they_answer(tmp_path: Path) -> None:
    found = parsed(file(tmp_path, f"{json.dumps(record(MINE[0]))}\n{json.dumps(record(MINE[1], to=ME))}\n"))
    assert [one.is_reply for one in found] == [False, True]


def test_bluesky_feeds_have_reposts_and_one_author(tmp_path: Path) -> None:
    def view(did: str, text: str, **more: object) -> dict[str, object]:
        author = {"did": did, "handle": did[-5:]}
        post = {"uri": f"at://{did}/x", "author": author, "record": record(text), "likeCount": 3}
        return {"post": post} | more

    repost = {"$type": "app.bsky.feed.defs#reasonRepost"}
    own = file(tmp_path, {"feed": [view(ME, MINE[0]), view(EGRET, "theirs and fine", reason=repost)]})
    assert next((one.text, one.refused, one.likes) for one in parsed(own)) == (MINE[0], "", 3)
    assert kept(own) == MINE[:1]
    home = file(tmp_path, {"feed": [view(ME, MINE[0]), view(EGRET, "theirs and fine")]})
    with pytest.raises(FileError, match="several people"):
        parsed(home)
    assert kept(home, Options(author="heron")) == MINE[:1]


def test_bluesky_labels_warn_and_links_come_whole(tmp_path: Path) -> None:
    link = {"$type": "app.bsky.richtext.facet#link", "uri": "https://a.example/long"}
    facet = {"index": {"byteStart": 7, "byteEnd": 21}, "features": [link]}
    labels = {"values": [{"val": "porn"}]}
    path = file(
        tmp_path,
        listed(
            record("né: go a.example/lo... now", facets=[facet | {"index": {"byteStart": 8, "byteEnd": 23}}]),
            record("nude", labels=labels),
        ),
    )
    found = parsed(path)
    assert [(one.text, one.warning) for one in found] == [
        ("né: go https://a.example/long now", ""),
        ("nude", "porn"),
    ]


def varint(number: int) -> bytes:
    return (bytes([number & 127 | 128]) + varint(number >> 7)) if number > 127 else bytes([number])


def cbor(value: object) -> bytes:
    """DAG-CBOR."""

    def head(major: int, size: int) -> bytes:
        return bytes([major << 5 | size]) if size < 24 else bytes([major << 5 | 25]) + size.to_bytes(2, "big")

    if isinstance(value, bool) or value is None:
        return bytes([0xF6 if value is None else 0xF5 if value else 0xF4])
    if isinstance(value, int):
        return head(0, value)
    if isinstance(value, bytes):  # a link
        return b"\xd8\x2a" + head(2, len(value) + 1) + b"\0" + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(cbor, value))
    assert isinstance(value, Mapping)
    return head(5, len(value)) + b"".join(cbor(key) + cbor(one) for key, one in value.items())


CID = b"\x01\x71\x12\x20" + bytes(32)


def car(*blocks: object) -> bytes:
    """A CAR with these values as blocks."""
    framed = [cbor({"roots": [CID], "version": 1}), *(CID + cbor(block) for block in blocks)]
    return b"".join(varint(len(one)) + one for one in framed)


COMMIT = {"did": ME, "rev": "3k", "sig": "s", "data": CID, "prev": None, "version": 3}
REPOSITORY = car(
    COMMIT,
    {"e": [{"k": "app.bsky.feed.post/1", "v": CID}], "l": None},
    record(
        MINE[0], langs=["en"], embed={"images": [{"alt": "a lamp", "image": {"ref": CID, "size": 70_00}}]}
    ),
    {"$type": "app.bsky.feed.like", "subject": {"uri": f"at://{EGRET}/app.bsky.feed.post/9"}},
    record(MINE[1], to=ME),
    record("to you all", to=EGRET),
)


def test_a_bluesky_repository_is_read_alone_and_in_a_folder(tmp_path: Path) -> None:
    alone = file(tmp_path, REPOSITORY, "repo.car")
    for path in (alone, tmp_path):
        reading = read(path)
        assert [(one.text, one.is_reply) for one in reading] == [
            (MINE[0], False),
            (MINE[1], False),
            ("to you all", True),
        ]
        assert reading.kind == "Bluesky repository"


@pytest.mark.parametrize("end", [REPOSITORY.index(b"lantern"), len(REPOSITORY) - 1])
def test_a_repository_that_is_cut_off_is_said(tmp_path: Path, end: int) -> None:
    with pytest.raises(FileError, match="ends in the middle of a block"):
        parsed(file(tmp_path, REPOSITORY[:end], "repo.car"))


@pytest.mark.parametrize(
    "tail",
    [
        b"\xff" * 12,  # a length without an end
        b"\xff\xff\xff\xff\x7f",  # a block of 32 GiB
        varint(63) + CID + b"\x9b" + b"\xff" * 8 + b"app.bsky.feed.post",  # a list of 2**64 values
        varint(400) + CID + b"app.bsky.feed.post".rjust(364, b"\x81"),  # lists in lists
        varint(60) + CID + b"\x7f app.bsky.feed.post".ljust(24),  # a string of no length
        varint(3) + b"abc",
    ],
)  # fmt: skip
def test_a_damaged_repository_ends_with_one_sentence(tmp_path: Path, tail: bytes) -> None:
    with pytest.raises(FileError, match=r"is damaged|ends in the middle"):
        parsed(file(tmp_path, REPOSITORY + tail, "repo.car"))


LIKE = {"$type": "app.bsky.feed.like", "subject": {"uri": f"at://{EGRET}/app.bsky.feed.post/9"}}
BY_ADDRESS = {f"at://{ME}/app.bsky.feed.post/{n}": {"text": line} for n, line in enumerate(MINE)}
THEIRS = {f"at://{EGRET}/app.bsky.feed.post/9": {"text": "words that a stranger wrote"}}


@pytest.mark.parametrize(
    "content",
    [
        {"posts": BY_ADDRESS, "likes": THEIRS},
        {"likes": THEIRS, "posts": BY_ADDRESS},
        {"app.bsky.feed.post": [record(MINE[0]), record(MINE[1])], "app.bsky.feed.like": [LIKE]},
        [{"uri": uri, "cid": "b", "value": one} for uri, one in BY_ADDRESS.items()],
    ],
    ids=["addresses", "likes first", "collections", "without types"],
)
def test_bluesky_backups_have_posts_in_many_shapes(tmp_path: Path, content: object) -> None:
    assert kept(file(tmp_path, content)) == MINE


@pytest.mark.parametrize("as_lines", [False, True])
def test_bluesky_records_without_posts_are_named(tmp_path: Path, as_lines: bool) -> None:
    records = [{"uri": f"at://{ME}/app.bsky.feed.like/{n}", "cid": "b", "value": LIKE} for n in range(2)]
    content = "\n".join(map(json.dumps, records)) if as_lines else {"records": records}
    with pytest.raises(FileError, match="has no posts, but Bluesky's likes"):
        parsed(file(tmp_path, content))
