"""`botus serve --live`: the model writes, through the same screen, one at a time."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from botus.settings import Settings
from botus.web.answers.contract import Wanted
from botus.web.answers.limits import Full
from botus.web.answers.live import Live
from tests.support.command import botus, until
from tests.web.answers.asking import answering, filled


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Live:
    data = filled(tmp_path_factory.mktemp("live") / "data")
    (data / "denylist.txt").write_text("fog\n")
    return Live(Settings(data), Path("demo"))


def test_it_writes_and_says_that_nobody_has_read_it(tmp_path: Path) -> None:
    with answering(filled(tmp_path / "data", ()), "--live") as own:
        said = own.post(prefix="The kettle", length="60", top_p=0, top_k=0)
        assert said.status == 200
        assert said.value["text"].startswith("The kettle ")
        assert own.query(prompt="The kettle").value["text"][:10] != "The kettle"
        assert own.post(prefix="two\nlines").status == 400
        assert b"nobody has read" in own.ask(path="/demo").body
        assert own.ask(path="/health").status == 200


def test_it_goes_through_the_screen(live: Live) -> None:
    assert live.answer(Wanted(said="The fog")) is None  # it is on the denylist
    texts = {live.answer(Wanted(said="The kettle", include_prefix=True)) for _ in range(3)}
    assert all(text and "fog" not in text for text in texts)
    assert live.answer(Wanted(said="The kettle", truncate=" ")) is None  # nothing is left of it
    assert live.answer(Wanted(said="The kettle", length=1)) is None  # nothing is finished


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
