"""An answer is given at most once, whatever happens to the request, the process or the folder."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from botus.errors import BusyError, FileError
from botus.store.durable import files, mounts, owner
from botus.store.intents import Intents
from botus.store.state import AnsweringStates
from tests.answering.mentions.world import Bot
from tests.proofs.poster import no_lock
from tests.support.fakes import Clock
from tests.support.mentions import MentionServer


def states(bot: Bot) -> list[str]:
    return [
        one["targets"]["mastodon"]["state"] for one in json.loads((bot.data / "answered.json").read_text())
    ]


@pytest.mark.parametrize("fault", ["commit drop", "drop", "commit cut", "commit 500", "500", "commit reset"])
def test_a_lost_answer_is_looked_for_and_given_once(bot: Bot, fault: str) -> None:
    bot.server.says("kit", "@kettle hello")
    bot.server.script(fault)
    bot.turn()
    bot.turn(61)
    assert len(bot.server.answers()) == 1
    assert states(bot) == ["posted"]
    assert Intents(bot.data, "answers").open() == []
    bot.turn(61)
    assert len(bot.server.answers()) == 1


@pytest.mark.parametrize("fault", ["commit drop", "drop"])
def test_where_the_server_cannot_tell_it_is_unknown_and_never_sent_again(bot: Bot, fault: str) -> None:
    bot.server.version = "2.7.2 (compatible; Akkoma 3.10)"
    bot.server.says("kit", "@kettle hello")
    bot.server.script(fault)
    for _ in range(4):
        bot.turn(61)
    assert states(bot) == ["posted" if "commit" in fault else "unknown"]
    assert len(bot.server.answers()) == ("commit" in fault)
    assert not any("botus resolve" in line for line in bot.said)


def test_a_busy_server_gets_its_rest(bot: Bot) -> None:
    bot.server.says("kit", "@kettle hello")
    bot.server.remaining = 0
    bot.server.reset = str(int(bot.clock() + 900))
    bot.turn()
    asked = len(bot.server.requests)
    bot.turn(600)
    assert len(bot.server.requests) == asked
    bot.server.remaining = 1000
    assert len(bot.turn(300)) == 1


def test_an_answer_that_waits_for_the_server_is_sent_later_or_given_up(bot: Bot) -> None:
    bot.turn()
    bot.server.says("kit", "@kettle hello")
    bot.server.script('429 {"error": "Too many requests"}')
    assert bot.turn() == []
    assert len(bot.turn(300)) == 1
    bot.server.says("mole", "@kettle hello")
    bot.server.script(*['429 {"error": "Too many requests"}'] * 40)
    for _ in range(30):
        bot.turn(3600)
    assert states(bot) == ["posted", "rejected"]


def test_a_token_that_may_not_see_mentions(bot: Bot) -> None:
    bot.server.scopes = "write:statuses read:accounts read:statuses read:follows"
    bot.server.says("kit", "@kettle hello")
    for _ in range(3):
        bot.turn()
    said = [line for line in bot.said if "read:notifications" in line]
    assert len(said) == 1
    assert "botus doctor" in said[0]


@pytest.mark.parametrize("scope", ["read:accounts", "read:follows", "read:statuses"])
def test_the_scopes_that_the_guards_need(bot: Bot, scope: str) -> None:
    every = {"write:statuses", "read:accounts", "read:statuses", "read:follows", "read:notifications"}
    bot.server.scopes = " ".join(every - {scope})
    bot.server.says("kit", "@kettle hello")
    assert bot.turn() == bot.turn() == []
    assert len([line for line in bot.said if scope in line]) == 1


def test_a_server_without_notifications(bot: Bot) -> None:
    bot.server.has_notifications = False
    assert bot.turn() == bot.turn() == []
    assert bot.said == [
        "answers on mastodon: stopped: the server does not tell who mentions the bot; fix it,"
        " then run: botus doctor"
    ]


def test_what_is_missing_in_the_log_is_put_back(bot: Bot) -> None:
    bot.server.says("kit", "@kettle hello")
    bot.turn()
    log = bot.data / "answered.json"
    before = log.read_text()
    log.write_text("[]")
    bot.server.says("kit", "@kettle once more")
    assert bot.turn() == []  # the hour counts all the same
    assert json.loads(log.read_text()) == json.loads(before)


@pytest.mark.parametrize("body", ["<html>hello</html>", "{}", '[1, null, {"type": "mention"}]', "[[[["])
def test_nonsense_from_the_server_answers_nobody(bot: Bot, body: str) -> None:
    bot.server.script(f"on=notifications 200 {body}")
    assert bot.turn() == []
    bot.server.says("kit", "@kettle hello")
    assert len(bot.turn(120)) == 1


@pytest.mark.parametrize("fault", ["on=context 500", "on=relationships drop", "on=instance cut"])
def test_a_question_that_fails_loses_no_mention(bot: Bot, fault: str) -> None:
    for who in ("kit", "mole", "owl"):
        bot.server.says(who, "@kettle hello")
    bot.server.script(fault)
    assert bot.turn() == []
    bot.begin()
    assert len(bot.turn(120)) == 3


@pytest.mark.parametrize("fault", ["on=max_id 500", "on=max_id drop", "on=max_id 429 {}"])
def test_an_older_page_that_fails_loses_no_mention(bot: Bot, fault: str) -> None:
    bot.turn()
    for who in ("kit", *(f"bot{number}" for number in range(45))):
        bot.server.says(who, "@kettle hello")
        bot.server.accounts[who] = {"bot": who != "kit"}
    bot.server.script(fault)
    assert bot.turn() == []
    assert len(bot.turn(120)) == 1


def test_a_thread_of_megabytes_keeps_nobody_else_from_an_answer(bot: Bot) -> None:
    last = bot.server.says("mole", "x" * 3_000_000)
    bot.server.says("owl", "@kettle what now?", to=last)
    bot.server.says("kit", "@kettle hello")
    assert [one.text.split()[0] for one in bot.turn()] == ["@kit"]
    assert "mastodon: @owl gets no answer: its thread is too long to be read" in bot.said


def test_what_failed_now_and_then_makes_no_later_failure_last_longer(bot: Bot) -> None:
    for _ in range(8):
        bot.server.script("on=notifications 500")
        bot.turn()
        bot.turn(3600)
    assert {line for line in bot.said if "500" in line} == {
        "answers on mastodon: HTTP 500; trying again in 60 seconds"
    }


def waiting(bot: Bot) -> None:
    """Somebody's answer waits for the server."""
    bot.turn()
    bot.server.says("kit", "@kettle hello")
    bot.server.script('429 {"error": "Too many requests"}')
    assert bot.turn() == []


