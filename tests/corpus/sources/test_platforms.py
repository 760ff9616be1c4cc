"""Records of Tumblr, Instagram, Threads, Reddit and YouTube: whose words, and for whom."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from botus.corpus.sources.detection import read
from botus.errors import FileError
from tests.support.exports import file, kept, parsed, zipped

MINE = ["the lantern went out for a walk", "a spoon is a shovel with manners"]


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


def test_tumblr_posts_of_any_program_and_reblogs_of_oneself(tmp_path: Path) -> None:
    above = {"comment": "<p>mine</p>", "tree_html": "<p>theirs</p>"}
    unnamed = {"type": "text", "reblog_key": "k", "reblog": {"comment": "x", "tree_html": ""}}
    posts = [
        unnamed | {"post_url": "https://heron.tumblr.com/post/1", "body": f"<p>{MINE[0]}</p>"},
        unnamed | {"blog": {"name": "heron"}, "body": "<p>theirs</p>", "reblogged_from_id": "5"},
        tumblr(body="<p>theirs</p><p>mine</p>", reblog=above),
        tumblr(body="sent to me", is_submission=True),
        tumblr(
            body=MINE[1],
            reblogged_from_name="heron",
            reblogged_from_id="5",
            trail=[{"blog": {"name": "heron"}}],
        ),
    ]
    found = parsed(file(tmp_path, posts))
    assert [one.text for one in found if not one.refused] == MINE
    assert [one.refused for one in found if one.refused] == ["boost", "boost", "other people's words"]


def test_a_caption_at_both_levels_is_there_once_and_several_are_all_there(tmp_path: Path) -> None:
    both = {"title": MINE[0], "creation_timestamp": 1, "media": [{"title": MINE[0], "creation_timestamp": 1}]}
    several = {"media": [{"title": one, "creation_timestamp": 1} for one in MINE]}
    assert kept(file(tmp_path, [both, several])) == [MINE[0], "\n\n".join(MINE)]


def test_facebooks_posts_are_read_with_a_word_about_readers(tmp_path: Path) -> None:
    broken = MINE[0].replace("the", "thé").encode().decode("latin-1")
    posts = [
        {"timestamp": 1, "title": "the heron was at a lake"},
        {"timestamp": 2, "data": [{"post": broken}, {"update_timestamp": 3}], "title": "she wrote"},
        {"timestamp": 4, "attachments": [{"data": [{"place": {}}]}]},
    ]
    reading = read(file(tmp_path, posts))
    assert [one.text for one in reading if not one.refused] == [MINE[0].replace("the", "thé")]
    assert any("Facebook does not say who could read a post" in note for note in reading.notes)


def test_reddit_rows_of_other_programs_and_words_of_nobody(tmp_path: Path) -> None:
    quote = "&gt; theirs\n\nmine"
    table = f'comment,subreddit\n"{quote}",spoons\n{MINE[0]},spoons\n'
    assert kept(file(tmp_path, table, "a.csv")) == ["mine", MINE[0]]
    rows = [
        {"author": a, "body": b, "created_utc": 1, "link_id": "t3_x"}
        for a, b in [("heron", quote), ("[deleted]", "x y")]
    ]
    found = parsed(file(tmp_path, "\n".join(map(json.dumps, rows)), "a.ndjson"))
    assert [(one.text, one.refused) for one in found] == [("mine", ""), ("x y", "another author")]


def test_a_data_request_of_reddit_may_have_no_posts(tmp_path: Path) -> None:
    files = {
        "comments.csv": f"{COMMENTS}{ROW}https://r.example/1,,{MINE[0]},\n",
        "posts.csv": POSTS,
        "hidden_posts.csv": "id\n",
    }
    assert kept(zipped(tmp_path / "export.zip", files)) == MINE[:1]


@pytest.mark.parametrize("header", ["comment_author,comment_content", "commenter,comment", "email,body"])
def test_comments_that_many_people_wrote_are_refused(tmp_path: Path, header: str) -> None:
    rows = "".join(f"{n},{name}@a.example,words about a lamp\n" for n, name in enumerate(["heron", "egret"]))
    with pytest.raises(FileError, match="several people"):
        parsed(file(tmp_path, f"id,{header}\n{rows}", "comments.csv"))


GERMAN = (
    "Kommentar-ID,Kanal-ID,Zeitstempel der Erstellung des Kommentars,Preis,ID des übergeordneten Kommentars,"
    "Video-ID,Kommentartext,ID des Kommentars der obersten Ebene\n"
)


def test_youtube_in_another_language_and_live_chats(tmp_path: Path) -> None:
    cells = [(one, json.dumps({"text": one}).replace('"', '""')) for one in MINE]
    rows = [f'c,UC,2022-01-01T00:00:00Z,0,{"c0" * n},v,"{cell}",\n' for n, (_, cell) in enumerate(cells)]
    found = parsed(file(tmp_path, GERMAN + "".join(rows), "c.csv"))
    assert [(one.text, one.is_reply) for one in found] == [(MINE[0], False), (MINE[1], True)]
    header = "Live Chat ID,Channel ID,Live Chat Create Timestamp,Price,Video ID,Live Chat Text\n"
    with pytest.raises(FileError, match="what you wrote in live chats"):
        parsed(file(tmp_path, header + f'c,UC,2022-01-01T00:00:00Z,0,v,"{cells[0][1]}"\n', "live.csv"))
