"""The review through the page: the same journal and queue as in the terminal, whatever happens on the way."""

from __future__ import annotations

import gc
import os
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from botus.errors import BusyError
from botus.review.session import open_session
from botus.store.durable import files
from botus.store.log.tweeted import Log
from botus.text import fingerprint
from botus.web.reviewing import IDLE
from tests.web.page import NOW, POSTS, Page, filled, journal, opened

FIRST, SECOND, THIRD, FOURTH = map(fingerprint, POSTS)


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with opened(tmp_path / "data") as found:
        yield found


def texts(view: dict[str, list[dict[str, str]]]) -> list[str]:
    return [card["text"] for card in view["cards"]]


def queue(page: Page) -> list[str]:
    return (page.data / "tweets.txt").read_text().splitlines()


def test_a_card_says_what_the_terminal_says(page: Page) -> None:
    view = page.browser().begin()
    assert sorted(texts(view)) == sorted(POSTS)
    first = view["cards"][0]
    assert first["lengths"] == [{"name": "X", "length": len(first["text"]), "most": 280}]
    assert view["ordered_by"] == "by score; 30 decisions teach it your taste"
    assert (view["place"], view["of"], view["left"], view["kept"]) == (0, 4, 4, 0)
    assert not view["can_undo"]


def test_a_decision_is_in_the_journal_and_in_the_queue_and_goes_back(page: Page) -> None:
    browser = page.browser()
    browser.begin()
    found = browser.decide(FIRST, "drop")
    assert found["done"] == [{"post": FIRST, "verdict": "drop"}]
    assert texts(found["view"]) == list(POSTS[1:])
    assert queue(page) == list(POSTS[1:])
    browser.decide(SECOND, "star")
    assert [entry["kind"] for entry in journal(page.data)] == ["drop", "star"]
    assert browser.change("/undo")["notice"] == "Taken back: starred"
    view = browser.change("/undo")["view"]
    assert queue(page) == list(POSTS)
    assert texts(view) == list(POSTS)
    view = browser.change("/redo")["view"]
    assert (queue(page), view["can_redo"]) == (list(POSTS[1:]), True)


def test_a_line_for_answers_leaves_the_queue_and_comes_back(page: Page) -> None:
    browser = page.browser()
    browser.begin()
    assert browser.decide(FIRST, "answer")["done"] == [{"post": FIRST, "verdict": "answer"}]
    assert (queue(page), (page.data / "answers.txt").read_text()) == (list(POSTS[1:]), f"{POSTS[0]}\n")
    view = browser.change("/look", filter="answering")
    assert [(one["text"], one["verdict"]) for one in view["cards"]] == [(POSTS[0], "answer")]
    browser.change("/undo")
    assert (queue(page), (page.data / "answers.txt").read_text()) == (list(POSTS), "")


def test_a_page_of_decisions_is_one_step(page: Page) -> None:
    browser = page.browser()
    browser.begin()
    wanted = [{"post": post, "verdict": "drop"} for post in (FIRST, THIRD)]
    browser.change("/decide", decisions=[*wanted, {"post": SECOND, "verdict": "keep"}])
    assert queue(page) == [POSTS[1], POSTS[3]]
    browser.change("/undo")
    assert queue(page) == list(POSTS)


@pytest.mark.parametrize("restart", [False, True])
def test_a_request_that_comes_again_is_the_same_decision(page: Page, restart: bool) -> None:
    browser = page.browser()
    browser.begin()
    asked: list[tuple[str, dict[str, object]]] = [
        (
            "/decide",
            {"decisions": [{"post": FIRST, "verdict": "answer"}, {"post": SECOND, "verdict": "later"}]},
        ),
        ("/decide", {"decisions": [{"post": FOURTH, "verdict": "drop"}]}),
        ("/undo", {}),
        ("/undo", {}),
        ("/redo", {}),
        ("/edit", {"post": THIRD, "text": "fog, but less"}),
    ]
    told = ("done", "stale", "problem")
    for number, (path, fields) in enumerate(asked):
        first = browser.change(path, id=str(number), **fields)
        written = [entry for entry in journal(page.data) if entry["kind"] != "end"]
        if restart:
            page.reviewing._let_go()
        again = browser.change(path, id=str(number), **fields)
        assert [entry for entry in journal(page.data) if entry["kind"] != "end"] == written
        assert [first.get(name) for name in told] == [again.get(name) for name in told]
    assert len(written) == 7
    assert queue(page) == [POSTS[1], "fog, but less", POSTS[3]]


def test_an_id_of_another_request_is_refused(page: Page) -> None:
    browser = page.browser()
    browser.begin()
    browser.decide(FIRST, "drop")
    browser.change("/undo", id="mine")
    wanted = [{"post": FIRST, "verdict": "keep"}]
    assert browser.send("/decide", id="mine", decisions=wanted)[0] == 400
    assert browser.send("/decide", id="", decisions=wanted)[0] == 400


