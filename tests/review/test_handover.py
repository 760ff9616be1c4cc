"""One reviewer at a time: a second one takes over, the first one ends with everything saved."""

from __future__ import annotations

import gc
import threading
import weakref
from pathlib import Path

import pytest

from botus.errors import BusyError
from botus.review import handover
from botus.review.session import open_session
from botus.store.decisions.journal import Decisions
from botus.text import fingerprint
from tests.review.terminal.test_terminal import command, ended
from tests.support.command import until


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "tweets.txt").write_text("the lamp\nthe kettle\nthe bell\n")
    return tmp_path


def test_a_review_is_taken_over(data: Path) -> None:
    taken = threading.Event()

    def take_over() -> None:
        with open_session(data, "file", take_over=True) as session:
            assert session.state.verdicts == {fingerprint("the lamp"): "keep"}
            assert not session.is_wanted()
            taken.set()

    with open_session(data, "file") as session:
        session.decide([(fingerprint("the lamp"), "keep")])
        other = threading.Thread(target=take_over)
        other.start()
        until(session.is_wanted)
        assert not taken.is_set()
    other.join()
    assert taken.is_set()


def test_a_terminal_ends_with_all_saved_and_says_what_is_not(data: Path) -> None:
    child = command(data, "--order", "file")
    child.expect("the lamp")
    child.send("k")
    child.expect("the kettle")
    child.send("e")
    child.expect("cancel")
    child.send(" out loud")
    child.expect("kettle out loud")
    with open_session(data, take_over=True) as session:
        assert session.state.verdicts == {fingerprint("the lamp"): "keep"}
        screen, code = ended(child)
    assert code == 130
    assert "took the review over: everything decided is saved; not saved: 'the kettle out loud'" in screen


def test_who_does_not_let_go_is_left_alone(data: Path) -> None:
    with open_session(data) as session:
        with pytest.raises(BusyError) as found, handover.held(data, take_over=True, patience=0.05):
            pass
        assert "does not let go" in found.value.hint
        assert not session.is_wanted()
        session.decide([(fingerprint("the lamp"), "drop")])


def test_nothing_of_a_review_stays_in_memory(data: Path) -> None:
    gc.disable()
    try:
        with open_session(data) as session:
            session.think()
            gone = weakref.ref(session)
        del session
        assert gone() is None
        assert gc.get_freeze_count() == 0
    finally:
        gc.enable()


def test_what_a_page_asked_for_is_found_again_by_its_id(data: Path) -> None:
    with open_session(data, "file") as session:
        session.decide([(fingerprint("the lamp"), "drop"), (fingerprint("the bell"), "star")], "one")
        session.take_back("two")
        session.take_back("three", again=True)
        assert session.edit(fingerprint("the kettle"), "the other kettle", "four") == ""
        session.press("u")
        known = dict(session.answered)
    with open_session(data, "file") as session:
        for name, entry in session.answered.items():
            assert (type(entry), entry.at, entry.request) == (type(known[name]), known[name].at, name)
        assert list(session.answered) == ["one", "two", "three", "four"]
    assert "request" not in Decisions(data).path.read_text().splitlines()[-2]
