"""What has other people's or private words, and is named instead of read, whatever it is called."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from botus.corpus.parsing.post import Options
from botus.corpus.sources.detection import read
from botus.errors import FileError
from tests.support.exports import ME, file, kept, note, outbox, parsed, refused, ytd, zipped

CONVERSATIONS: dict[str, object] = {
    "telegram": {
        "name": "Egret",
        "type": "personal_chat",
        "id": 1,
        "messages": [{"id": 1, "type": "message", "from": "Egret", "from_id": "user5", "text": "between us"}],
    },
    "telegram, all of it": {
        "about": "Here is the data",
        "personal_information": {},
        "chats": {"list": [{"messages": []}]},
    },
    "facebook": {
        "participants": [{"name": "Egret"}],
        "messages": [{"sender_name": "Egret", "timestamp_ms": 1, "content": "between us"}],
    },
    "slack": [{"type": "message", "user": "U1", "text": "between us", "ts": "1.2"}],
    "discord's viewers": {
        "guild": {"id": "1"},
        "messages": [{"id": "1", "isPinned": False, "content": "between us", "author": {"name": "egret"}}],
    },
    "google": {"messages": [{"creator": {"name": "Egret"}, "text": "between us", "topic_id": "1"}]},
    "x, renamed": [{"messageCreate": {"recipientId": "2", "senderId": "1", "text": "between us"}}],
}
TABLES = (
    "id,thread_id,from,to,subject,body\n1,2,egret,heron,hi,between us two\n",
    'AuthorID,Author,Date,Content,Attachments\n"1","egret","01-Jan-23 10:00 PM","between us two",""\n',
    "Chat Session,Message Date,Sender Name,Text\nEgret,2023-01-01,Egret,between us two\n",
    "message_id,username,message,conversation_type\n1,egret,between us two,direct\n",
)
CHATS = (
    "12/31/20, 10:11 PM - Encrypted.\n12/31/20, 10:12 PM - Egret: hi\n12/31/20, 10:13 PM - Heron: ho\n",
    "\u200e[31.12.20, 22:11:02] Egret: hi\r\n\u200e[31.12.20, 22:11:03] Heron: ho\r\nand more\r\n",
    "2020-12-31 22:11 <egret> hi\n2020-12-31 22:12 <heron> ho\n2020-12-31 22:13 <egret> well\n",
    "[22:11] <egret> hi\n[22:12] <heron> ho\n[22:13] <egret> well\n",
    "=" * 40
    + "\nGuild: Marsh\nChannel: pond\n"
    + "=" * 40
    + "\n\n[01-Jan-23 10:00 PM] egret\nhi\n\n[01-Jan-23 10:02 PM] heron\nho\n",
)
LIKES = [{"like": {"tweetId": "1", "fullText": "theirs and well said", "expandedUrl": "https://x.example"}}]


@pytest.mark.parametrize("content", [*CONVERSATIONS.values(), *TABLES, *CHATS], ids=str)
def test_conversations_are_never_read(tmp_path: Path, content: object) -> None:
    with pytest.raises(FileError, match="is a conversation: it has other people's words") as caught:
        parsed(file(tmp_path, content))
    assert "--author" in str(caught.value.hint)


def test_lines_that_only_have_times_or_colons_are_posts(tmp_path: Path) -> None:
    lines = ["at 22:11 <3 all of you", "2020-12-31 22:11 nothing moved", "Note: wet", "<heron> said so"]
    assert kept(file(tmp_path, "\n".join(lines))) == lines


def test_likes_mail_markup_and_manifests_are_named(tmp_path: Path) -> None:
    for content, what in (
        (LIKES, "is a list of liked posts, other people's words"),
        ("From egret@marsh Mon Jan 1\nFrom: egret@marsh\nSubject: hi\n\nbetween us\n", "is a mailbox"),
        ('<?xml version="1.0"?><smses><sms body="between us"/></smses>', "is XML"),
        ("window.__THAR_CONFIG = {}", "is the manifest of an X archive"),
    ):
        with pytest.raises(FileError, match=what):
            parsed(file(tmp_path, content))


@pytest.mark.parametrize("kind", ["json", "csv", "text", "trump"])
def test_no_kind_that_a_person_names_gets_private_words_in(tmp_path: Path, kind: str) -> None:
    secret = note("<p>for few</p>", to=[f"{ME}/followers"], cc=[])
    messages = json.dumps([{"ID": 1, "Timestamp": "2023-01-02 03:04:05", "Contents": "between us"}])
    package = {
        "Messages/c100001/channel.json": '{"id": "100001", "type": "DM"}',
        "Messages/c100001/messages.json": messages,
    }
    for path in (
        file(tmp_path, outbox(secret), "outbox.json"),
        file(tmp_path, messages, "messages.json"),
        file(tmp_path, ytd("direct_messages", [{"dmConversation": {}}]), "direct-messages.js"),
        file(tmp_path, ytd("like", LIKES), "like.js"),
        zipped(tmp_path / "package.zip", package),
        zipped(tmp_path / "archive.zip", {"outbox.json": outbox(secret)}),
    ):
        with pytest.raises(FileError, match=r"or not at all|other people's|not its posts"):
            parsed(path, Options(kind=kind))


@pytest.mark.parametrize("in_lines", [False, True])
def test_posts_of_activitypub_keep_their_readers_wherever_they_stand(tmp_path: Path, in_lines: bool) -> None:
    activities = [note("<p>for all</p>"), note("<p>for few</p>", to=[f"{ME}/followers"], cc=[])]
    activities += [note("<p>for one</p>", to=["https://b.example/users/egret"], cc=[])]
    for records in (activities, [one["object"] for one in activities]):
        content = "\n".join(map(json.dumps, records)) if in_lines else json.dumps(records)
        path = file(tmp_path, content)
        assert kept(path) == ["for all"]
        assert refused(path) == ["followers-only", "direct message"]


def test_a_post_of_somebody_else_in_an_outbox_is_a_boost(tmp_path: Path) -> None:
    theirs = note("<p>theirs</p>", attributedTo="https://b.example/users/egret")
    assert refused(file(tmp_path, outbox(theirs, note("<p>mine</p>")))) == ["boost"]


@pytest.mark.parametrize("in_lines", [False, True])
def test_answers_of_xs_api_have_others_posts_beside(tmp_path: Path, in_lines: bool) -> None:
    others = {"tweets": [{"id": "9", "text": "theirs"}], "users": [{"id": "5", "description": "a bird"}]}
    pages = [{"data": [{"id": "1", "text": "one word"}], "includes": others}]
    pages += [{"data": {"id": "2", "text": "two words"}, "includes": others}]
    path = file(tmp_path, "\n".join(map(json.dumps, pages)) if in_lines else json.dumps(pages))
    assert [(one.text, one.refused) for one in parsed(path)] == [("one word", ""), ("two words", "")]


@pytest.mark.parametrize("line", ["abc " * 50_000, "[" * 200_000, '{"a":' * 50_000])
def test_a_long_first_line_is_no_fault(tmp_path: Path, line: str) -> None:
    path = file(tmp_path, line)
    if line.startswith("abc"):
        assert read(path).kind == "plain text"
        assert refused(path) == ["longer than any post"]
    else:
        with pytest.raises(FileError):
            parsed(path)
