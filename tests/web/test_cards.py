"""What the page is told of a post and of the review."""

from __future__ import annotations

import json
from pathlib import Path

from botus.store.state import PostingState, StateFiles
from botus.text import fingerprint
from tests.web.page import Page, filled, opened

LAMP, LONG = "the lamp asked for @keeper", "fog" + " fog" * 79


def card(page: Page, text: str) -> dict[str, object]:
    view = page.browser().begin()
    (found,) = [one for one in view["cards"] if one["post"] == fingerprint(text)]
    assert isinstance(found, dict)
    return found


def test_a_card_has_what_generate_noted_and_what_holds_it(tmp_path: Path) -> None:
    with opened(tmp_path / "data") as page:
        filled(page.data, (LAMP, "the kettle"))
        record = {"text": LAMP, "fingerprint": fingerprint(LAMP), "model": "run1", "step": 1000, "score": 0.7}
        record |= {"temperature": 0.9, "flags": ["mention"], "parts": {}, "time": 1}
        record |= {"nearest": {"run": 5, "text": "the lamp asked\nfor oil", "number": 3}}
        (page.data / ".botus" / "candidates.jsonl").write_text(json.dumps(record) + "\n")
        found = card(page, LAMP)
        assert found["about"] == "run1, step 1000, temperature 0.9"
        assert found["nearest"] == "5 words in a row as in the corpus: the lamp asked for oil"
        assert (found["flags"], found["verdict"]) == (["mention"], None)
        assert found["reasons"] == ["against it: long, uncommon words"]
        assert found["held"]
        plain = card(page, "the kettle")
        assert (plain["about"], plain["nearest"], plain["held"]) == ("", "", "")


def test_a_forbidden_word_holds_a_card_until_it_is_kept(tmp_path: Path) -> None:
    with opened(tmp_path / "data") as page:
        filled(page.data, ("the kettle",))
        (page.data / "denylist.txt").write_text("kettle\n")
        assert "kettle" in str(card(page, "the kettle")["held"])
        browser = page.browser()
        browser.decide(fingerprint("the kettle"), "keep")
        assert browser.send("/look", filter="kept")[1]["cards"][0]["held"] == ""


def test_a_card_that_was_searched_for_says_for_what(tmp_path: Path) -> None:
    with opened(tmp_path / "data") as page:
        filled(page.data, (LAMP, "the kettle"))
        browser = page.browser()
        browser.begin()
        view = browser.send("/look", search="KETTLE")[1]
        assert [one["sought"] for one in view["cards"]] == ["KETTLE", ""]
        assert view["notice"] == "1 of 1 with 'KETTLE'"
        browser.send("/look", filter="flagged or held")
        view = browser.send("/look", search="fog")[1]
        assert view["notice"] == "Nothing that the filter shows has 'fog'"


def test_what_is_held_has_a_filter_and_a_keep_says_what_it_frees(tmp_path: Path) -> None:
    with opened(tmp_path / "data") as page:
        filled(page.data, (LAMP, "the kettle"))
        browser = page.browser()
        assert {"flagged or held", "everything"} <= set(browser.begin()["filters"])
        view = browser.send("/look", filter="flagged or held")[1]
        assert [one["text"] for one in view["cards"]] == [LAMP]
        done = browser.decide(fingerprint(LAMP), "keep")
        assert done["view"]["notice"].startswith("Now free to be posted (mentions somebody: '@keeper')")


def test_what_a_platform_found_too_long_is_said(tmp_path: Path) -> None:
    with opened(tmp_path / "data") as page:
        filled(page.data, (LONG,))
        StateFiles(page.data).save(PostingState(too_long={fingerprint(LONG): "over 280"}))
        found = card(page, LONG)
        assert found["set_aside"] == "over 280"
        assert found["lengths"] == [{"name": "X", "length": 319, "most": 280}]


def test_days_of_queue_and_the_last_decisions(tmp_path: Path) -> None:
    posts = tuple(f"the bell rang {number} times" for number in range(12))
    with opened(tmp_path / "data") as page:
        filled(page.data, posts)
        page.reviewing._per_day = 4.0
        browser = page.browser()
        posts = tuple(card["text"] for card in browser.begin()["cards"])
        for post in posts[:6]:
            page.clock.now += 3
            view = browser.decide(fingerprint(post), "keep")["view"]
        assert (view["days"], view["pace"], view["minutes_left"]) == (1.5, 20.0, 0)
        assert view["recent"][0] == {"verdict": "keep", "text": posts[5]}
        assert (len(view["recent"]), view["kept"], view["made"]) == (5, 6, {"keep": 6})
