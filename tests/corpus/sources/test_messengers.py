"""Chats that messengers export as JSON: Telegram's and DiscordChatExporter's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from botus.corpus.parsing.post import Options
from botus.corpus.sources.detection import read
from botus.errors import FileError
from tests.support.exports import folder, kept, parsed


def telegram(kind: str, *messages: dict[str, Any]) -> str:
    base = {"type": "message", "date": "2022-01-01T22:00:00", "date_unixtime": "1641074400"}
    numbered = [{"id": number} | base | one for number, one in enumerate(messages)]
    return json.dumps({"name": "Pond", "type": kind, "id": 7, "messages": numbered}, indent=1)


def discord(*messages: dict[str, Any], kind: str = "GuildTextChat") -> str:
    base = {"type": "Default", "timestamp": "2022-01-01T22:00:00+00:00", "attachments": [], "mentions": []}
    numbered = [{"id": str(number)} | base | one for number, one in enumerate(messages)]
    guild, channel = {"id": "1", "name": "Marsh"}, {"id": "2", "type": kind, "name": "pond"}
    return json.dumps({"guild": guild, "channel": channel, "dateRange": {}, "messages": numbered}, indent=1)


def by(number: int, name: str, **more: object) -> dict[str, Any]:
    return {"author": {"id": str(number), "name": name, "nickname": name.title(), "isBot": False} | more}


def file(tmp_path: Path, content: str) -> Path:
    return folder(tmp_path, {"result.json": content}) / "result.json"


EGRET, HERON = (
    {"from": name, "from_id": f"user{number}"} for number, name in ((5, "Egret"), (6, "Heron 🪶"))
)
CHAT = (
    EGRET | {"text": "did the lamp go out"},
    HERON | {"text": ["only ", {"type": "bold", "text": "once"}, " tonight"]},
    HERON | {"text": "and then again", "reply_to_message_id": 1},
    HERON | {"text": "not while I looked", "reply_to_message_id": 0},
    HERON | {"text": "theirs", "forwarded_from": None},
    HERON | {"text": [{"type": "blockquote", "text": "did the lamp"}, "it did"]},
    HERON | {"type": "service", "action": "pin_message"},
    {"from": None, "from_id": "user9", "text": "who knows"},
)


@pytest.mark.parametrize(
    "kind",
    ["personal_chat", "private_group", "public_supergroup", "private_channel", "saved_messages", "bot_chat"],
)
def test_a_chat_of_telegram_is_refused_and_one_person_taken(tmp_path: Path, kind: str) -> None:
    path = file(tmp_path, telegram(kind, *CHAT))
    for wanted in (None, "json"):
        with pytest.raises(FileError, match="is a conversation") as caught:
            parsed(path, Options(kind=wanted))
        assert "--author NAME" in str(caught.value.hint)
    for name in ("heron", "Heron 🪶", "user6", "6"):
        posts = parsed(path, Options(author=name))
        own = [one for one in posts if not one.refused]
        assert [one.text for one in own] == [
            "only once tonight",
            "and then again",
            "not while I looked",
            "it did",
        ]
        assert [one.is_reply for one in own] == [False, False, True, False]
        others = sorted(one.refused for one in posts if one.refused)
        assert others == ["another author", "another author", "not a post", "other people's words"]


def test_a_public_channel_of_telegram_is_published(tmp_path: Path) -> None:
    channel = {"from": "Pond", "from_id": "channel7"}
    posts = (channel | {"text": "the lamp is lit"}, channel | {"text": "theirs", "forwarded_from": "Egret"})
    path = file(tmp_path, telegram("public_channel", *posts))
    reading = read(path)
    assert reading.kind == "Telegram chat"
    assert [(one.text, one.channel) for one in reading if not one.refused] == [("the lamp is lit", "")]
    assert "is a public channel" in reading.notes[0]
    signed = [channel | {"text": f"by {name}", "author": name} for name in ("Egret", "Heron")]
    path = file(tmp_path, telegram("public_channel", *signed))
    with pytest.raises(FileError, match="several people: Egret, Heron"):
        parsed(path)
    assert kept(path, Options(author="heron")) == ["by Heron"]


def test_discordchatexporter_is_refused_and_one_person_taken(tmp_path: Path) -> None:
    messages = (
        by(5, "egret") | {"content": "did the lamp go out"},
        by(6, "heron")
        | {"content": "> did the lamp go out\nonce, @The Keeper", "mentions": [{"name": "The Keeper"}]},
        by(6, "heron") | {"content": "and again", "type": "Reply", "reference": {"messageId": "1"}},
        by(6, "heron") | {"content": "not I", "type": "Reply", "reference": {"messageId": "0"}},
        by(6, "heron") | {"content": "Joined the server.", "type": "GuildMemberJoin"},
        by(8, "heron", isBot=True) | {"content": "beep"},
    )
    path = file(tmp_path, discord(*messages))
    for kind in (None, "json"):
        with pytest.raises(FileError, match=r"is a conversation|several people"):
            parsed(path, Options(kind=kind))
    posts = parsed(path, Options(author="Heron"))
    own = [one for one in posts if not one.refused]
    assert [one.text for one in own] == ["once, @TheKeeper", "and again", "not I"]
    assert [one.is_reply for one in own] == [False, False, True]
    assert len({one.channel for one in own}) == 1
    assert sorted(one.refused for one in posts if one.refused) == [
        "another author",
        "not a post",
        "not a post",
    ]


def test_two_who_share_a_name_are_told_by_their_numbers(tmp_path: Path) -> None:
    messages = [
        by(number, name, nickname="Keeper") | {"content": name}
        for number, name in ((5, "egret"), (6, "heron"))
    ]
    path = file(tmp_path, discord(*messages))
    with pytest.raises(FileError, match="2 people are called keeper") as caught:
        parsed(path, Options(author="keeper"))
    assert "egret is 5, heron is 6" in str(caught.value.hint)
    assert kept(path, Options(author="6")) == ["heron"]
