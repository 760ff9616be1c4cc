"""The queue, the posts and the state on the page, as a phone and as a desk see them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from botus.review.session import open_session
from botus.store.intents import Delivery, Intent, Intents
from botus.text import fingerprint
from tests.browser.conftest import Visit
from tests.browser.journal import journal, sentences
from tests.browser.test_page import HOSTILE, check
from tests.browser.visiting import DESK, PHONE, Served
from tests.support.command import until
from tests.support.servers import MastodonServer

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("kind", [PHONE, DESK], ids=["phone", "desk"])]


@pytest.fixture
def server(served: Served) -> Iterator[MastodonServer]:
    with MastodonServer() as found:
        served.settings |= {"MASTODON_BASE_URL": found.url, "MASTODON_ACCESS_TOKEN": found.token}
        yield found


def tab(page: Any, name: str) -> Any:  # noqa: ANN401
    page.click(f"nav a[href='#{name}']")
    page.wait_for_selector(f"#{name} h1")
    return page


def line(page: Any, post: str) -> Any:  # noqa: ANN401
    return page.locator(f"[data-post='{fingerprint(post)}']")


def said(page: Any, words: str) -> None:  # noqa: ANN401
    page.wait_for_selector(f"#notice.there >> text={words}")


def texts(page: Any) -> list[str]:  # noqa: ANN401
    found: list[str] = page.locator("#queue-lines .post").all_text_contents()
    return found


def test_a_line_is_found_edited_removed_and_comes_back(
    visit: Visit, served: Served, kind: dict[str, Any]
) -> None:
    posts = [*sentences(120), "A teapot, alone"]
    served.fill(posts)
    served.start()
    page = tab(visit(**kind), "queue")
    page.wait_for_selector("#queue-lines li:nth-child(50)")
    assert texts(page) == posts[:50]
    page.click(".more")
    page.wait_for_selector("#queue-lines li:nth-child(100)")
    page.fill("#queue-search", "TEAPOT,  alone")
    page.wait_for_selector("#queue-count:text-is('1 line')")
    assert texts(page) == ["A teapot, alone"]
    line(page, "A teapot, alone").get_by_text("Edit").click()
    check(page)
    page.fill(".editing textarea", posts[0])
    page.click(".editing >> text=Save")
    said(page, "in the queue already")
    assert page.input_value(".editing textarea") == posts[0]
    page.fill(".editing textarea", "A teapot, alone\nand proud")
    page.click(".editing >> text=Save")
    line(page, "A teapot, alone\nand proud").wait_for()
    assert served.lines()[-1] == "A teapot, alone\\nand proud"
    line(page, "A teapot, alone\nand proud").get_by_text("Remove").click()
    page.wait_for_selector("#queue-count >> text=No line has this")
    assert served.lines() == posts[:-1]
    page.click("#notice >> text=Undo")
    line(page, "A teapot, alone\nand proud").wait_for()
    assert [verdict for verdict, _ in journal(served.data)] == ["edit", "drop", "undo"]
    assert served.lines()[-1] == "A teapot, alone\\nand proud"


def test_a_post_is_added_and_kept(visit: Visit, served: Served, kind: dict[str, Any]) -> None:
    served.fill(["A lamp"])
    served.start()
    page = tab(visit(**kind), "queue")
    line(page, "A lamp").get_by_text("Remove").click()
    page.wait_for_selector("#queue-count >> text=The queue is empty")
    page.click("text=Add a post")
    check(page)
    page.fill("#queue-text", "@everyone, the kettle")
    page.click("text=Add to the queue")
    line(page, "@everyone, the kettle").get_by_text("Held").wait_for()
    assert line(page, "@everyone, the kettle").get_by_text("Post now").count() == 0
    line(page, "@everyone, the kettle").get_by_text("Keep").click()
    line(page, "@everyone, the kettle").get_by_text("Kept", exact=True).wait_for()
    assert page.evaluate("document.scrollingElement.scrollWidth") == kind["viewport"]["width"]
    page.click("nav a[href='#review']")
    page.wait_for_selector("#panel >> text=1 post is kept")


def test_this_one_is_posted_now(
    visit: Visit, served: Served, server: MastodonServer, kind: dict[str, Any]
) -> None:
    served.fill(posts := sentences(5))
    served.start()
    page = tab(visit(**kind), "queue")
    line(page, posts[3]).get_by_text("Post now").click()
    line(page, posts[3]).get_by_text("Not now").click()
    line(page, posts[3]).get_by_text("Post now").click()
    server.guard.acquire()  # it answers nothing for a while
    line(page, posts[3]).get_by_text("Post it now").click()
    line(page, posts[3]).get_by_text("Being posted").wait_for()
    with page.expect_request("**/queue/post"):  # it asks for what became of it
        pass
    server.guard.release()
    link = line(page, posts[3]).locator("a")
    link.wait_for()
    assert server.texts == [posts[3]]
    assert link.get_attribute("href") == f"{server.url}/@kettle/{server.posts[0].id}"
    assert link.get_attribute("rel") == "noopener noreferrer"
    assert served.lines() == [*posts[:3], posts[4]]
    check(page)
    served.fill(posts)  # somebody puts it back
    page.reload()
    line(page, posts[3]).get_by_text("Posted before").wait_for()
    assert line(page, posts[3]).get_by_text("Post now").count() == 0
    tab(page, "posts")
    page.wait_for_selector(f"#posts-list >> text={posts[3]}")
    assert page.locator("#posts-list a").count() == 1


def test_a_line_that_somebody_posted_meanwhile_is_said(
    visit: Visit, served: Served, server: MastodonServer, kind: dict[str, Any]
) -> None:
    served.fill(posts := sentences(3))
    served.start()
    page = tab(visit(**kind), "queue")
    line(page, posts[1]).get_by_text("Post now").click()
    served.fill([posts[0], posts[2]])
    line(page, posts[1]).get_by_text("Post it now").click()
    said(page, "there is no post")
    line(page, posts[0]).get_by_text("Post now").click()
    (served.data / "denylist.txt").write_text("kettle\n")
    line(page, posts[0]).get_by_text("Post it now").click()
    said(page, "on the denylist")
    assert server.texts == []


def test_a_terminal_is_asked_for_the_queue(visit: Visit, served: Served, kind: dict[str, Any]) -> None:
    served.fill(posts := sentences(5))
    served.start()
    with open_session(served.data) as terminal:
        page = tab(visit(**kind), "queue")
        line(page, posts[1]).get_by_text("Remove").click()
        said(page, "Somebody reviews in a terminal now")
        assert served.lines() == posts
        page.click("#notice >> text=Take over")
        until(terminal.is_wanted)
    said(page, "Removed")
    assert served.lines() == [posts[0], *posts[2:]]


def test_what_needs_a_person_has_buttons(visit: Visit, served: Served, kind: dict[str, Any]) -> None:
    served.fill(posts := sentences(3))
    for number, post in enumerate(posts[:2]):
        unknown = Delivery("unknown", error="timed out")
        one = Intent(fingerprint(post), post, post, 1000 + number, deliveries={"mastodon": unknown})
        Intents(served.data).claim(one)
        Intents(served.data).release(one)
    served.start()
    page = tab(visit(**kind), "posts")
    page.wait_for_selector("#attention li:nth-child(2)")
    check(page)
    page.click("#attention li:first-child [data-how=posted]")
    page.fill("#attention input:visible", "ftp://a.example")
    page.click("#attention .yes")
    said(page, "That is no web address")
    page.fill("#attention input:visible", "https://a.example/1")
    check(page)
    page.click("#attention .yes")
    said(page, "mastodon is now posted")
    page.wait_for_selector("#attention li:nth-child(2)", state="detached")
    page.click("#attention [data-how=give-up]")
    said(page, "mastodon is now rejected")
    page.wait_for_selector("#attention li", state="detached")
    opened = {one.text: one.deliveries["mastodon"] for one in Intents(served.data).open()}
    assert opened[posts[0]].url == "https://a.example/1"
    assert opened[posts[1]].state == "rejected"


def test_whatever_a_log_holds_is_text(visit: Visit, served: Served, kind: dict[str, Any]) -> None:
    served.fill([*HOSTILE, *sentences(3)])
    parts = {
        "<b>one</b>": {"state": "posted", "url": "javascript:window.hit = 1"},
        "two": {"state": "<script>window.hit = 1</script>", "url": "https://a.example/<i>"},
        "three": {"state": "rejected", "error": "<img src=x onerror='window.hit = 1'>"},
    }
    entries = [{"text": post, "timestamp": 1.7e12, "id": "abcd", "targets": parts} for post in HOSTILE]
    (served.data / "tweeted.json").write_text(json.dumps(entries))
    served.start()
    page = tab(visit(**kind), "queue")
    page.wait_for_selector("#queue-lines li:nth-child(9)")
    tab(page, "posts")
    page.wait_for_selector("#posts-list li:nth-child(6)")
    tab(page, "state")
    page.wait_for_selector("figure")
    tab(page, "posts")
    page.wait_for_selector("#posts-list li:nth-child(6)")
    assert page.evaluate("window.hit") is None
    assert {one.get_attribute("href") for one in page.locator("#posts-list a").all()} == {
        "https://a.example/<i>"
    }
    assert page.locator("#posts img, #posts script, #posts .post i, #posts iframe, #posts style").count() == 0
    assert page.evaluate("document.scrollingElement.scrollWidth") == kind["viewport"]["width"]


def test_the_state_has_pictures_with_words(visit: Visit, served: Served, kind: dict[str, Any]) -> None:
    served.fill(sentences(30))
    served.start()
    page = tab(visit(**kind), "state")
    page.wait_for_selector("figure:nth-child(2)")
    pictures = page.locator(".bars").all()
    assert [one.locator("> title").text_content() for one in pictures] == [
        "Posts a day, the last thirty days",
        "How long the lines of the queue are, in characters",
    ]
    assert "41 to 60 characters" in pictures[1].get_attribute("aria-label")
    page.wait_for_selector("#state >> text=at 09:00 and 18:00 every day")
    page.wait_for_selector("#state >> text=30 ready")
    check(page)
    for button in page.locator("button:visible, nav a").all():
        assert button.bounding_box()["height"] >= 44


def test_a_damaged_log_is_said_and_the_rest_goes_on(
    visit: Visit, served: Served, kind: dict[str, Any]
) -> None:
    served.fill(posts := sentences(3))
    (served.data / "tweeted.json").write_text('[{"text": "tea"')
    served.start()
    page = tab(visit(**kind), "state")
    page.wait_for_selector("#state >> text=botus log repair")
    page.wait_for_selector("figure")
    tab(page, "posts")
    page.wait_for_selector("#attention >> text=botus log repair")
    tab(page, "queue")
    page.wait_for_selector("#queue-count >> text=botus log repair")
    assert texts(page) == posts