def test_a_post_that_was_posted_while_its_card_was_shown_is_not_decided(page: Page) -> None:
    browser = page.browser()
    browser.begin()
    Log(page.data).append({"text": POSTS[0], "timestamp": 1_795_000_000_000})
    (stale,) = browser.decide(FIRST, "drop")["stale"]
    assert stale["post"] == FIRST
    assert "used meanwhile: posted" in stale["why"]
    assert journal(page.data) == []


def test_a_post_that_left_the_queue_is_not_decided_and_a_new_one_comes_last(page: Page) -> None:
    browser = page.browser()
    browser.begin()
    (page.data / "tweets.txt").write_text("".join(f"{post}\n" for post in (*POSTS[1:], "a new lamp")))
    found = browser.decide(FIRST, "keep")
    assert found["stale"][0]["why"] == "This post is no longer in tweets.txt"
    assert texts(found["view"]) == [*POSTS[1:], "a new lamp"]
    assert browser.decide("0" * 32, "keep")["stale"]


def test_what_was_decided_otherwise_meanwhile_is_not_decided(page: Page) -> None:
    browser = page.browser()
    browser.begin()
    page.reviewing._let_go()
    with open_session(page.data) as terminal:
        terminal.decide([(FIRST, "drop"), (SECOND, "keep")])
        terminal.edit(THIRD, "fog once more")
        terminal.decide([(FOURTH, "answer")])
    wanted = [{"post": post, "verdict": "keep"} for post in (FIRST, SECOND, THIRD, FOURTH)]
    found = browser.change("/decide", decisions=wanted)
    assert found["done"] == [{"post": SECOND, "verdict": "keep"}]
    assert [one["why"] for one in found["stale"]] == [
        "This post was dropped meanwhile",
        "This post was reworded meanwhile",
        "This post was for answers meanwhile",
    ]
    back = browser.change("/decide", decisions=[{"post": FIRST, "verdict": "keep", "was": "drop"}])
    assert back["done"]
    assert POSTS[0] in queue(page)


def test_an_edit_says_why_not_and_takes_no_control_characters(page: Page) -> None:
    browser = page.browser()
    browser.begin()
    refused = browser.change("/edit", post=FIRST, text=POSTS[1])
    assert refused["problem"] == "Not saved: this very text is in the queue already"
    view = browser.change("/edit", post=FIRST, text="the lamp\x1b[2J\nwent \x9bout")["view"]
    assert view["cards"][0]["text"] == "the lamp[2J\nwent out"
    assert queue(page)[0] == "the lamp[2J\\nwent out"
    assert browser.change("/edit", post="0" * 32, text="x")["problem"]


def test_looking_at_others_decides_nothing(page: Page) -> None:
    browser = page.browser()
    browser.begin()
    browser.decide(FIRST, "keep")
    for fields, first in (
        ({"search": "BELL"}, POSTS[3]),
        ({"look": "back"}, POSTS[2]),
        ({"filter": "kept"}, POSTS[0]),
        ({"filter": "undecided"}, POSTS[1]),
        ({"regex": "^fog"}, POSTS[2]),
        ({"filter": "undecided"}, POSTS[1]),
        ({"order": "new"}, POSTS[1]),
        ({"list": True}, POSTS[1]),
    ):
        status, view = browser.send("/look", **fields)
        assert (status, view["cards"][0]["text"]) == (200, first), fields
    assert browser.send("/look", filter="kept")[1]["filter"] == "kept"
    assert browser.send("/look", learning=False)[1]["learning"] is False
    assert browser.send("/look", filter="purple")[0] == 400
    assert len(journal(page.data)) == 1


def test_everything_like_a_post_is_decided_bit_by_bit(tmp_path: Path) -> None:
    with opened(tmp_path / "data") as page:
        filled(page.data, ("the lamp is out", "fog", "the lamp is out again", "the lamp was out again"))
        browser = page.browser()
        first = browser.begin()["cards"][0]["post"]
        status, view = browser.send("/look", like=first)
        assert (status, texts(view)[:2], view["like"]) == (
            200,
            ["the lamp is out", "the lamp is out again"],
            first,
        )
        assert view["of"] == 3
        view = browser.decide(first, "drop")["view"]
        assert texts(view) == ["the lamp is out again", "the lamp was out again"]
        assert browser.send("/look", list=False)[1]["like"] is None


def test_another_device_is_told_and_may_take_over(page: Page) -> None:
    sofa, train = page.browser("sofa"), page.browser("train")
    sofa.begin()
    status, found = train.send("/review")
    assert (status, found["what"], found["holder"]) == (409, "busy", "another device")
    train.begin(take_over=True)
    status, found = sofa.send("/decide", id="1", decisions=[{"post": FIRST, "verdict": "drop"}])
    assert (status, found["what"]) == (409, "taken")
    assert queue(page) == list(POSTS)


