"""Records of Bluesky, Tumblr, Instagram, Threads, Reddit and YouTube: whose words, and for whom."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from botus.corpus.parsing.post import Options
from botus.corpus.sources.detection import read
from botus.errors import FileError
from tests.support.exports import kept, parsed, zipped

ME, EGRET = "did:plc:heron", "did:plc:egret"
MINE = ["the lantern went out for a walk", "a spoon is a shovel with manners"]


def file(tmp_path: Path, content: object, name: str = "export.json") -> Path:
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


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


def tumblr(**more: object) -> dict[str, object]:
    base = {
        "blog_name": "heron",
        "type": "text",
        "state": "published",
        "reblog": {"comment": "x", "tree_html": ""},
    }
    return base | more


def test_tumblr_says_whose_words_a_post_has(tmp_path: Path) -> None:
    theirs = {"blog": {"name": "egret"}, "content": "<p>theirs</p>"}
    inline = '<p><a class="tumblr_blog" href="x">egret</a>:</p><blockquote><p>theirs</p></blockquote>'
    block = {"type": "text", "text": MINE[1]}
    posts = [
        tumblr(body=f"<p>{MINE[0]}</p>", trail=[{"blog": {"name": "heron"}}]),
        tumblr(type="blocks", content=[block, {"type": "text", "text": "theirs", "subtype": "indented"}]),
        tumblr(type="photo", caption="<p>a lamp &amp; a moth</p>"),
        tumblr(type="link", title="their page", description="<p>look at that</p>"),
        tumblr(body="<p>theirs</p>", reblogged_from_id="5"),
        tumblr(content=[block], trail=[theirs]),
        tumblr(body=inline),
        tumblr(type="quote", text="theirs", source="a book"),
        tumblr(body="<p>for me</p>", state="private"),
        tumblr(body="<p>not yet</p>", state="draft"),
    ]
    answers = [
        tumblr(type="answer", question="what is it", answer="<p>a lamp</p>"),
        tumblr(
            content=[{"type": "text", "text": "what is it"}, block], layout=[{"type": "ask", "blocks": [0]}]
        ),
    ]
    found = parsed(file(tmp_path, {"response": {"blog": {"name": "heron"}, "posts": posts + answers}}))
    assert [one.text for one in found if not one.refused and not one.is_reply] == [
        *MINE, "a lamp & a moth", "look at that"
    ]  # fmt: skip
    assert [one.refused for one in found if one.refused] == [
        *["boost"] * 3, "other people's words", "followers-only", "not a post"
    ]  # fmt: skip
    assert [one.text for one in found if one.is_reply] == ["a lamp", MINE[1]]


ONE_PICTURE = {"media": [{"uri": "a.jpg", "creation_timestamp": 1700000000, "title": "caf\u00c3\u00a9 day"}]}
TWO_PICTURES = {
    "title": MINE[0],
    "creation_timestamp": 1,
    "media": [{"uri": "a", "creation_timestamp": 1, "title": ""}],
}
THREAD = {"media": [{"title": MINE[1], "creation_timestamp": 1, "text_app_post": {"is_reply": False}}]}
ANSWER = {"media": [{"title": "so it is", "creation_timestamp": 1, "text_app_post": {"is_reply": True}}]}


def test_captions_of_instagram_and_threads_wherever_they_stand(tmp_path: Path) -> None:
    assert kept(file(tmp_path, [ONE_PICTURE, TWO_PICTURES])) == ["café day", MINE[0]]
    found = parsed(file(tmp_path, {"text_post_app_text_posts": [THREAD, ANSWER, TWO_PICTURES]}))
    assert [(one.text, one.is_reply) for one in found] == [
        (MINE[1], False),
        ("so it is", True),
        (MINE[0], False),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([{"timestamp": 1, "data": [{"post": "for friends"}]}], "is a Facebook export"),
        ({"ig_archived_post_media": [ONE_PICTURE]}, "private ones"),
        (
            {"text_post_app_media_likes": [{"title": "egret the bird", "string_list_data": []}]},
            "other people's",
        ),
        (
            [{"string_map_data": {"Comment": {"value": "so it is"}}}],
            "comments, likes or messages of Instagram",
        ),
    ],
)
def test_what_else_meta_gives_is_named(tmp_path: Path, content: object, message: str) -> None:
    with pytest.raises(FileError, match=message):
        parsed(file(tmp_path, content))


def test_a_whole_download_of_instagram_says_whether_it_is_private(tmp_path: Path) -> None:
    def download(said: str) -> Path:
        personal = {"profile_user": [{"string_map_data": {"Private Account": {"value": said}}}]}
        return zipped(
            tmp_path / f"instagram-{said}.zip",
            {
                "your_instagram_activity/media/posts_1.json": json.dumps([ONE_PICTURE]),
                "your_instagram_activity/messages/inbox/egret/message_1.json": "{}",
                "personal_information/personal_information.json": json.dumps(personal),
            },
        )

    assert kept(download("False")) == ["café day"]
    with pytest.raises(FileError, match="is of a private account"):
        parsed(download("True"))


COMMENTS = "id,permalink,date,ip,subreddit,gildings,link,parent,body,media\n"
POSTS = "id,permalink,date,ip,subreddit,gildings,title,url,body\n"
ROW = "k0,https://r.example/1,2022-01-01 00:00:00 UTC,,spoons,0,"


def test_reddit_comments_answer_and_quote(tmp_path: Path) -> None:
    rows = [
        MINE[0],
        "[removed]",
        "[deleted]",
        "&gt; theirs\n\nmine &amp; [here](https://a.example/b)",
        ">only theirs",
    ]
    table = COMMENTS + "".join(f'{ROW}https://r.example/1,,"{one}",\n' for one in rows)
    lines = "\n".join(
        json.dumps({"author": "heron", "subreddit": "spoons", "link_id": "t3_x", "body": one}) for one in rows
    )
    for path in (file(tmp_path, table, "comments.csv"), file(tmp_path, lines, "comments.ndjson")):
        found = parsed(path)
        assert [(one.text, one.is_reply) for one in found if not one.refused] == [
            (MINE[0], True), ("mine & here", True)
        ]  # fmt: skip
        assert [one.refused for one in found if one.refused] == [*["not a post"] * 2, "other people's words"]


def test_a_whole_data_request_of_reddit_has_posts_and_comments_alone(tmp_path: Path) -> None:
    files = {
        "comments.csv": f"{COMMENTS}{ROW}https://r.example/1,,{MINE[0]},\n",
        "posts.csv": f"{POSTS}{ROW}a spoon,,is a shovel\n{ROW}only a title,https://a.example,\n",
        "messages.csv": "id,permalink,thread_id,date,ip,from,to,subject,body\n1,x,1,2022-01-01,,a,b,hi,us\n",
        "saved_posts.csv": "id,permalink\na,https://r.example/2\n",
    }
    found = parsed(zipped(tmp_path / "export.zip", files))
    assert [(one.text, one.is_reply) for one in found] == [
        (MINE[0], True), ("a spoon\n\nis a shovel", False), ("only a title", False)
    ]  # fmt: skip


@pytest.mark.parametrize("column", ["Comment Text", "Kommentartext"])
def test_youtube_comments_come_out_of_their_cells(tmp_path: Path, column: str) -> None:
    cells = [
        '{"text":"the lantern went out"}',
        '{"text":"so "},{"text":"it is","link":{"linkUrl":"x"}}',
        '{"takeoutSegments":[{"text":"a "},{"text":"spoon"}]}',
        'a {"text":"of braces"} stays',
    ]
    rows = "".join(
        f'c{n},UC,2022-01-01T00:00:00Z,0,{"c0" if n == 1 else ""},v,"{cell.replace(chr(34), chr(34) * 2)}"\n'
        for n, cell in enumerate(cells)
    )
    path = file(
        tmp_path,
        f"Comment ID,Channel ID,Create Timestamp,Price,Parent Comment ID,Video ID,{column}\n{rows}",
        "c.csv",
    )
    found = parsed(path)
    assert [one.text for one in found] == ["the lantern went out", "so it is", "a spoon", cells[3]]
    assert [one.is_reply for one in found] == [False, True, False, False]


HTML = {
    "one<br>two": "one\ntwo",
    "one<br />\ntwo": "one\ntwo",
    "a <b>bold</b> word &amp; more": "a bold word & more",
    "<p>one</p><p>two</p>": "one\n\ntwo",
    'see <a href="https://a.example">this</a>': "see this",
}
WORDS = (
    "I <3 you <sigh> as a < b",
    "the <br> tag is fine",
    "say `<br>` for it",
    "<i>hm",
    "the <p> tag, <stage>hi</stage>",
)


@pytest.mark.parametrize(("raw", "text"), [*HTML.items(), *((one, one) for one in WORDS)])
def test_tags_become_text_in_any_table_and_in_lines(tmp_path: Path, raw: str, text: str) -> None:
    assert kept(file(tmp_path, [{"id": 1, "text": raw}])) == [text]
    assert (
        kept(file(tmp_path, f'id,text\n1,"{raw.replace(chr(34), chr(34) * 2)}"\n2,plain words\n', "a.csv"))[0]
        == text
    )
    if "\n" not in raw:
        assert kept(file(tmp_path, f"plain words\n{raw}\nand more\n", "a.txt"))[1] in (
            text,
            raw.replace("&amp;", "&"),
        )
