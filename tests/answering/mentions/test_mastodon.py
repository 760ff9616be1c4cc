"""What people on Mastodon get, and what they do not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from botus.store.log.answered import Answered
from tests.answering.mentions.world import LINES, Bot
from tests.support.fakes import Clock
from tests.support.mentions import MentionServer


def test_a_mention_is_answered_once_to_whoever_wrote_it_and_to_nobody_else(bot: Bot) -> None:
    asked = bot.server.says("kit", "@kettle @mole what does the lamp say?")
    (answer,) = bot.turn()
    assert answer.text.startswith("@kit ")
    assert answer.text.removeprefix("@kit ") in LINES
    assert answer.extras["in_reply_to_id"] == asked.id
    assert answer.extras["visibility"] == "unlisted"
    assert "spoiler_text" not in answer.extras
    assert bot.turn() == []
    bot.begin()
    assert bot.turn(7200) == []
    (entry,) = json.loads((bot.data / "answered.json").read_text())
    assert entry["text"] == answer.text.removeprefix("@kit ")
    assert entry["targets"]["mastodon"]["state"] == "posted"
    assert (entry["to"], entry["post"], entry["thread"]) == ("@kit", asked.id, asked.id)
    assert f"answers on mastodon: posted {entry['id']} {entry['targets']['mastodon']['url']}" in bot.said


@pytest.mark.parametrize("asked", ["unlisted", "private", "direct", "public"])
def test_visibility_and_content_warning_are_the_askers(bot: Bot, asked: str) -> None:
    bot.server.says("kit", "@kettle psst", visibility=asked, spoiler_text="tea")
    (answer,) = bot.turn()
    assert answer.extras["visibility"] == ("unlisted" if asked == "public" else asked)
    assert answer.extras["spoiler_text"] == "tea"


@pytest.mark.parametrize(
    "warning", ["turnips!", "hello @mole", "w" * 101, "<|endoftext|>", "see tea.example.com"]
)
def test_a_content_warning_puts_no_words_into_the_bots_mouth(bot: Bot, warning: str) -> None:
    (bot.data / "denylist.txt").write_text("turnips\n")
    bot.server.says("kit", "@kettle psst", spoiler_text=warning)
    assert bot.turn() == []
    assert any("its content warning is" in line for line in bot.said)


def test_the_owners_content_warning_is_on_answers_too(
    tmp_path: Path, server: MentionServer, clock: Clock
) -> None:
    account = {"base_url": server.url, "token": server.token, "content_warning": "a bot"}
    bot = Bot(tmp_path / "data", server, clock, accounts={"mastodon": account})
    server.says("kit", "@kettle psst", spoiler_text="tea")
    server.says("mole", "@kettle psst")
    assert [one.extras["spoiler_text"] for one in bot.turn()] == ["tea", "a bot"]


def test_who_replies_to_a_post_may_go_on_for_three_answers(bot: Bot) -> None:
    last = bot.server.says("kettle", "A post of the schedule.")
    for _ in range(5):
        bot.turn()
        last = bot.server.says("kit", "@kettle indeed?", to=last)
        last = next(iter(bot.turn(3700)), last)
    assert len(bot.server.answers()) == 3


def test_an_answer_fits_with_the_name_and_the_warning(bot: Bot) -> None:
    (bot.data / "answers.txt").write_text("x" * 490 + "\n" + "The keeper says so, and sleeps.\n")
    bot.server.says("a-rather-long-name-of-a-person", "@kettle xxxx?", spoiler_text="w" * 90)
    (answer,) = bot.turn()
    assert answer.text.endswith(" The keeper says so, and sleeps.")
    (bot.data / "answers.txt").write_text("x" * 498 + "\n")
    bot.server.says("kit", "@kettle and now?")
    assert bot.turn() == []
    assert "mastodon: @kit gets no answer: no line of answers.txt is left that could be said here" in bot.said


def test_somebody_elsewhere_is_named_with_their_server(bot: Bot) -> None:
    bot.server.accounts["kit@far.example"] = {}
    bot.server.says("kit@far.example", "@kettle hello from afar")
    (answer,) = bot.turn()
    assert answer.text.startswith("@kit@far.example ")
    assert Answered(bot.data).given()[0].person == "@kit@far.example"


def test_what_may_not_be_posted_is_not_said(bot: Bot) -> None:
    (bot.data / "answers.txt").write_text("ask @mole about it\na word about turnips\nThe fog is plain.\n")
    (bot.data / "denylist.txt").write_text("turnips\n")
    bot.server.says("kit", "@kettle turnips, @mole?")
    (answer,) = bot.turn()
    assert answer.text == "@kit The fog is plain."


def test_nothing_is_said_twice_in_a_conversation(bot: Bot) -> None:
    (bot.data / "answers.txt").write_text("The kettle sings.\nThe kettle hums.\n")
    first = bot.server.says("kit", "@kettle what does the kettle do?")
    (one,) = bot.turn()
    bot.server.says("mole", "@kettle what does the kettle do?", to=one)
    (two,) = bot.turn()
    assert {one.text.partition(" ")[2], two.text.partition(" ")[2]} == {
        "The kettle sings.",
        "The kettle hums.",
    }
    bot.server.says("owl", "@kettle what does the kettle do?", to=first)
    assert bot.turn() == []


PEOPLE = {
    "bot": {"bot": True},
    "group": {"group": True},
    "note": {"note": '<p>tea. <a href="https://x.example/tags/nobot">#<span>nobot</span></a></p>'},
    "field": {"fields": [{"name": "please", "value": "#NoBots"}]},
    "name": {"display_name": "Kit ＃nobot"},
    "hidden": {"note": "#no\u200bbot"},
    "moved": {"moved": {"id": "9"}},
    "suspended": {"suspended": True},
    "limited": {"limited": True},
}


@pytest.mark.parametrize("kind", PEOPLE)
def test_people_who_are_left_alone(bot: Bot, kind: str) -> None:
    bot.server.accounts["kit"] = PEOPLE[kind]
    bot.server.says("kit", "@kettle hello?")
    assert bot.turn() == []
    assert any("@kit gets no answer" in line for line in bot.said)


def test_nobotany_is_no_sign(bot: Bot) -> None:
    bot.server.accounts["kit"] = {"note": "<p>#nobotany but plenty of tea</p>"}
    bot.server.says("kit", "@kettle hello?")
    assert len(bot.turn()) == 1


@pytest.mark.parametrize("kind", ["blocking", "blocked_by", "muting", "domain_blocking"])
def test_blocks_and_mutes(bot: Bot, kind: str) -> None:
    bot.server.says("kit", "@kettle hello?")
    bot.server.relations["kit"] = {kind: True}
    assert bot.turn() == []


def test_posts_that_are_left_alone(bot: Bot) -> None:
    bot.turn()
    said = bot.server.says("kit", "@kettle and @mole, tea?")
    bot.server.says("mole", "@kit @kettle yes, please", to=said)  # the program named the bot too
    bot.server.says("owl", "@kettle @kit @mole @fox @hare party!")
    bot.server.says("fox", "@kettle a boost", reblog="yes")
    bot.server.says("hare", "@kettle a poll", type="poll")
    bot.server.delete(bot.server.says("stoat", "@kettle gone"))
    assert [one.text.split()[0] for one in bot.turn()] == ["@kit"]


def test_a_reply_to_somebody_else_that_names_the_bot_anew_is_answered(bot: Bot) -> None:
    said = bot.server.says("kit", "who knows about fog?")
    bot.server.says("mole", "@kit ask @kettle", to=said)
    assert len(bot.turn()) == 1


def test_a_mention_that_was_deleted_meanwhile(bot: Bot) -> None:
    post = bot.server.says("kit", "@kettle hello?")
    bot.server.script("on=relationships commit drop")
    bot.turn()
    bot.server.delete(post)
    assert bot.turn(120) == []
    assert bot.turn(120) == []


@pytest.mark.parametrize(
    "word",
    ["@kettle stop", "@kettle STOP!!", "stop.", "@kettle: „Stop“", "@kettle unsubscribe", "Stop stop 🛑"],
)
def test_stop_is_for_good(bot: Bot, word: str) -> None:
    bot.server.says("kit", "@kettle hello?")
    (answer,) = bot.turn()
    bot.server.accounts["kit"] = {"note": "#nobot"}
    bot.server.says("kit", f"{word} @kettle", to=answer)
    assert bot.turn() == []
    bot.server.accounts["kit"] = {}
    assert (bot.data / "answers-stopped.txt").read_text() == f"mastodon @kit@{bot.server.url[7:]}\n"
    bot.begin()
    bot.server.says("kit", "@kettle are you there?")
    assert bot.turn(7200) == []
    assert "mastodon: @kit gets no answer: this person has asked for no more answers" in bot.said
    (bot.data / "answers-stopped.txt").write_text("")
    bot.server.says("kit", "@kettle and now?")
    assert len(bot.turn(7200)) == 1


def test_stop_may_be_the_warning_and_counts_for_what_came_before(bot: Bot) -> None:
    bot.server.says("kit", "@kettle hello?")
    bot.server.says("kit", "@kettle", spoiler_text="STOP")
    assert bot.turn() == []


@pytest.mark.parametrize("name", ["@kit", "Kit", "kit@HOST", "@kit@HOST"])
def test_a_hand_may_write_the_name_as_it_likes(bot: Bot, name: str) -> None:
    (bot.data / "answers-stopped.txt").write_text(f"mastodon {name.replace('HOST', bot.server.url[7:])}\n")
    bot.server.says("kit", "@kettle hello?")
    bot.server.says("mole", "@kettle hello?")
    assert [one.text.split()[0] for one in bot.turn()] == ["@mole"]


@pytest.mark.parametrize(
    "acct",
    ["kit@\x1b[2J.example", "kit@\u202e.example", "kit@b.example,mole", "kit@<b>", "kit@a＠mole", "k i"],
)
def test_a_name_that_is_none_is_not_repeated(bot: Bot, acct: str) -> None:
    bot.server.accounts["kit"] = {"acct": acct}
    bot.server.says("kit", "@kettle hello?")
    assert bot.turn() == []


def test_do_not_stop_is_no_stop(bot: Bot) -> None:
    bot.server.says("kit", "@kettle never stop, please")
    assert len(bot.turn()) == 1


def test_one_an_hour_for_a_person_and_six_for_all(bot: Bot) -> None:
    bot.server.says("kit", "@kettle one")
    bot.server.says("kit", "@kettle two")
    assert len(bot.turn()) == 1
    for number in range(9):
        bot.server.says(f"p{number}", "@kettle hello")
    assert len(bot.turn()) == 5
    bot.server.says("kit", "@kettle three")
    assert bot.turn() == []
    bot.server.says("kit", "@kettle four")
    bot.server.says("late", "@kettle hello")
    assert len(bot.turn(3600)) == 2


def test_three_in_a_thread(bot: Bot) -> None:
    root = bot.server.says("kit", "@kettle hello")
    assert len(bot.turn()) == 1
    for who in ("mole", "owl", "fox"):
        bot.server.says(who, "@kettle and to me?", to=root)
        bot.turn()
    assert len(bot.server.answers()) == 1  # whom the program named
    for who in ("mole", "owl", "fox"):
        bot.server.says(who, "@kettle and to me?", to=bot.server.answers()[0])
        bot.turn()
    assert len(bot.server.answers()) == 3
    assert "mastodon: @fox gets no answer: there are 3 answers in the thread" in bot.said


def test_nothing_older_than_an_hour_at_the_first_look_and_a_day_later(bot: Bot) -> None:
    bot.server.says("kit", "@kettle long ago")
    bot.clock.now += 3700
    bot.server.says("mole", "@kettle just now")
    assert [one.text.split()[0] for one in bot.turn()] == ["@mole"]
    bot.server.says("owl", "@kettle at night")
    assert len(bot.turn(8 * 3600)) == 1
    bot.server.says("fox", "@kettle yesterday")
    assert bot.turn(25 * 3600) == []


@pytest.mark.proof
def test_more_than_a_page_of_mentions(bot: Bot) -> None:
    bot.turn()
    for who in ("kit", *(f"bot{number}" for number in range(85)), "mole"):
        bot.server.says(who, "@kettle hello")
        bot.server.accounts[who] = {"bot": who.startswith("bot")}
    assert [one.text.split()[0] for one in bot.turn()] == ["@kit", "@mole"]


def test_a_clock_that_is_off_changes_nothing(bot: Bot) -> None:
    """The own clock is two days ahead, then four behind; the server's is right."""
    real = bot.clock()
    bot.server.clock = lambda: real + rounds * 60
    rounds = 1
    bot.server.says("kit", "@kettle hello")
    assert len(bot.turn(2 * 86400)) == 1
    rounds = 2
    bot.clock.now -= 4 * 86400
    bot.server.says("kit", "@kettle again")
    bot.server.says("mole", "@kettle hello")
    assert len(bot.turn()) == 1
    rounds = 70
    bot.server.says("kit", "@kettle later")
    assert len(bot.turn()) == 1
