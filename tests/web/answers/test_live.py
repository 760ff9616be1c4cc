"""`botus serve --live`: the model writes, through the same screen, one at a time."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import pytest

from botus.settings import Settings
from botus.web.answers.contract import Wanted
from botus.web.answers.limits import Full
from botus.web.answers.live import MOST, Live
from tests.support.command import botus, until
from tests.web.answers.asking import Answer, Answering, answering, filled


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Live:
    data = filled(tmp_path_factory.mktemp("live") / "data")
    (data / "denylist.txt").write_text("fog\n")
    return Live(Settings(data), Path("demo"))


def test_it_writes_and_says_that_nobody_has_read_it(tmp_path: Path) -> None:
    with answering(filled(tmp_path / "data", ()), "--live") as bot:
        said = bot.post(prefix="The kettle", length="60", top_p=0, top_k=0)
        assert said.status == 200
        assert said.value["text"].startswith("The kettle ")
        assert bot.query(prompt="The kettle").value["text"][:10] != "The kettle"
        assert bot.post(prefix="two\nlines").status == 400
        assert b"nobody has read" in bot.ask(path="/demo").body
        assert bot.ask(path="/health").status == 200
        _who_waits_holds_up_nobody_else(bot)


def _who_waits_holds_up_nobody_else(bot: Answering) -> None:
    found = list[Answer]()
    crowd = [threading.Thread(target=lambda: found.append(bot.post(prefix="A"))) for _ in range(40)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    refused = [one for one in found if one.status == 429]
    assert 0 < len(refused) <= len(found) - MOST
    assert "others are waiting" in refused[0].value["error"]


def test_it_goes_through_the_screen(live: Live) -> None:
    assert live.answer(Wanted(said="The fog")) is None  # it is on the denylist
    texts = {live.answer(Wanted(said="The kettle", include_prefix=True)) for _ in range(3)}
    assert all(text and "fog" not in re.findall(r"\w+", text.lower()) for text in texts)  # a foghorn may be
    assert live.answer(Wanted(said="The kettle", truncate=" ")) is None  # nothing is left of it
    assert live.answer(Wanted(said="The kettle", length=1)) is None  # nothing is finished


def test_what_is_said_is_what_was_judged(live: Live) -> None:
    """A beginning that the screen repairs, and a part that is no good by itself, as one cut at a letter."""
    for said, repaired in (
        ("\u202eThe kettle", "The kettle"),
        ('"The kettle', "The kettle"),
        ("cafe\u0301", "café"),
    ):
        text = live.answer(Wanted(said=said, include_prefix=True))
        assert text
        assert said + repaired not in text
        assert not {"\u202e", "\u0301"} & {*text}
    assert live.answer(Wanted(said="The", truncate=" ", include_prefix=True)) is None  # too short


def test_the_denylist_counts_as_it_is_now(live: Live) -> None:
    before = live._denylist.read_text()
    live._denylist.write_text("kettle\n")
    assert live.answer(Wanted(said="The kettle", include_prefix=True)) is None
    live._denylist.write_text(before)


def test_ten_may_wait(live: Live) -> None:
    answers: list[str | None] = []
    with live._writing:
        crowd = [
            threading.Thread(target=lambda: answers.append(live.answer(Wanted(said="A harbour"))))
            for _ in range(11)
        ]
        for one in crowd:
            one.start()
        until(lambda: live._waiting._value == 0)
        with pytest.raises(Full):
            live.answer(Wanted())
    for one in crowd:
        one.join()
    assert len(answers) == 11
    assert live.answer(Wanted(said="A harbour"))


def test_what_goes_together(tmp_path: Path) -> None:
    data = filled(tmp_path / "data")
    assert botus("serve", "--data", data, "--checkpoint", "demo").code == 2
    assert botus("serve", "--data", data, "--proxy", "nonsense").code == 2
    assert botus("serve", "--data", tmp_path / "nowhere").code == 3
    missing = botus("serve", "--data", data, "--live", "--checkpoint", tmp_path / "none")
    assert (missing.code, "no checkpoint" in missing.err) == (3, True)
