"""What people on Bluesky get, and what they do not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.answering.mentions.world import LINES, BlueskyBot
from tests.support.bluesky_mentions import BlueskyMentionServer
from tests.support.fakes import Clock

KIT, MOLE, OWL = "did:plc:kit", "did:plc:mole", "did:plc:owl"


@pytest.fixture
def sky(clock: Clock) -> Iterator[BlueskyMentionServer]:
    with BlueskyMentionServer(clock=clock, remaining=10**6) as server:
        yield server


@pytest.fixture
def bluesky(tmp_path: Path, sky: BlueskyMentionServer, clock: Clock) -> BlueskyBot:
    return BlueskyBot(tmp_path / "data", sky, clock)


def test_a_mention_is_answered_once_as_a_reply(bluesky: BlueskyBot, sky: BlueskyMentionServer) -> None:
    root = sky.says(MOLE, "who knows?", reason="like")
    asked = sky.says(KIT, "@kettle.test what does the lamp say?", to=root, reason="mention")
    (answer,) = bluesky.turn()
    assert answer["text"] in LINES
    assert answer["reply"] == {"root": sky.reference(root), "parent": sky.reference(asked)}
    assert bluesky.turn() == []
    bluesky.begin()
    assert bluesky.turn(7200) == []
    (entry,) = json.loads((bluesky.data / "answered.json").read_text())
    assert (entry["to"], entry["person"], entry["post"]) == ("@kit.test", KIT, asked)


def test_replies_to_the_bot_are_for_it_and_those_beneath_it_are_not(
    bluesky: BlueskyBot, sky: BlueskyMentionServer
) -> None:
    sky.says(KIT, "@kettle.test hello")
    bluesky.turn()
    (key,) = sky.records
    said = sky.says(MOLE, "nicely put", to=sky.uri(key))
    sky.says(OWL, "I think so too", to=said)
    (answer,) = bluesky.turn()
    assert answer["reply"]["parent"]["uri"] == said
    assert any("it is a reply to somebody else" in line for line in bluesky.said)


PEOPLE: dict[str, dict[str, Any]] = {
    "label": {"labels": [{"src": KIT, "val": "bot"}]},
    "description": {"description": "Tea. #NoBot"},
    "muted": {"viewer": {"muted": True}},
    "blocked": {"viewer": {"blockedBy": True}},
    "blocking": {"viewer": {"blocking": "at://x"}},
    "listed": {"viewer": {"mutedByList": {"uri": "at://x"}}},
    "taken down": {"labels": [{"src": "did:plc:mod", "val": "!takedown"}]},
}


@pytest.mark.parametrize("kind", PEOPLE)
def test_people_who_are_left_alone(bluesky: BlueskyBot, sky: BlueskyMentionServer, kind: str) -> None:
    sky.people[KIT] = PEOPLE[kind]
    sky.says(KIT, "@kettle.test hello?")
    assert bluesky.turn() == []
    assert any("@kit.test gets no answer" in line for line in bluesky.said)


def test_posts_that_are_left_alone(bluesky: BlueskyBot, sky: BlueskyMentionServer) -> None:
    labels = {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "bot"}]}
    sky.says(KIT, "@kettle.test I am one of your kind", labels=labels)
    facets = [
        {"features": [{"$type": "app.bsky.richtext.facet#mention", "did": f"did:plc:{n}"}]} for n in range(5)
    ]
    sky.says(MOLE, "@kettle.test and everybody", facets=facets)
    sky.says(OWL, "@kettle.test quoted", reason="quote")
    sky.others.pop(sky.says("did:plc:fox", "@kettle.test gone"))
    closed = sky.says("did:plc:hare", "@kettle.test nobody may reply")
    sky.viewer[closed] = {"replyDisabled": True}
    sky.says(sky.did, "@kettle.test myself")
    assert bluesky.turn() == []


@pytest.mark.parametrize("fault", ["commit drop", "drop", "commit 500", "commit reset"])
def test_a_lost_answer_is_repeated_and_there_once(
    bluesky: BlueskyBot, sky: BlueskyMentionServer, fault: str
) -> None:
    bluesky.turn()
    sky.says(KIT, "@kettle.test hello")
    sky.script(f"on=putRecord {fault}")
    for _ in range(3):
        bluesky.turn(61)
    assert len(sky.answers()) == 1
    (entry,) = json.loads((bluesky.data / "answered.json").read_text())
    assert entry["targets"]["bluesky"]["state"] == "posted"


def test_an_expired_session_is_renewed(bluesky: BlueskyBot, sky: BlueskyMentionServer) -> None:
    bluesky.turn()
    sky.expire("access")
    sky.says(KIT, "@kettle.test hello")
    assert len(bluesky.turn()) == 1
    assert (sky.logins, sky.renewals) == (1, 1)


def test_a_server_without_an_appview(bluesky: BlueskyBot, sky: BlueskyMentionServer) -> None:
    sky.has_view = False
    assert bluesky.turn() == bluesky.turn() == []
    assert len(bluesky.said) == 1
    assert "the server does not tell who mentions the bot" in bluesky.said[0]


def test_stop_and_pages_and_the_hour(bluesky: BlueskyBot, sky: BlueskyMentionServer) -> None:
    sky.says(KIT, "stop", reason="mention")
    for number in range(250):
        sky.says(f"did:plc:p{number}", "@kettle.test hello")
    assert len(bluesky.turn()) == 6
    assert (bluesky.data / "answers-stopped.txt").read_text() == f"bluesky {KIT} @kit.test\n"
    sky.says(KIT, "@kettle.test hello after all")
    sky.says(MOLE, "@kettle.test hello")
    assert len(bluesky.turn(3700)) == 1
    assert bluesky.turn() == []


def test_an_older_page_that_fails_loses_no_mention(bluesky: BlueskyBot, sky: BlueskyMentionServer) -> None:
    bluesky.turn()
    sky.says(KIT, "@kettle.test hello")
    sky.people[MOLE] = PEOPLE["muted"]
    for _ in range(100):
        sky.says(MOLE, "@kettle.test hello")
    sky.script("on=cursor 500")
    assert bluesky.turn() == []
    assert len(bluesky.turn(120)) == 1


def test_a_thread_of_megabytes_keeps_nobody_else_from_an_answer(
    bluesky: BlueskyBot, sky: BlueskyMentionServer
) -> None:
    sky.says(MOLE, "@kettle.test what now?", to=sky.says(OWL, "x" * 3_000_000), reason="mention")
    sky.mentions = sky.mentions[1:]
    asked = sky.says(KIT, "@kettle.test hello")
    assert [one["reply"]["parent"]["uri"] for one in bluesky.turn()] == [asked]


def test_a_hand_may_write_a_handle(bluesky: BlueskyBot, sky: BlueskyMentionServer) -> None:
    (bluesky.data / "answers-stopped.txt").write_text("bluesky @kit.test\n")
    sky.says(KIT, "@kettle.test hello?")
    assert bluesky.turn() == []
