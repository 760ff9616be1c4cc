"""The rest of the bot on the page: its queue, posting one line now, its posts, its state."""

from __future__ import annotations

import json
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from botus.review.session import open_session
from botus.store.candidates import Candidate, Candidates, Origin
from botus.store.durable import files
from botus.store.intents import Delivery, Intent, Intents
from botus.store.queue.tweets import Queue
from botus.text import fingerprint
from botus.web.bot import once
from tests.support.command import until
from tests.support.servers import MastodonServer
from tests.web.page import POSTS, Browser, Page, filled, journal, opened

FIRST, SECOND, THIRD, LAST = map(fingerprint, POSTS)


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with opened(tmp_path / "data") as found:
        yield found


@pytest.fixture
def server() -> Iterator[MastodonServer]:
    with MastodonServer() as found:
        yield found


def told(server: MastodonServer, **more: str) -> dict[str, str]:
    return {"MASTODON_BASE_URL": server.url, "MASTODON_ACCESS_TOKEN": server.token, **more}


@pytest.fixture
def live(tmp_path: Path, server: MastodonServer) -> Iterator[Page]:
    """A bot that posts to a Mastodon of its own."""
    with opened(tmp_path / "data", told(server)) as found:
        yield found


def asked(browser: Browser, path: str, **query: object) -> Any:  # noqa: ANN401
    found = browser.client.get(path, query_string={"client": browser.name, **query})
    assert found.status_code == 200, found.get_json()
    return found.get_json()


def lines(browser: Browser, **query: object) -> Any:  # noqa: ANN401
    return asked(browser, "/queue", **query)


def queue(page: Page) -> list[str]:
    return (page.data / "tweets.txt").read_text().splitlines()


def written(data: Path, *texts: str, flags: tuple[str, ...] = ()) -> None:
    """Note that botus wrote these."""
    group = [Candidate(text, number, 0.5, {}, -2.0, None, flags, ()) for number, text in enumerate(texts)]
    Candidates(data).append(Origin("run1", 1000, 0.9, 0, 0.9, "", 1), group, 1)


# The queue.


def test_lines_come_in_pages_with_what_becomes_of_each(page: Page) -> None:
    written(page.data, POSTS[1])
    written(page.data, POSTS[2], flags=("a name",))
    with (page.data / "tweets.txt").open("ab") as file:
        file.write(b"x" * 300 + b"\n\xff\n")
    found = lines(page.browser())
    assert [(one["line"], one["state"], one["ready"]) for one in found["lines"]] == [
        (1, "by hand", True),
        (2, "unreviewed", True),
        (3, "held", False),
        (4, "by hand", True),
        (5, "by hand", True),  # there are no targets that it would be too long for
        (6, "not UTF-8", False),
    ]
    assert found["lines"][2]["why"] == "flagged: a name"
    assert found["lines"][5]["text"] == "\\xff"
    assert (found["lines"][0]["post"], found["of"]) == (FIRST, 6)
    some = lines(page.browser(), **{"from": 1, "count": 2})
    assert ([one["text"] for one in some["lines"]], some["of"]) == (list(POSTS[1:3]), 6)


def test_a_search_finds_words_in_any_case_and_across_breaks(page: Page) -> None:
    posts = ("The Übermut\\nof gulls", "übermut OF\tterns", "nothing", "über mut of")
    filled(page.data, posts)
    browser = page.browser()
    assert [one["line"] for one in lines(browser, search="ÜBERMUT  of")["lines"]] == [1, 2]
    assert lines(browser, search="of gulls")["lines"][0]["text"] == "The Übermut\nof gulls"
    assert lines(browser, search="übermut", count=1)["of"] == 2
    assert [one["line"] for one in lines(browser, search="t", **{"from": 2})["lines"]] == [3, 4]
    assert lines(browser, search="gulls übermut")["of"] == 0  # no line goes on in the next one
    filled(page.data, ("gulls übermut",))
    assert lines(browser, search="gulls übermut")["of"] == 1