def test_a_terminal_holds_it_and_a_review_that_nobody_touches_is_let_go(page: Page) -> None:
    browser = page.browser()
    with open_session(page.data):
        status, found = browser.send("/review")
        assert (status, found["what"], found["holder"]) == (409, "busy", "another botus curate")
    begun, over = threading.Event(), threading.Event()

    def begin() -> None:  # in one thread, which lives on; another one lets go
        browser.begin()
        begun.set()
        over.wait(60)

    other = threading.Thread(target=begin)
    other.start()
    assert begun.wait(60)
    with pytest.raises(BusyError, match="another review"), open_session(page.data):
        pass
    page.clock.now += IDLE + 1
    page.reviewing._work()
    with open_session(page.data):
        pass
    assert sorted(texts(browser.begin())) == sorted(POSTS)


def test_a_request_to_take_over_is_heeded_and_leaves_nothing(page: Page) -> None:
    browser = page.browser()
    browser.begin()
    wanted = page.data / files.STATE_FOLDER / "curate.wanted"
    wanted.touch()
    page.reviewing._work()
    # Between the two of them the page must not come first, with a request that it sends by itself.
    assert browser.get("/review")[1]["what"] == "taken"
    assert wanted.exists()
    with open_session(page.data, take_over=True) as session:
        assert not session.is_wanted()


def test_who_was_killed_while_asking_stands_in_nobody_s_way(page: Page) -> None:
    browser = page.browser()
    browser.begin()
    wanted = page.data / files.STATE_FOLDER / "curate.wanted"
    wanted.touch()
    page.reviewing._work()
    os.utime(wanted, (NOW, NOW))
    assert browser.get("/review")[0] == 200
    assert not wanted.exists()


def test_a_decision_says_how_its_card_came(tmp_path: Path) -> None:
    posts = tuple(f"the lamp counted {number} boats" for number in range(30))
    with opened(tmp_path / "data") as page:
        filled(page.data, posts)
        browser = page.browser()
        view = browser.begin()
        for _ in range(10):
            view = browser.decide(view["cards"][0]["post"], "drop")["view"]
        browser.decide(view["cards"][5]["post"], "drop")
        came = [one.get("drawn") for one in journal(page.data)]
    assert came == ["order"] * 9 + ["random"] + [None]


def test_a_page_that_is_loaded_again_begins_with_one_post(page: Page) -> None:
    filled(page.data, (*POSTS, "the lamp went out at five"))
    browser = page.browser()
    browser.begin()
    assert browser.send("/look", like=FIRST)[1]["of"] == 2
    view = browser.begin()
    assert (view["like"], view["of"]) == (None, 5)


def test_a_clock_that_is_set_back_stops_nothing(page: Page) -> None:
    page.browser().begin()
    page.clock.now -= 3600
    page.reviewing._work()
    with open_session(page.data):
        pass


def test_a_disk_that_fails_loses_nothing_and_is_said(page: Page) -> None:
    browser = page.browser()
    browser.begin()
    path = page.data / ".botus" / "decisions.jsonl"
    path.mkdir()
    wanted = [{"post": FIRST, "verdict": "drop"}]
    status, found = browser.send("/decide", id="1", decisions=wanted)
    assert (status, found["what"]) == (503, "file")
    assert str(path) in found["problem"]
    path.rmdir()
    assert browser.change("/decide", id="1", decisions=wanted)["done"]
    assert queue(page) == list(POSTS[1:])


def test_a_damaged_journal_is_named(page: Page) -> None:
    (page.data / ".botus" / "decisions.jsonl").write_text("{}\n{}\n")
    status, found = page.browser().send("/review")
    assert (status, found["what"]) == (503, "file")
    assert "decisions.jsonl, line 1" in found["problem"]
    assert any("decisions.jsonl" in said for said in page.said)


def test_nothing_of_a_review_that_is_let_go_stays_in_memory(page: Page) -> None:
    browser = page.browser()
    browser.begin()
    browser.decide(FIRST, "keep")
    page.clock.now += 1
    gc.disable()
    try:
        page.reviewing._work()
        session = page.reviewing._session
        assert session
        gone = [weakref.ref(session), weakref.ref(session._learner)]
        del session
        page.reviewing._let_go()
        assert [one() for one in gone] == [None, None]
    finally:
        gc.enable()


def test_one_browser_reviews_the_answers_while_another_changes_the_queue(tmp_path: Path) -> None:
    with opened(tmp_path / "data") as page:
        (page.data / "answers.txt").write_text("ask the fog\nask the bell\n")
        sofa, desk = page.browser(), page.browser("desk")
        view = sofa.begin(file="answers.txt")
        assert (view["file"], {one["text"] for one in view["cards"]}) == (
            "answers.txt",
            {"ask the fog", "ask the bell"},
        )
        assert desk.send("/review", file="answers.txt")[0] == 409
        desk.change("/queue/remove", post=fingerprint(POSTS[0]))
        done = sofa.decide(fingerprint("ask the fog"), "drop", file="answers.txt")
        assert done["done"]
        assert (page.data / "answers.txt").read_text() == "ask the bell\n"
        assert (page.data / "tweets.txt").read_text().splitlines() == [*POSTS[1:]]
        assert sofa.decide(fingerprint(POSTS[1]), "keep")["view"]["file"] == "tweets.txt"
        assert len(journal(page.data)) >= 2
