"""Discord packages: each trap with a file made for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from botus.corpus.parsing.post import Options
from botus.corpus.sources.detection import read
from tests.support.exports import folder, kept, parsed, refused, zipped

GUILD = json.dumps({"id": "100001", "type": "GUILD_TEXT", "name": "pond", "guild": {"id": "1"}})


def message(text: str, at: str = "2023-01-02 03:04:05", **more: object) -> dict[str, object]:
    return {"ID": 1, "Timestamp": at, "Contents": text, "Attachments": ""} | more


def test_a_package_is_read_as_folder_zip_and_file(tmp_path: Path) -> None:
    files = {
        "account/user.json": "{}",
        "Messages/index.json": json.dumps({"100001": "pond in Marsh"}),
        "Messages/c100001/channel.json": GUILD,
        "Messages/c100001/messages.json": json.dumps([message("hello pond")]),
    }
    root = folder(tmp_path / "package", files)
    for path in (
        root,
        root / "Messages",
        zipped(tmp_path / "p.zip", files),
        root / "Messages/c100001/messages.json",
    ):
        assert read(path).kind == "Discord package"
        (post,) = parsed(path)
        assert (post.text, post.refused, post.at, post.channel) == (
            "hello pond",
            "",
            1672628645.0,
            "100001",
        ), path


def test_the_csv_of_2020_newest_first(tmp_path: Path) -> None:
    raw = (
        "ID,Timestamp,Contents,Attachments\r\n"
        '2,2020-05-01 10:00:05.123000+00:00,"second, with\na break",\r\n'
        "1,2020-05-01 10:00:00+00:00,first,https://files.example/a.png\r\n"
    )
    root = folder(
        tmp_path / "p", {"messages/100001/messages.csv": raw, "messages/100001/channel.json": GUILD}
    )
    posts = parsed(root)
    assert [one.text for one in posts] == ["first", "second, with\na break"]
    assert [one.has_media for one in posts] == [True, False]
    assert [one.at for one in posts] == [1588327200.0, 1588327205.123]


@pytest.mark.parametrize(
    "kind", [1, 3, "1", 12, 18, "DM", "GROUP_DM", "dm", "EPHEMERAL_DM", "PRIVATE_THREAD"]
)
def test_private_conversations_are_always_refused(tmp_path: Path, kind: object) -> None:
    files = {
        "messages/c100001/channel.json": json.dumps({"id": "100001", "type": kind, "recipients": ["1", "2"]}),
        "messages/c100001/messages.json": json.dumps([message("between us")]),
    }
    root = folder(tmp_path / "p", files)
    assert refused(root) == ["private conversation"]
    assert kept(root, Options(unknown_channels=True)) == []
    folder(root, {"messages/c100001/channel.json": json.dumps({"id": "100001", "type": kind})})
    assert refused(root) == ["private conversation"]
    folder(root, {"messages/c100001/channel.json": json.dumps({"id": "100001", "recipients": ["1", "2"]})})
    assert kept(root, Options(unknown_channels=True)) == []


@pytest.mark.parametrize("kind", [0, 2, 5, 11, "GUILD_TEXT", "PUBLIC_THREAD", "ANNOUNCEMENT_THREAD"])
def test_channels_of_servers_are_read(tmp_path: Path, kind: object) -> None:
    files = {
        "messages/c100001/channel.json": json.dumps({"id": "100001", "type": kind}),
        "messages/c100001/messages.json": json.dumps([message("to all")]),
    }
    reading = read(folder(tmp_path / "p", files))
    assert [one.text for one in reading if not one.refused] == ["to all"]
    (note,) = reading.notes
    assert "does not say whether only some members may read it" in note


@pytest.mark.parametrize("kind", [99, None, "UNKNOWN", "LOBBY"])
def test_a_type_that_nobody_knows_is_an_unknown_channel(tmp_path: Path, kind: object) -> None:
    files = {
        "messages/c100001/channel.json": json.dumps({"id": "100001", "type": kind}),
        "messages/c100001/messages.json": json.dumps([message("who knows")]),
    }
    root = folder(tmp_path / "p", files)
    assert refused(root) == ["unknown channel"]
    assert kept(root, Options(unknown_channels=True)) == ["who knows"]


def test_the_folder_of_one_channel_may_be_named(tmp_path: Path) -> None:
    files = {"channel.json": GUILD, "messages.json": json.dumps([message("one channel")])}
    root = folder(tmp_path / "c100001", files)
    assert kept(root) == ["one channel"]
    folder(root, {"channel.json": json.dumps({"id": "100001", "type": "DM"})})
    assert refused(root) == ["private conversation"]


def test_a_folder_that_does_not_say_what_it_is_waits_for_the_person(tmp_path: Path) -> None:
    files = {"messages/c100001/messages.json": json.dumps([message("who knows")])}
    root = folder(tmp_path / "p", files)
    reading = read(root)
    assert [one.refused for one in reading] == ["unknown channel"]
    assert reading.notes == ["1 folder does not say whether it was a private conversation, and was left out"]
    assert kept(root, Options(unknown_channels=True)) == ["who knows"]
    assert refused(root / "messages/c100001/messages.json") == ["unknown channel"]
    folder(root, {"messages/index.json": json.dumps({"100001": "Direct Message with egret#1"})})
    assert kept(root, Options(unknown_channels=True)) == []
    assert refused(root) == ["private conversation"]


def test_mentions_stay_and_emoji_have_their_names(tmp_path: Path) -> None:
    text = "<@123> look <:heron:456> <a:duck_2:789> <#5>"
    files = {
        "messages/c100001/channel.json": GUILD,
        "messages/c100001/messages.json": json.dumps(
            [message(text), message("", Attachments="https://f.example")]
        ),
    }
    posts = parsed(folder(tmp_path / "p", files))
    assert posts[0].text == "<@123> look :heron: :duck_2: <#5>"
    assert (posts[1].text, posts[1].has_media) == ("", True)
