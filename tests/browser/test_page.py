"""What a page of posts must be, whatever is in them: text that fits, that runs nothing, that all can use."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Visit
from tests.browser.journal import journal, sentences
from tests.browser.visiting import DESK, PHONE, Served, settled

pytestmark = pytest.mark.browser
HOSTILE = (
    "<script>window.hit = 1</script><img src=x onerror='window.hit = 1'>",
    "<style>* { display: none }</style><a href='javascript:window.hit = 1'>tea</a>",
    "</p></article><iframe srcdoc='<script>parent.hit = 1</script>'></iframe>",
    "The kettle \u202eturns round\u202c and \x1b[2J clears the \x07 screen \u200b",
    "الغلاية تغني قبل الفجر",
    "Z\u0334\u0335\u0336\u0337\u0338" + "\u0300\u0301\u0302\u0303" * 40 + " climbs the lighthouse",
)
LONG = " ".join(sentences(150))


def place(page: Any, selector: str) -> dict[str, float]:  # noqa: ANN401
    found: dict[str, float] = page.locator(selector).bounding_box()
    return found


def test_a_post_is_text_and_nothing_else(visit: Visit, served: Served) -> None:
    served.fill([*HOSTILE])
    served.start()
    page = visit(**PHONE)
    page.tap("#open-list")
    page.wait_for_selector("#list li:nth-child(2)")
    page.tap("#open-list")
    found = set()
    for _ in HOSTILE:
        page.wait_for_selector("#card:not([hidden])")
        found.add(page.text_content("#text"))
        if page.text_content("#text") == HOSTILE[4]:
            assert page.evaluate("getComputedStyle(document.getElementById('text')).direction") == "rtl"
        assert page.evaluate("window.hit") is None
        assert page.locator("iframe, img, .post a, .post style, .post script").count() == 0
        page.tap("#card-actions [data-act=keep]")
    settled(page)
    signs = "The kettle ‹U+202E›turns round‹U+202C› and ␛[2J clears the ␇ screen ‹U+200B›"
    assert found == {*HOSTILE[:3], signs, *HOSTILE[4:]}
    assert {text for _, text in journal(served.data)} == set(HOSTILE)


def test_a_new_login_is_taken_in_the_tab_of_an_old_one(chromium: Any, served: Served) -> None:  # noqa: ANN401
    served.fill(["Tea."])
    served.start()
    page = chromium.new_context(**PHONE).new_page()
    page.goto(f"{served.address}/login#old")
    page.wait_for_selector("text=botus web --login")
    page.evaluate("(there) => { location.href = there }", served.login)
    page.wait_for_url(f"{served.address}/")
    page.context.close()


@pytest.mark.parametrize("post", ["Tea.", sentences(1)[0] * 6, LONG, "x" * 900, "word\\n" * 60])
def test_a_card_fits_the_smallest_phone_and_every_button_a_thumb(
    visit: Visit, served: Served, post: str
) -> None:
    served.fill([post])
    served.start()
    page = visit(**PHONE)
    page.tap("#card-actions [data-act=later]")
    settled(page)
    page.tap("#card-actions [data-act=undo]")
    settled(page)
    size = page.evaluate("[document.scrollingElement.scrollWidth, document.scrollingElement.scrollHeight]")
    assert size == [360, 640]
    for button in page.locator("#card-actions button, nav a, .icon").all():
        box = button.bounding_box()
        assert box["width"] >= 44
        assert box["height"] >= 44
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 640
    box, facts = place(page, "#text-box"), place(page, "#facts")
    assert box["y"] + box["height"] <= facts["y"] + 1
    assert facts["y"] + facts["height"] <= place(page, "#card-actions")["y"]
    hidden = page.evaluate("(b => b.scrollHeight - b.clientHeight)(document.getElementById('text-box'))")
    assert hidden == 0 or len(post) > 280
    if post == LONG:
        page.evaluate("document.getElementById('text-box').scrollTo(0, 1e6)")
        assert page.evaluate("document.getElementById('text-box').scrollTop") == hidden > 0


def push(page: Any, steps: list[tuple[float, float]], end: str = "touchEnd") -> None:  # noqa: ANN401
    """Move a finger over the page."""
    session = page.context.new_cdp_session(page)
    for number, (x, y) in enumerate(steps):
        kind = "touchMove" if number else "touchStart"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    if end:
        session.send("Input.dispatchTouchEvent", {"type": end, "touchPoints": []})
    session.detach()


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_a_card_is_pushed_to_decide_and_back_to_cancel(visit: Visit, served: Served, motion: str) -> None:
    served.fill(sentences(12))
    served.start()
    page = visit(**PHONE, reduced_motion=motion)
    first = page.text_content("#text")
    across = [(180.0 + 12 * step, 200.0) for step in range(14)]
    back = [(360.0 - x, y) for x, y in across]
    push(page, across, end="")
    assert page.get_attribute("#card", "data-way") == "keep"
    assert "armed" in page.get_attribute("#card", "class")
    assert page.is_visible(".hint-keep")
    push(page, [*across, *across[::-1]])  # pushed back
    push(page, [(180.0, 300.0 - 8 * step) for step in range(14)])  # up
    assert page.text_content("#text") == first
    push(page, across)
    second = page.text_content("#text")
    push(page, back)
    settled(page)
    assert journal(served.data) == [("keep", first), ("drop", second)]


def test_a_card_that_changes_beneath_a_finger_is_not_decided(visit: Visit, served: Served) -> None:
    served.fill(sentences(12))
    served.start()
    page = visit(**PHONE)
    first = page.text_content("#text")
    box = place(page, "#card-actions [data-act=drop]")
    finger = page.context.new_cdp_session(page)
    point = {"x": box["x"] + 20, "y": box["y"] + 20}
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    page.keyboard.press("k")
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_selector("#notice >> text=nothing was decided", state="attached")
    settled(page)
    assert journal(served.data) == [("keep", first)]


def test_a_long_post_is_scrolled_with_a_finger(visit: Visit, served: Served) -> None:
    served.fill([LONG])
    served.start()
    page = visit(**PHONE)
    push(page, [(180.0, 260.0 - 10 * step) for step in range(16)])
    page.wait_for_function("() => document.getElementById('text-box').scrollTop > 20")
    assert not (served.data / ".botus" / "decisions.jsonl").exists()


def test_nobody_decides_in_the_list_on_what_is_cut_off(visit: Visit, served: Served) -> None:
    posts = [f"{post} {post} {number}" for number, post in enumerate(sentences(20))]
    served.fill(posts)
    served.start()
    page = visit(**PHONE)
    page.tap("#open-list")
    page.wait_for_selector("#list li:nth-child(3)")
    list_box = place(page, "#list")
    entries = page.locator("#list li").all()
    assert len(entries) < 10
    for entry in entries:
        box = entry.bounding_box()
        assert box["y"] + box["height"] <= list_box["y"] + list_box["height"]
        assert entry.locator(".post").text_content() in posts
    assert page.text_content("[data-act=page-drop] span") == f"Drop all {len(entries)}"


def test_search_filter_order_and_everything_alike(visit: Visit, served: Served) -> None:
    posts = [
        *sentences(9),
        "A teapot on a pilot boat, one",
        "A teapot on a pilot boat, two",
        "Only fog today",
    ]
    served.fill(posts)
    served.start()
    page = visit(**DESK)
    page.keyboard.press("/")
    page.keyboard.type("teapot")
    page.keyboard.press("Enter")
    page.wait_for_selector("#notice >> text=of 2 with 'teapot'", state="attached")
    page.wait_for_selector("#text >> text=teapot")  # as the first card may have been
    other = "two" if page.text_content("#text").endswith("one") else "one"
    page.keyboard.press("n")
    page.wait_for_selector(f"#text >> text=boat, {other}")
    page.keyboard.press("m")
    page.wait_for_selector("#list li:nth-child(2)")
    assert page.locator("#list li").count() == 2
    page.keyboard.press("1")
    dropped = page.text_content("#list li:nth-child(2) .post")
    page.keyboard.press("d")
    settled(page)
    assert sorted(kind for kind, _ in kinds(served)) == ["drop", "keep"]
    page.wait_for_selector("#card:not([hidden])")
    page.keyboard.press("f")
    page.keyboard.press("k")
    page.wait_for_selector(".filtered >> text=kept")
    assert page.text_content("#text") == next(post for post in posts if "teapot" in post and post != dropped)
    page.keyboard.press("f")
    page.keyboard.press("d")
    page.wait_for_selector(".filtered >> text=dropped")
    assert page.text_content("#text") == dropped
    page.keyboard.press("k")
    page.wait_for_selector("#notice >> text=last one that the filter found", state="attached")
    assert served.lines() == posts
    page.keyboard.press("f")
    page.keyboard.press("u")
    page.wait_for_selector("#notice >> text=Everything that is undecided", state="attached")
    page.keyboard.press("o")
    page.keyboard.press("n")
    page.wait_for_selector("#notice >> text=newest first", state="attached")
    page.keyboard.press(" ")
    settled(page)
    page.keyboard.press("ArrowUp")
    page.wait_for_selector("#card .badge")


def kinds(served: Served) -> list[tuple[str, str]]:
    records = map(json.loads, (served.data / ".botus" / "decisions.jsonl").read_text().splitlines())
    return [(one["kind"], one["text"]) for one in records if "step" in one]


def test_a_space_does_not_press_a_button_again_and_shift_tab_reaches_the_buttons(
    visit: Visit, served: Served
) -> None:
    served.fill(sentences(12))
    served.start()
    page = visit(**DESK)
    first = page.text_content("#text")
    page.click("#card-actions [data-act=drop]")
    second = page.text_content("#text")
    page.keyboard.press("Space")
    settled(page)
    assert kinds(served) == [("drop", first), ("later", second)]
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.id") == "open-menu"
    page.keyboard.press("Tab")
    assert page.is_visible("#card")
    page.keyboard.press("?")
    page.wait_for_selector("#help[open] >> text=back to the very first")


@pytest.mark.parametrize(("kind", "scheme"), [(PHONE, "light"), (DESK, "dark"), (PHONE, "dark")])
def test_axe_finds_nothing_serious(visit: Visit, served: Served, kind: dict[str, Any], scheme: str) -> None:
    served.fill([LONG, *sentences(12)])
    served.start()
    page = visit(**kind, color_scheme=scheme)
    page.keyboard.press("/")
    page.keyboard.type("note 149")
    page.keyboard.press("Enter")
    page.wait_for_selector("#text-box[tabindex]")
    check(page)
    page.keyboard.press("d")
    settled(page)
    page.keyboard.press("u")
    settled(page)
    check(page)
    page.keyboard.press("d")
    page.keyboard.press("Tab")
    page.wait_for_selector("#list li:nth-child(2)")
    page.keyboard.press("1")
    page.keyboard.press("2")
    page.keyboard.press("2")
    check(page)
    page.keyboard.press("Tab")
    page.keyboard.press("e")
    check(page)
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    check(page)
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    check(page)
    page.keyboard.press("Escape")
    for tab in ("queue", "posts", "state"):
        page.click(f"nav a[href='#{tab}']")
        page.wait_for_selector(f"#{tab} h1")
        check(page)
    page.context.set_offline(True)
    page.click("nav a[href='#review']")
    page.keyboard.press("k")
    page.wait_for_selector("#connection:not([hidden])")
    check(page)
    page.context.set_offline(False)
    settled(page)
    page.context.clear_cookies()
    page.goto(served.address)
    page.wait_for_selector("h1")
    check(page)
    page.goto(f"{served.address}/login#no-such-token")
    page.wait_for_selector("text=botus web --login")
    check(page)


def check(page: Any) -> None:  # noqa: ANN401
    """Fail on what axe-core, in the folder AXE, finds serious."""
    source = Path(os.environ["AXE"]) / "node_modules" / "axe-core" / "axe.min.js"
    page.evaluate("document.getAnimations().forEach((one) => one.finish())")
    page.evaluate(source.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    bad = [one for one in found["violations"] if one["impact"] in ("serious", "critical")]
    assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in bad] == []