def test_an_unchanged_queue_is_not_read_again(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    browser, reads = page.browser(), list[object]()
    whole = Queue.lines
    monkeypatch.setattr(Queue, "lines", lambda *given: reads.append(given) or whole(*given))
    for letters in ("f", "fo", "fog", ""):
        lines(browser, search=letters)
    assert len(reads) == 1


def test_an_edit_a_keep_and_a_removal_are_steps_of_the_review_and_go_back(page: Page) -> None:
    browser = page.browser()
    browser.change("/queue/remove", post=SECOND, id="one")
    assert queue(page) == [POSTS[0], *POSTS[2:]]
    browser.change("/queue/edit", post=THIRD, text="fog once more", id="two")
    assert queue(page) == [POSTS[0], "fog once more", POSTS[3]]
    browser.change("/queue/keep", post=fingerprint("fog once more"), id="three")
    assert lines(browser)["lines"][1]["state"] == "kept"
    assert [one["kind"] for one in journal(page.data)] == ["drop", "edit", "keep"]
    status, problem = browser.send("/queue/undo", id="four", post="one")
    assert (status, problem["what"]) == (409, "stale")
    for number, earlier in enumerate(("three", "two", "one")):
        browser.change("/queue/undo", post=earlier, id=f"back {number}")
    assert queue(page) == list(POSTS)


def test_a_change_that_is_sent_again_is_the_same(page: Page) -> None:
    browser = page.browser()
    first = browser.change("/queue/edit", post=THIRD, text="fog once more", id="one")
    assert browser.change("/queue/edit", post=THIRD, text="fog once more", id="one") == first
    assert browser.send("/queue/remove", post=FIRST, id="one")[0] == 400
    page.reviewing.close()
    again = Page(page.data)
    assert again.browser().change("/queue/edit", post=THIRD, text="fog once more", id="one") == first
    again.reviewing.close()
    assert len([one for one in journal(page.data) if one["kind"] == "edit"]) == 1


def test_a_change_beside_a_review_leaves_its_card_and_its_undo_alone(page: Page) -> None:
    sofa, desk = page.browser("sofa"), page.browser("desk")
    first, *_, last = (card["post"] for card in sofa.begin()["cards"])
    sofa.decide(first, "keep")
    view = sofa.change("/look", look="back")
    assert view["cards"][0]["post"] == first
    desk.change("/queue/remove", post=last)
    view = asked(sofa, "/review")
    assert view["cards"][0]["post"] == first
    assert last not in [card["post"] for card in view["cards"]]
    assert sofa.change("/undo")["notice"] == "Taken back: dropped"
    assert queue(page) == list(POSTS)


def test_a_terminal_keeps_the_queue_until_somebody_takes_over(page: Page) -> None:
    browser = page.browser()
    with open_session(page.data):
        status, found = browser.send("/queue/remove", post=FIRST, id="one")
        assert (status, found["what"], found["holder"]) == (409, "busy", "another botus curate")
        assert lines(browser)["of"] == 4  # looking needs nobody's leave
    browser.change("/queue/remove", post=FIRST, id="two", take_over=True)
    assert queue(page) == list(POSTS[1:])


def test_a_line_that_was_used_or_dropped_before_is_only_taken_out(page: Page) -> None:
    browser = page.browser()
    browser.change("/queue/remove", post=FIRST)
    filled(page.data)
    browser.change("/queue/remove", post=FIRST)
    assert queue(page) == list(POSTS[1:])
    assert len(journal(page.data)) == 1
    filled(page.data)
    browser.change("/queue/keep", post=FIRST)  # it was dropped, and somebody put it back by hand
    assert queue(page) == list(POSTS)
    assert lines(browser)["lines"][0]["state"] == "kept"


@pytest.mark.parametrize(
    ("path", "fields", "says"),
    [
        ("/queue/remove", {"post": "0" * 32}, "no longer in tweets.txt"),
        ("/queue/edit", {"post": FIRST, "text": "  "}, "An empty post cannot be saved"),
        ("/queue/edit", {"post": FIRST, "text": POSTS[1]}, "in the queue already"),
        ("/queue/add", {"text": " \n"}, "nothing in it"),
        ("/queue/add", {"text": POSTS[3]}, "in the queue already"),
        ("/queue/post", {"post": "f" * 32}, "there is no post"),
        ("/resolve", {"post": "abcdef", "target": "x", "how": "posted"}, "there is no post abcdef"),
        ("/resolve", {"post": "ab", "target": "x", "how": "posted", "url": "javascript:1"}, "no web address"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(page: Page, path: str, fields: dict[str, str], says: str) -> None:
    status, problem = page.browser().send(path, id="one", **fields)
    assert status == 409
    assert says in problem["problem"]
    assert queue(page) == list(POSTS)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/queue/post", {"post": "../../etc"}),
        ("/queue/remove", {}),
        ("/resolve", {"post": "abcd", "target": "x", "how": "sell"}),
        ("/queue/edit", {"post": FIRST, "text": 7}),
    ],
)
def test_a_request_that_no_page_makes_is_refused(page: Page, path: str, fields: dict[str, object]) -> None:
    assert page.browser().send(path, id="one", **fields)[0] == 400


def test_a_post_of_several_lines_is_added_as_one(page: Page) -> None:
    browser = page.browser()
    browser.change("/queue/add", text="two lines\r\nand [a bracket]\x00")
    assert queue(page)[4:] == ["two lines\\nand [a bracket]"]
    assert lines(browser)["lines"][4]["state"] == "by hand"


def test_what_comes_next(tmp_path: Path, page: Page, server: MastodonServer) -> None:
    found = asked(page.browser(), "/queue/next")
    assert (found["when"], found["posts"], found["dry_run"]) == (None, [], True)
    assert found["words"] == "4 lines ready, drawn by chance"
    settings = told(server, CRON="0 9 * * *", POST_ORDER="file")
    with opened(tmp_path / "other", settings) as other:
        found = asked(other.browser(), "/queue/next")
        assert [one["text"] for one in found["posts"]] == list(POSTS)
        assert "09:00 +00:00" in found["when_words"]
        filled(other.data, ())
        other.browser().change("/queue/add", text="a line")
        assert asked(other.browser(), "/queue/next")["posts"][0]["text"] == "a line"


def test_an_empty_folder_has_an_empty_queue(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    empty = Page(tmp_path / "data")
    browser = empty.browser()
    assert lines(browser) == {"lines": [], "of": 0, "problem": ""}
    assert asked(browser, "/posts") == {"posts": [], "of": 0}
    assert asked(browser, "/queue/next")["ready"] == 0
    assert asked(browser, "/attention") == {"stopped": [], "damage": [], "posts": []}
    assert sum(one["count"] for one in asked(browser, "/figures")["lengths"]) == 0
    empty.reviewing.close()


# Posting one line now.


def test_this_one_is_posted_once_however_often_it_is_asked_for(live: Page, server: MastodonServer) -> None:
    browser = live.browser()
    found = browser.change("/queue/post", post=SECOND, id="one")
    [post] = server.posts
    assert (found["said"], post.text) == ("Posted", POSTS[1])
    assert found["targets"] == [
        {"target": "mastodon", "state": "posted", "url": f"{server.url}/@kettle/{post.id}", "error": ""}
    ]
    assert browser.change("/queue/post", post=SECOND, id="one") == found
    assert browser.change("/queue/post", post=SECOND, id="two") == found  # as after a restart
    assert server.texts == [POSTS[1]]
    assert queue(live) == [POSTS[0], *POSTS[2:]]
    [entry] = asked(browser, "/posts")["posts"]
    assert entry["targets"] == found["targets"]
    assert asked(browser, "/status.json")["posted"] == 1


def test_a_platform_that_takes_its_time_is_asked_after(
    live: Page, server: MastodonServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(once, "PATIENCE", 0.0)
    with opened(live.data, told(server)) as page:
        browser = page.browser()
        server.guard.acquire()  # it answers nothing now
        assert browser.change("/queue/post", post=FIRST, id="one") == {"going": True}
        assert browser.change("/queue/post", post=FIRST, id="one") == {"going": True}
        server.guard.release()
        until(lambda: browser.change("/queue/post", post=FIRST, id="one").get("said") == "Posted")
    assert server.texts == [POSTS[0]]


def test_a_change_that_could_not_begin_begins_when_it_is_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_more_threads(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    changes = once.Once()
    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", no_more_threads)
        with pytest.raises(RuntimeError):
            changes.answer("one", ("add",), dict)
    monkeypatch.setattr(once, "PATIENCE", 5.0)
    assert changes.answer("one", ("add",), lambda: {"said": "Added"}) == {"said": "Added"}


def test_two_posts_wait_for_each_other_also_where_locks_keep_nobody_out(
    live: Page, server: MastodonServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run takes over what its own process has begun, so a second one would send it once more."""
    inside, second = threading.Lock(), threading.Event()

    @contextmanager
    def lock(data: Path, name: str, **_: object) -> Iterator[None]:
        is_first = name == "post" and inside.acquire(blocking=False)
        if name == "post" and not is_first:
            second.set()
        yield
        if is_first:
            inside.release()

    monkeypatch.setattr(files, "lock", lock)
    monkeypatch.setattr(once, "PATIENCE", 0.0)
    browser = live.browser()
    with server.guard:  # it answers nothing now
        for post in (FIRST, SECOND):
            browser.change("/queue/post", post=post, id=post)
        until(inside.locked)
        assert not second.wait(0.1)
    for post in (FIRST, SECOND):
        until(lambda post=post: browser.change("/queue/post", post=post, id=post).get("said") == "Posted")  # type: ignore[misc]
    assert sorted(server.texts) == sorted(POSTS[:2])


@pytest.mark.parametrize(
    ("prepare", "says"),
    [
        ("held", "flagged: a name"),
        ("dropped", "it was dropped in curate"),
        ("used", "Posted"),
        ("too long", "too long for Mastodon"),
        ("denied", "on the denylist: fog"),
        ("unreviewed", "POST_ONLY is kept"),
    ],
)
def test_what_may_not_go_out_says_why_and_stays(
    tmp_path: Path, server: MastodonServer, prepare: str, says: str
) -> None:
    post = "fog " * 200 if prepare == "too long" else POSTS[2]
    settings = told(server, **({"POST_ONLY": "kept"} if prepare == "unreviewed" else {}))
    with opened(tmp_path / "data", settings) as page:
        browser = page.browser()
        filled(page.data, (*POSTS[:2], post))
        if prepare == "held":
            written(page.data, post, flags=("a name",))
        if prepare == "dropped":
            browser.change("/queue/remove", post=fingerprint(post))
            filled(page.data, (*POSTS[:2], post))
        if prepare == "denied":
            (page.data / "denylist.txt").write_text("fog\n")
        if prepare == "used":
            browser.change("/queue/post", post=fingerprint(post))
            filled(page.data, (*POSTS[:2], post))
            server.posts.clear()
        status, found = browser.send("/queue/post", id="one", post=fingerprint(post))
        assert status == (200 if prepare == "used" else 409)
        assert says in found.get("problem", found.get("said"))
        assert server.texts == []
        assert queue(page)[2].strip() == post.strip()
        if prepare in ("held", "denied", "unreviewed"):
            browser.change("/queue/keep", post=fingerprint(post))
            assert browser.change("/queue/post", post=fingerprint(post))["said"] == "Posted"


def test_without_accounts_it_is_a_dry_run_and_says_so(page: Page) -> None:
    found = page.browser().change("/queue/post", post=FIRST)
    assert found["dry_run"]
    assert "No credentials are set" in found["said"]
    assert queue(page) == list(POSTS)
    assert not (page.data / "tweeted.json").exists()


def test_a_server_that_is_away_takes_nothing_from_the_queue(live: Page, server: MastodonServer) -> None:
    server.script("on=/instance 503 busy", "on=/instance 503 busy")
    status, found = live.browser().send("/queue/post", id="one", post=FIRST)
    assert (status, found["what"]) == (503, "not posted")
    assert "mastodon" in found["problem"]
    assert queue(live) == list(POSTS)
    assert server.texts == []


# What needs a person.


def test_a_lost_post_is_resolved_with_a_button(page: Page) -> None:
    lost = Intent(FIRST, POSTS[0], POSTS[0], 1000, deliveries={"mastodon": Delivery("unknown", error="cut")})
    intents = Intents(page.data)
    intents.claim(lost)
    intents.release(lost)
    browser = page.browser()
    [found] = asked(browser, "/attention")["posts"]
    assert (found["text"], found["state"], found["target"]) == (POSTS[0], "unknown", "mastodon")
    assert [one["action"] for one in found["choices"]] == ["posted", "not-posted", "give-up"]
    fields = {"post": found["post"], "target": "mastodon", "how": "posted", "url": "https://a.example/1"}
    said = browser.change("/resolve", id="one", **fields)
    assert said == {"said": f"{lost.id}: mastodon is now posted"}
    assert browser.change("/resolve", id="one", **fields) == said
    assert Intents(page.data).open()[0].deliveries["mastodon"].url == "https://a.example/1"
    assert asked(browser, "/attention")["posts"] == []


def test_what_still_waits_can_be_given_up(live: Page, server: MastodonServer) -> None:
    server.script("429 busy")
    browser = live.browser()
    found = browser.change("/queue/post", post=FIRST)
    assert (found["said"], found["targets"][0]["state"]) == ("Not posted yet", "pending")
    [open_post] = asked(browser, "/attention")["posts"]
    assert [one["action"] for one in open_post["choices"]] == ["give-up"]
    browser.change("/resolve", post=open_post["post"], target="mastodon", how="give-up", url="")
    assert asked(browser, "/attention")["posts"] == []


# State and posts.


def test_the_state_is_that_of_status_and_health(page: Page) -> None:
    written(page.data, POSTS[1])
    found = asked(page.browser(), "/status.json")
    assert found["queue"]["ready"] == 4
    assert not found["health"]["well"]
    assert "no heartbeat" in found["health"]["says"][0]
    (page.data / ".botus").mkdir(exist_ok=True)
    (page.data / ".botus" / "heartbeat").touch()
    page.browser().change("/queue/keep", post=SECOND)
    found = asked(page.browser(), "/status.json")
    assert found["health"] == {"well": True, "says": []}
    assert found["acceptance"] == [{"temperature": 0.9, "written": 1, "reviewed": 1, "kept": 1, "share": 1.0}]


def test_a_damaged_log_is_said_and_the_rest_works(page: Page) -> None:
    (page.data / "tweeted.json").write_text('[{"text": "tea"')
    browser = page.browser()
    assert "tweeted.json" in asked(browser, "/status.json")["damage"][0]
    assert "tweeted.json" in asked(browser, "/attention")["damage"][0]
    found = lines(browser)
    assert [one["text"] for one in found["lines"]] == list(POSTS)
    assert "botus log repair" in found["problem"]
    assert asked(browser, "/figures")["posts_per_day"] is None
    assert asked(browser, "/queue/next")["when"] is None
    status, problem = browser.get("/posts")
    assert (status, problem["what"]) == (503, "file")
    assert browser.send("/queue/post", id="one", post=FIRST)[0] == 503
    assert page.said == []


def test_only_addresses_of_the_web_are_links(page: Page) -> None:
    parts = {
        "one": {"state": "posted", "url": "javascript:alert(1)"},
        "two": {"state": "posted", "url": "https://a.example/1"},
        "three": {"state": "posted", "url": ["https://a.example"]},
    }
    entries: list[dict[str, object]] = [{"text": "old", "timestamp": 1.7e12}]
    entries.append({"text": "new", "timestamp": 1.8e12, "id": "abcd", "targets": parts})
    (page.data / "tweeted.json").write_text(json.dumps(entries))
    found = asked(page.browser(), "/posts")
    assert [one["text"] for one in found["posts"]] == ["new", "old"]
    assert [one["url"] for one in found["posts"][0]["targets"]] == ["", "https://a.example/1", ""]
    assert found["posts"][1]["post"] == fingerprint("old")[:10]
    assert asked(page.browser(), "/posts", **{"from": 1})["posts"][0]["text"] == "old"


def test_a_secret_in_an_error_is_not_shown(live: Page, server: MastodonServer) -> None:
    (live.data / "tweeted.json").write_text("[]")
    part = {"state": "rejected", "error": f"the server said {server.token}-secret"}
    entry = {"text": "tea", "timestamp": 1.8e12, "id": "abcd", "targets": {"mastodon": part}}
    (live.data / "tweeted.json").write_text(json.dumps([entry]))
    assert server.token not in json.dumps(asked(live.browser(), "/posts"))
    assert server.token not in json.dumps(asked(live.browser(), "/status.json"))


def test_a_disk_that_takes_nothing_is_said(page: Page) -> None:
    browser, before = page.browser(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        status, found = browser.send("/queue/add", id="one", text="tea")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (status, found["what"]) == (503, "file")
    assert queue(page) == list(POSTS)


def test_nothing_is_told_to_strangers(page: Page) -> None:
    stranger = Browser(page.app.test_client())
    for path in ("/queue", "/queue/next", "/posts", "/attention", "/figures", "/status.json"):
        assert stranger.get(path)[0] == 401
    for path in ("/queue/add", "/queue/post", "/queue/remove", "/resolve"):
        assert stranger.send(path, id="one", post=FIRST, text="tea")[0] == 401
    assert queue(page) == list(POSTS)