def test_who_says_stop_meanwhile_gets_no_answer_that_waits(bot: Bot) -> None:
    waiting(bot)
    bot.server.says("kit", "@kettle stop")
    assert bot.turn(300) == []
    assert states(bot) == ["rejected"]


def test_who_had_an_answer_by_hand_meanwhile_gets_no_second_one(bot: Bot) -> None:
    waiting(bot)
    bot.server.says("kettle", "@kit hello yourself", to=bot.server.posts[0])
    assert bot.turn(300) == []
    assert states(bot) == ["rejected"]
    assert "mastodon: @kit gets no answer after all: it has an answer" in bot.said


def test_a_line_that_is_on_the_denylist_meanwhile_is_not_said(bot: Bot) -> None:
    waiting(bot)
    (bot.data / "denylist.txt").write_text("lamp\n")
    assert bot.turn(300) == []
    assert states(bot) == ["rejected"]


def test_an_answer_that_waits_does_not_go_to_another_server(bot: Bot, clock: Clock) -> None:
    waiting(bot)
    with MentionServer(clock=clock, remaining=10**6) as other:
        other.says("mole", "something of the same number")
        moved = Bot(bot.data, other, clock)
        assert moved.turn(300) == []
    assert states(bot) == ["rejected"]


def test_a_flood_costs_few_requests_a_minute(bot: Bot) -> None:
    bot.turn()
    for number in range(100):
        bot.server.says(f"p{number}", "@kettle hello")
        bot.server.relations[f"p{number}"] = {"blocked_by": True}
    before = len(bot.server.requests)
    assert bot.turn() == []
    assert len(bot.server.requests) - before < 30
    bot.server.says("kit", "@kettle hello")
    answers = [answer for _ in range(10) for answer in bot.turn()]
    assert [one.text.split()[0] for one in answers] == ["@kit"]


def test_posts_of_megabytes_keep_nobody_else_from_an_answer(bot: Bot) -> None:
    bot.turn()
    bot.server.says("owl", "@kettle before")
    for number in range(3):
        bot.server.says(f"p{number}", "@kettle " + "x" * 700_000)
    bot.server.says("kit", "@kettle hello")
    bot.server.says("fox", "@kettle " + "[" * 3_000_000)  # alone it is too much
    bot.server.says("mole", "@kettle hello")
    assert {one.text.split()[0] for one in bot.turn()} == {"@mole"}
    bot.server.says("hare", "@kettle hello")
    assert {one.text.split()[0] for one in bot.turn(120)} == {"@hare"}


