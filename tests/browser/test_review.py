"""A review on the page, with all that can go wrong on the way: nothing is lost, nothing happens twice."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.browser.conftest import Visit
from tests.browser.journal import Model, journal, sentences
from tests.browser.visiting import CHROMIUM, DESK, PHONE, QUIET, Served, settled

pytestmark = pytest.mark.browser
KEYS = {"keep": "k", "drop": "d", "later": " ", "star": "s", "undo": "u"}
KINDS = ("drop", "drop", "drop", "keep", "later", "star")


def touch(page: Any, what: str) -> None:  # noqa: ANN401
    box = page.locator(f"#card-actions [data-act={what}]").bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def key(page: Any, what: str) -> None:  # noqa: ANN401
    page.keyboard.press(KEYS[what])


@pytest.mark.parametrize(("kind", "act"), [(PHONE, touch), (DESK, key)], ids=["touch", "keys"])
def test_two_hundred_cards_with_a_kill_and_without_a_network(
    visit: Visit, served: Served, kind: dict[str, Any], act: Callable[[Any, str], None]
) -> None:
    posts, rng = sentences(240), Random(17)
    served.fill(posts)
    served.start()
    page, model = visit(**kind), Model(posts)
    happens = {
        60: lambda: (settled(page), served.kill()),
        72: served.start,
        120: lambda: (settled(page), page.context.set_offline(True)),
        132: lambda: page.context.set_offline(False),
    }
    for number in range(200):
        happens.get(number, lambda: None)()
        page.wait_for_selector("#card:not([hidden])")  # all twenty may be decided already
        text = page.text_content("#text")
        verdict = rng.choice(KINDS)
        model.decide(verdict, text)
        act(page, verdict)
        if number % 20 in (3, 4):
            act(page, "undo")
            assert page.text_content("#text") == model.undo()
    settled(page)
    assert journal(served.data) == model.written
    assert served.lines() == model.queue
    page.reload()
    page.wait_for_selector("#card:not([hidden])")
    while model.steps:
        act(page, "undo")
        page.wait_for_selector(f"#text >> text={json.dumps(model.undo())}")
    settled(page)
    assert journal(served.data) == model.written
    assert served.lines() == posts


def test_what_waits_outlives_the_browser(playwright: Any, served: Served, tmp_path: Path) -> None:  # noqa: ANN401
    posts, profile = sentences(30), tmp_path / "profile"
    served.fill(posts)
    served.start()
    model = Model(posts)

    def browser() -> Any:  # noqa: ANN401
        return playwright.chromium.launch_persistent_context(
            str(profile), executable_path=CHROMIUM, args=QUIET, **PHONE
        )

    first = browser()
    first.pages[0].goto(served.login)
    first.pages[0].wait_for_selector("#card:not([hidden])")
    first.close()  # now the login is in its profile
    second = browser()
    page = second.pages[0]
    page.goto(served.address)
    page.wait_for_selector("#card:not([hidden])")
    second.set_offline(True)
    for verdict in ("drop", "keep", "drop", "star", "later", "drop"):
        model.decide(verdict, page.text_content("#text"))
        touch(page, verdict)
    page.wait_for_selector("#connection:not([hidden]) >> text=6 changes wait")
    kill_browser(profile)
    with suppress(Exception):
        second.close()
    third = browser()
    page = third.pages[0]
    page.goto(served.address)
    page.wait_for_selector("#card:not([hidden])")
    settled(page)
    assert journal(served.data) == model.written
    assert served.lines() == model.queue
    third.close()


def kill_browser(profile: Path) -> None:
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"--user-data-dir={profile}".encode() in (process / "cmdline").read_bytes():
                os.kill(int(process.name), signal.SIGKILL)


def test_two_tabs_send_nothing_twice_and_a_closed_one_leaves_its_work(visit: Visit, served: Served) -> None:
    posts = sentences(30)
    served.fill(posts)
    served.start()
    one, model = visit(**DESK), Model(posts)
    two = one.context.new_page()
    two.goto(served.address)
    two.wait_for_selector("#card:not([hidden])")
    served.kill()
    for page, verdict in ((one, "drop"), (two, "keep"), (two, "keep"), (two, "drop")):
        model.decide(verdict, page.text_content("#text"))
        key(page, verdict)
    one.wait_for_selector("text=One change waits")
    two.wait_for_selector("text=3 changes wait")
    two.close()
    served.start()
    settled(one)
    three = one.context.new_page()
    three.goto(served.address)
    settled(three)
    written = journal(served.data)
    # Both tabs decided the first card: what came later is not decided, and said.
    assert written == [model.written[0], *model.written[2:]]
    assert served.lines() == [
        post for post in posts if post not in (model.written[0][1], model.written[3][1])
    ]


def test_one_person_reviews_at_a_time_and_may_take_over(visit: Visit, served: Served) -> None:
    served.fill(sentences(12))
    served.start()
    phone = visit(**PHONE)
    served.login = served.invite()
    desk = visit(**DESK)
    assert "another device" in desk.text_content("#panel")
    desk.click("text=Review here")
    desk.wait_for_selector("#card:not([hidden])")
    touch(phone, "drop")
    phone.wait_for_selector("#panel >> text=Review here")
    key(desk, "keep")
    settled(desk)
    phone.tap("text=Review here")
    phone.wait_for_selector("#card:not([hidden])")
    settled(phone)
    assert [kind for kind, _ in journal(served.data)] == ["keep"]
    assert "Not decided" in phone.text_content("#notice")
    touch(phone, "drop")
    settled(phone)
    assert [kind for kind, _ in journal(served.data)] == ["keep", "drop"]
    desk.keyboard.press("d")
    desk.click("text=Review here")
    settled(desk)
    key(desk, "star")
    settled(desk)
    phone.tap("#card-actions [data-act=undo]")
    phone.tap("text=Review here")
    settled(phone)
    starred = [text for kind, text in journal(served.data) if kind == "star"]
    phone.wait_for_selector(f"#text >> text={json.dumps(starred[0])}")
    assert "Taken back: starred" in phone.text_content("#notice")


def test_a_card_that_is_gone_is_said_and_its_undo_takes_back_nothing_else(
    visit: Visit, served: Served
) -> None:
    served.fill(posts := sentences(12))
    served.start()
    page = visit(**PHONE)
    touch(page, "keep")
    settled(page)
    gone = page.text_content("#text")
    page.context.set_offline(True)
    touch(page, "drop")
    touch(page, "undo")
    served.fill([post for post in posts if post != gone])
    page.context.set_offline(False)
    settled(page)
    assert "no longer in tweets.txt" in page.text_content("#notice")
    assert [kind for kind, _ in journal(served.data)] == ["keep"]


def test_an_answer_that_is_lost_makes_no_second_decision(visit: Visit, served: Served) -> None:
    served.fill(sentences(12))
    served.start()
    page = visit(**PHONE)

    def lose(route: Any) -> None:  # noqa: ANN401
        route.fetch()
        route.abort()

    texts = []
    for path in ("decide", "decide", "undo"):
        texts.append(page.text_content("#text"))
        page.route(f"**/{path}", lose, times=1)
        touch(page, "drop" if path == "decide" else "undo")
        settled(page)
    assert journal(served.data) == [("drop", texts[0]), ("drop", texts[1]), ("undo", f"drop {texts[1]}")]


def test_logged_out_keeps_what_waits(visit: Visit, served: Served) -> None:
    served.fill(sentences(12))
    served.start()
    page = visit(**PHONE)
    page.context.clear_cookies()
    touch(page, "drop")
    page.wait_for_selector("#connection.login >> text=botus web --login")
    page.goto(served.invite())
    page.wait_for_selector("#card:not([hidden])")
    settled(page)
    assert [kind for kind, _ in journal(served.data)] == ["drop"]


def test_what_waits_for_a_bot_is_not_for_another_one_at_its_address(visit: Visit, served: Served) -> None:
    posts = sentences(24)
    served.fill(posts[:12])
    served.start()
    page = visit(**DESK)
    served.kill()
    key(page, "drop")
    key(page, "undo")
    key(page, "keep")
    page.wait_for_selector("#connection >> text=3 changes wait here")
    first, served.data = served.data, served.data.with_name("another")
    served.fill(posts[12:])
    served.start()
    other = page.context.new_page()
    other.goto(served.login)
    other.wait_for_selector("#card:not([hidden])")
    key(other, "star")
    settled(other)
    page.click("#connection-retry")
    page.wait_for_selector("#connection >> text=Another bot answers")
    assert [kind for kind, _ in journal(served.data)] == ["star"]
    served.kill()
    served.data = first
    served.start()
    page.click("#connection-retry")
    settled(page)
    assert [kind for kind, _ in journal(first)] == ["drop", "undo", "keep"]


@pytest.mark.parametrize("status", [403, 404, 429, 500])
def test_whatever_is_answered_in_the_place_of_botus_what_waits_goes_out_later(
    visit: Visit, served: Served, status: int
) -> None:
    served.fill(sentences(12))
    served.start()
    page = visit(**DESK)
    page.route("**/decide", lambda route: route.fulfill(status=status, body="<h1>Closed</h1>"))
    key(page, "drop")
    page.wait_for_selector("#connection >> text=One change waits here")
    page.unroute("**/decide")
    page.click("#connection-retry")
    settled(page)
    assert [kind for kind, _ in journal(served.data)] == ["drop"]


FULL = """IDBObjectStore.prototype.put = function () { this.transaction.abort(); }"""
BLOCKED = """for (const name of ["indexedDB", "localStorage"])
  Object.defineProperty(window, name, { get() { throw new DOMException("no", "SecurityError"); } });"""


@pytest.mark.parametrize("storage", [FULL, BLOCKED], ids=["full", "blocked"])
def test_a_browser_that_keeps_nothing_says_so_and_sends_everything(
    visit: Visit, served: Served, storage: str
) -> None:
    served.fill(sentences(12))
    served.start()
    page = visit(**DESK)
    page.add_init_script(storage)
    page.reload()
    if storage == BLOCKED:  # after a reload it is a stranger
        page.click("#panel >> text=Review here")
    page.wait_for_selector("#card:not([hidden])")
    page.context.set_offline(True)
    key(page, "keep")
    key(page, "drop")
    page.wait_for_selector("#connection >> text=2 changes wait in this tab, which has to stay open")
    page.context.set_offline(False)
    settled(page)
    assert [kind for kind, _ in journal(served.data)] == ["keep", "drop"]
    page.click("nav >> text=Queue")
    page.click("text=Remove >> nth=0")
    page.wait_for_selector("text=Removed from the queue")
    page.click("nav >> text=Review")
    page.wait_for_selector("#card:not([hidden])")


def test_the_list_decides_a_page_at_once(visit: Visit, served: Served) -> None:
    posts = sentences(40)
    served.fill(posts)
    served.start()
    page = visit(**DESK)
    page.keyboard.press("Tab")
    page.wait_for_selector("#list li:nth-child(10)")
    texts = page.locator("#list .post").all_text_contents()
    page.keyboard.press("2")
    page.keyboard.press("0")
    page.keyboard.press("0")
    assert page.text_content("[data-act=page-drop] span") == "Keep 2, drop 8"
    page.keyboard.press("d")
    settled(page)
    kinds = dict(reversed(one) for one in journal_of_page(served))
    assert [kinds[post] for post in texts] == [*["drop", "keep"], *["drop"] * 7, "star"]
    page.keyboard.press("u")
    settled(page)
    assert served.lines() == posts
    assert page.get_attribute("#list li:nth-child(10) button", "class") == "entry star"


def test_a_line_goes_to_the_answers_by_key_by_the_sheet_and_by_the_page(visit: Visit, served: Served) -> None:
    posts = sentences(13)
    served.fill(posts)
    served.start()
    page = visit(**DESK)
    first = page.text_content("#text")
    page.keyboard.press("a")
    page.wait_for_selector("#recent >> text=» for answers")
    second = page.text_content("#text")
    page.click("#open-menu")
    page.click("[data-act=answer]")
    settled(page)
    assert served.answers() == [first, second]
    page.keyboard.press("u")
    settled(page)
    assert (served.answers(), second in served.lines()) == ([first], True)
    page.keyboard.press("Tab")
    page.wait_for_selector("#list li:nth-child(10)")
    page.keyboard.press("1")
    assert page.text_content("[data-act=page-answer] span") == "Keep 1, 9 for answers"
    page.keyboard.press("a")
    settled(page)
    assert len(served.answers()) == 10
    assert sorted([*served.lines(), *served.answers()]) == sorted(posts)


def journal_of_page(served: Served) -> list[tuple[str, str]]:
    records = map(json.loads, (served.data / ".botus" / "decisions.jsonl").read_text().splitlines())
    return [(one["kind"], one["text"]) for one in records if "step" in one]


def test_a_reworded_post_is_still_to_be_decided(visit: Visit, served: Served) -> None:
    served.fill(posts := sentences(12))
    served.start()
    page = visit(**PHONE)
    first = page.text_content("#text")
    other = next(post for post in posts if post != first)
    for text, notice in ((other, "already"), ("A kettle of one's own", "")):
        touch(page, "edit")
        page.fill("#wording", text)
        page.tap("[data-act=save-edit]")
        settled(page)
        if notice:
            assert notice in page.text_content("#wording-note")
            assert page.input_value("#wording") == text
            page.tap("[data-act=cancel-edit]")
    assert page.text_content("#text") == "A kettle of one's own"
    touch(page, "keep")
    settled(page)
    assert served.lines() == [post if post != first else "A kettle of one's own" for post in posts]


def test_what_is_held_and_what_was_searched_for_is_seen(visit: Visit, served: Served) -> None:
    served.fill(["the bell", "@keeper the oil is low", "a quiet Lamp"])
    served.start()
    page = visit(**PHONE | {"viewport": {"width": 320, "height": 568}})
    assert page.evaluate("document.scrollingElement.scrollWidth") == 320
    page.tap("#open-menu")
    page.tap("#filters >> text=flagged or held")
    page.wait_for_selector("#facts >> text=Held until kept: mentions somebody: '@keeper'")
    touch(page, "keep")
    page.wait_for_selector("#notice >> text=Now free to be posted (mentions somebody: '@keeper')")
    page.tap("#open-menu")
    page.fill("#search", "LAMP")
    page.press("#search", "Enter")
    page.wait_for_selector("#text mark")
    assert page.text_content("#text mark") == "Lamp"
    page.goto(f"{served.address}/#queue")
    page.fill("#queue-search", "OIL  is")
    page.wait_for_selector("#queue-lines mark")
    assert page.text_content("#queue-lines mark") == "oil is"


def test_the_lines_to_answer_with_are_reviewed_and_the_queue_again(visit: Visit, served: Served) -> None:
    served.fill(posts := sentences(3))
    (served.data / "answers.txt").write_text("ask the fog\n")
    served.start()
    page = visit(**PHONE)
    first = page.text_content("#text")
    page.tap("#open-menu")
    page.tap("text=Review answers.txt")
    page.wait_for_selector("#text >> text=ask the fog")
    touch(page, "drop")
    page.wait_for_selector("#panel >> text=New answers come with botus generate --answers")
    settled(page)
    assert (served.answers(), served.lines()) == ([], posts)
    page.tap("#progress-words >> text=answers ×")
    page.wait_for_selector(f"#text >> text={json.dumps(first)}")
    touch(page, "drop")
    settled(page)
    assert served.lines() == [post for post in posts if post != first]