def test_a_post_that_goes_as_the_answer_comes(bot: Bot) -> None:
    bot.server.says("kit", "@kettle hello")
    bot.server.script('404 {"error": "Record not found"}')
    bot.turn()
    assert states(bot) == ["rejected"]
    bot.server.says("mole", "@kettle hello")
    assert len(bot.turn()) == 1


def test_what_was_answered_by_hand_gets_no_second_answer(bot: Bot) -> None:
    asked = bot.server.says("kit", "@kettle hello")
    bot.server.says("kettle", "@kit hello yourself", to=asked)
    assert bot.turn() == []


def test_a_folder_that_lost_what_it_remembered(bot: Bot) -> None:
    bot.server.says("kit", "@kettle hello")
    assert len(bot.turn()) == 1
    AnsweringStates(bot.data).path.unlink()
    bot.begin()
    assert bot.turn() == []  # done/ and the log know
    (bot.data / "answered.json").unlink()
    for path in Intents(bot.data, "answers").done_folder.iterdir():
        path.unlink()
    AnsweringStates(bot.data).path.unlink()
    bot.begin()
    assert bot.turn() == []  # the server knows
    assert "mastodon: @kit gets no answer: it has an answer" in bot.said


@pytest.mark.parametrize("name", ["answered.json", ".botus/answers/state.json"])
def test_damage_stops_answering_before_anybody_is_asked(bot: Bot, name: str) -> None:
    bot.server.says("kit", "@kettle hello")
    path = bot.data / name
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text('[{"text": "hal')
    with pytest.raises(FileError, match=path.name):
        bot.turn()
    assert bot.server.requests == []


def test_two_runs_share_the_work(bot: Bot, server: MentionServer) -> None:
    other = Bot(bot.data, server, bot.clock)
    server.says("kit", "@kettle hello")
    with files.lock(bot.data, "answer"), pytest.raises(BusyError):
        other.round.run()
    assert len(bot.turn()) == 1
    assert other.turn() == []


def test_where_locks_keep_nobody_out_one_claims_it(
    tmp_path: Path, bot: Bot, server: MentionServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "lock", no_lock)
    monkeypatch.setattr(mounts, "lock_excludes", lambda data, name: False)
    # The threads stand for processes; of one process only one is ever at work on an intent.
    monkeypatch.setattr(owner, "is_alive", lambda name: True)
    many = {"answers_per_hour": 1000}
    bots = [Bot(bot.data, server, bot.clock, **many) for _ in range(3)]
    for number in range(20):
        server.says(f"p{number}", "@kettle hello")
    threads = [threading.Thread(target=one.round.run) for one in bots]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answered = [one.extras["in_reply_to_id"] for one in server.answers()]
    assert len(answered) == len(set(answered)) == 20


def test_two_bots_that_mention_each_other_for_a_day(tmp_path: Path, server: MentionServer) -> None:
    """Nobody has told that they are bots: each sees the other's answer as a mention."""
    clock = server.clock
    server.accounts["pot"] = {}
    server.accounts["kettle"] = {}
    server.tokens["pot-token"] = "pot"
    server.bot = False
    bots = [Bot(tmp_path / who, server, clock, token) for who, token in (("k", ""), ("p", "pot-token"))]  # type: ignore[arg-type]
    for bot in bots:
        bot.turn(1)
    server.says("kettle", "@pot good morning")
    server.says("pot", "@kettle good morning to you")
    for seconds in [30.0] * 12 + [1800.0] * 24:
        for bot in bots:
            bot.turn(seconds)
    assert 2 <= len(server.answers()) <= 3


def test_a_bot_that_begins_a_thread_for_each_mention(bot: Bot, server: MentionServer) -> None:
    server.accounts["pot"] = {}
    for number in range(18):
        server.says("pot", f"@kettle good morning, for the {number}th time")
        bot.turn(1.3 * 3600)
    assert len(server.answers()) == 3
    server.says("pot", "@kettle and another day")
    bot.turn(24 * 3600)
    server.says("pot", "@kettle and another day, again")
    bot.turn(1)
    assert len(server.answers()) == 4


@pytest.mark.parametrize("hours", [1.1, 3])
def test_two_slow_bots(tmp_path: Path, server: MentionServer, hours: float) -> None:
    """Each answers so late that an hour for a person has passed."""
    clock = server.clock
    server.accounts["pot"] = {}
    server.tokens["pot-token"] = "pot"
    bots = [Bot(tmp_path / who, server, clock, token) for who, token in (("k", ""), ("p", "pot-token"))]  # type: ignore[arg-type]
    for bot in bots:
        bot.turn(1)
    server.says("kettle", "@pot good morning")
    for _ in range(12):
        for bot in reversed(bots):
            bot.turn(hours * 3600)
    assert len(server.answers()) == 3
