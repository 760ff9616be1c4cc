"""What is painted, without a terminal."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from botus import text
from botus.platforms import rows
from botus.platforms.rows import Limit
from botus.review.machine import keys as review_keys
from botus.review.machine import table
from botus.review.machine.editor import Key
from botus.review.machine.keys import KEYS
from botus.review.machine.selecting import hits
from botus.review.machine.state import ReviewState, begin
from botus.review.terminal.loop import closing
from botus.review.terminal.paint import HIT, View, visible
from botus.review.terminal.screens import page_size, screen
from botus.store.decisions.entries import History
from botus.store.durable.lines import scan
from botus.store.queue.tweets import ANSWERS
from botus.text import fingerprint

LIMITS = (Limit(rows.X, 280), Limit(rows.MASTODON, 500))
LONG = "The keeper counts the dark in a drawer by the stairs, every night. " * 6


def start(*posts: str) -> ReviewState:
    content = "".join(f"{text.escape(post)}\n" for post in posts).encode()
    return begin(ReviewState(table.read(scan(io.BytesIO(content)), {})), History())


def press(state: ReviewState, *keys: Key) -> ReviewState:
    for number, key in enumerate(keys):
        state, _ = review_keys.press(state, key, 2000 * number)
    return state


def painted(
    state: ReviewState,
    width: int = 80,
    height: int = 24,
    about: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[str]:
    return [line.plain for line in screen(state, View(LIMITS, about or {}, width, height))]


def test_a_post_that_a_platform_found_too_long_says_so() -> None:
    state = replace(
        start("The tide is late.", "b"), set_aside={fingerprint("The tide is late."): "mastodon: 422"}
    )
    assert "set aside until shorter: mastodon: 422" in "\n".join(painted(state))
    assert "(too long) The tide is late." in "\n".join(painted(press(state, "tab")))


def test_what_is_held_says_so_on_the_card_in_the_list_and_under_edit() -> None:
    state = start("@bell the fog is in", "b")
    assert "held until kept: mentions somebody: '@bell'" in "\n".join(painted(state))
    assert "held until kept: mentions somebody" in " ".join(" ".join(painted(state, 24, 6)).split())
    assert "(held: mentions somebody) @bell the fog is in" in "\n".join(painted(press(state, "tab")))
    under_edit = press(state, "k", "e", *" @oil")
    assert "held until kept: mentions somebody: '@oil'" in "\n".join(painted(under_edit))
    pool = replace(state, file=ANSWERS)
    assert "never said: mentions somebody: '@bell'" in "\n".join(painted(pool))


def fitted(state: ReviewState, width: int, height: int) -> ReviewState:
    return replace(state, page_size=page_size(state, View(LIMITS, {}, width, height)))


@pytest.mark.parametrize(("width", "height"), [(80, 24), (40, 20), (24, 6), (200, 60)])
def test_the_list_decides_only_what_it_has_shown_to_its_end(width: int, height: int) -> None:
    posts = [f"{number} {LONG[: 30 + 60 * number]}END" for number in range(1, 7)]
    state = fitted(press(start(*posts), "tab"), width, height)
    seen: list[str] = []
    while state.page:
        shown = " ".join(" ".join(painted(state, width, height)).split())
        whole = [post for post in posts if " ".join(post.split()) in shown]
        texts = [state.table.cards[post].text for post in state.page]
        assert whole == texts or (len(texts) == 1 and "more line" in shown)
        seen += texts
        state = fitted(press(state, "d"), width, height)
    assert seen == posts
    assert len(posts) > 1


def test_of_a_group_too_one_page_is_decided_and_the_rest_comes_next() -> None:
    state = fitted(press(start(*[f"the sea is late again {number}" for number in range(12)]), "m"), 80, 16)
    assert len(state.page) == 9
    assert "     and 3 more like it, on the next page" in painted(state, 80, 16)
    assert "     and 2 more like it, on the next page" in painted(fitted(state, 80, 24), 80, 24)
    state = fitted(press(state, "2", "d"), 80, 16)
    assert (len(state.page), state.listing is not None) == (3, True)
    state = fitted(press(state, "u"), 80, 16)
    assert state.listing
    assert (len(state.page), list(state.listing.marks.values())) == (9, ["keep"])
    assert len(fitted(press(state, "3", "9"), 80, 16).page) == 9  # a mark moves none
    assert press(state, "d", "d", "d").listing is None


def test_a_notice_moves_no_post_off_a_page() -> None:
    state = fitted(press(start(*[f"post {number}" for number in range(30)]), "tab"), 80, 12)
    assert len(fitted(press(state, "x"), 80, 12).page) == len(state.page) == 5


def read(state: ReviewState, width: int = 40, height: int = 12, parts: int = 5) -> str:
    """All parts of what is longer than the screen."""
    shown = (painted(press(state, *[">"] * count), width, height) for count in range(parts))
    return "\n".join("\n".join(lines) for lines in shown)


def test_a_post_that_is_longer_than_the_screen_is_read_part_by_part() -> None:
    state = start(LONG + "THE END", "next")
    first = painted(state, 40, 12)
    assert any("more lines: PgDn or >" in line for line in first)
    assert not any("THE END" in line for line in first)
    assert "THE END" in read(state)
    assert painted(press(state, ">", "<"), 40, 12) == first
    assert press(state, "page-down", "d").part == 0
    assert "THE END" in read(press(state, "tab"))


@pytest.mark.parametrize(("width", "height"), [(80, 24), (40, 20), (24, 6)])
def test_every_key_can_be_read_and_quitting_always(width: int, height: int) -> None:
    for state in (start("a", "b"), press(start("a", "b"), "tab"), press(start("a a", "a a a"), "m")):
        assert {"?", "q"} <= set(" ".join(painted(state, width, height)[-2:]).split())
    state = press(start("a", "b"), "?")
    words = read(state, width, height, 30).split()
    for binding in filter(lambda one: one.help, KEYS):
        assert binding.names.split()[0] in words
    assert press(state, "x").helping is False


def test_a_narrow_screen_keeps_the_keys_that_decide_in_two_lines() -> None:
    shown = " ".join(painted(start("a", "b"), 40, 20)[-2:])
    for words in ("d drop", "k keep", "space later", "s star", "e edit", "u undo", "? keys", "q quit"):
        assert words in shown


def test_a_filter_offers_everything_and_says_how_it_ends() -> None:
    asked = " ".join(painted(press(start("a", "b"), "k", "f"), 40, 20)[-4:])
    assert "u undecided" in asked
    assert "e everything" in asked
    state = press(start("a", "b", "c"), "k", "d", "f", "e")
    assert painted(state)[0].startswith(" 1 of 3 filtered, f u ends it")
    assert state.notice == "All 3"


def test_what_was_searched_for_is_marked_until_one_goes_on() -> None:
    state = press(start("a", LONG + "Straße und Kettle, KETTLE"), "/", *"kettle", "enter")
    [*lines] = screen(state, View(LIMITS, {}, 40, 12))
    marked = [line.plain[one.start : one.end] for line in lines for one in line.spans if one.style == HIT]
    assert marked == ["Kettle", "KETTLE"]  # on the part of the post that has them
    assert "1 of 1 with 'kettle'" in painted(state)[-2]
    assert "n next  d drop" in painted(state)[-1]
    assert "[Kettle], [KETTLE]" in " ".join(
        line.plain for line in screen(state, View(LIMITS, {}, 200, 24, styled=False))
    )
    state = press(state, "k")
    assert not any(one.style == HIT for line in screen(state, View(LIMITS)) for one in line.spans)


@pytest.mark.parametrize(
    ("text", "sought", "found"),
    [("Straße", "STRASSE", ["Straße"]), ("aAa", "a", ["a", "A", "a"]), ("İx", "x", ["x"]), ("a", "", [])],
)
def test_hits_are_found_as_the_search_finds_them(text: str, sought: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in hits(text, sought)] == found


def test_a_card_says_what_is_known() -> None:
    about = {
        fingerprint("The tide is late."): {
            "score": 0.7123,
            "parts": {"ending": 1.0, "variety": 0.5},
            "model": "run1",
            "step": 500,
            "temperature": 0.9,
            "flags": ["wordfilter: late"],
            "nearest": {"number": 3, "text": "the tide is late again", "run": 4},
        }
    }
    shown = "\n".join(painted(start("The tide is late.", "b"), about=about))
    for words in (
        " 1 of 2 · 0 kept",
        "The tide is late.",
        "x 17/280 · mastodon 17/500",
        "flagged: wordfilter: late",
        "4 words in a row as in the corpus: the tide is late again",
        "run1, step 500, temperature 0.9",
        "d drop  k keep  space later  s star  e edit  Tab list  u undo  ? keys  q quit",
    ):
        assert words in shown


def test_provenance_follows_an_edit() -> None:
    state = press(start("a", "b"), "e", "!", "enter")
    assert "run7" in "\n".join(painted(state, about={fingerprint("a"): {"model": "run7"}}))


def test_a_text_that_is_too_long_says_by_how_much() -> None:
    assert "x 287/280 (7 over)" in "\n".join(painted(start("a" * 287)))


def test_the_length_is_live_while_editing() -> None:
    state = press(start("abc"), "e", "d", "🌊")
    assert "x 6/280 · mastodon 5/500" in "\n".join(painted(state))


def test_decisions_pace_and_kept_are_shown() -> None:
    state = press(start(*[f"post {number}" for number in range(200)]), "k", "d", "s", " ", "k", "d")
    shown = painted(state)
    assert shown[0].split() == ["6", "of", "200", "·", "3", "kept", "30", "a", "minute,", "6", "min", "left"]
    assert [line.split()[1] for line in shown[-7:-2]] == ["dropped", "kept", "later", "starred", "dropped"]


@pytest.mark.parametrize(
    ("width", "height"), [(80, 24), (40, 20), (30, 8), (200, 60), (6, 3), (2, 2), (1, 1)]
)
@pytest.mark.parametrize(
    "keys", [(), ("k", "d", "up"), ("e", "x", "home"), ("?",), ("k", "k", "k", "k"), ("tab",)]
)
def test_nothing_is_wider_or_higher_than_the_screen(width: int, height: int, keys: tuple[str, ...]) -> None:
    state = press(start(LONG, "海は静かで、灯台だけが話している。" * 9, "a\n\nb", "x" * 300), *keys)
    lines = screen(state, View(LIMITS, {}, width, height))
    assert 1 <= len(lines) <= height
    assert all(line.cell_len <= width for line in lines)


@pytest.mark.parametrize(("width", "height"), [(80, 24), (40, 20), (30, 12)])
def test_everything_but_the_text_keeps_its_place(width: int, height: int) -> None:
    state = press(start("short", "b", "c", LONG[:200], "e", "f"), "k", "d")
    short, long = painted(state, width, height), painted(press(state, "k"), width, height)
    assert len(short) == len(long) == height
    assert sum("d drop" in line for line in short) == 1
    assert "d drop" in short[-1] + short[-2]
    assert short[-2:] == long[-2:]
    assert short[1] == long[1]


def test_a_long_text_pushes_out_old_decisions_and_is_cut_last() -> None:
    state = press(start("a", "b", LONG.strip()), "d", "d")
    tall, middle, low = (painted(state, 40, height) for height in (30, 18, 10))
    assert sum("dropped" in line for line in tall) == 2
    for shown in (tall, middle):
        assert " ".join(line.strip() for line in shown).count("every night.") == 6
    assert not any("dropped" in line for line in middle + low)
    assert any("more lines" in line for line in low)


def test_the_cursor_stays_in_sight_in_a_text_that_is_too_long() -> None:
    state = press(start(LONG + "THE END"), "e")
    assert any("THE END" in line for line in painted(state, 40, 10))
    assert any("The keeper" in line for line in painted(press(state, "home"), 40, 10))


def test_line_breaks_are_seen() -> None:
    shown = painted(start("one\ntwo"))
    assert "    one ↵" in shown
    assert "    two" in shown


@pytest.mark.parametrize(
    ("hidden", "sign"),
    [
        ("\x1b[2J", "␛[2J"),
        ("\x07\x00\t", "␇␀␉"),
        ("\x7f", "␡"),
        ("\x9b31m", "‹U+009B›31m"),
        ("a\u202eb", "a‹U+202E›b"),
        ("a\u200bb\ufeff", "a‹U+200B›b‹U+FEFF›"),
        ("\u2028", "‹U+2028›"),
        ("👩\u200d👩\u200d👧 ❤\ufe0f", "👩\u200d👩\u200d👧 ❤\ufe0f"),
        ("नमस्ते\u200c", "नमस्ते\u200c"),
    ],
)
def test_what_moves_the_cursor_or_hides_is_shown(hidden: str, sign: str) -> None:
    assert visible(hidden).plain == sign


def test_a_bare_terminal_gets_no_signs_that_need_styles() -> None:
    lines = screen(press(start("abc"), "e", "left"), View(LIMITS, {}, 60, 24, styled=False))
    assert "    ab|c" in [line.plain for line in lines]
    assert lines[1].plain == "-" * 60


def test_looking_back_says_what_was_decided() -> None:
    assert painted(press(start("a", "b"), "d", "up"))[0].startswith(" 1 of 2 · dropped")


@pytest.mark.parametrize("width", [24, 40, 80])
def test_what_is_said_of_the_order_is_readable_to_its_end(width: int) -> None:
    state = press(replace(start("a", "b"), order="score", learning=False), "?")
    said = " ".join(" ".join(painted(state, width, 60)).split())
    assert "By score. The score puts short, plain posts that end first." in said
    assert "Learning from your decisions is switched off (o l)." in said


def test_where_nothing_is_left_it_says_what_can_be_done() -> None:
    for keys in ("d", "tab"), ("tab", "d"):
        shown = " ".join(" ".join(painted(press(start("a"), *keys), 40, 20)).split())
        assert "Nothing is left to review. q quits, u takes the last decision back" in shown
        assert "botus generate writes more." in shown


def test_a_page_of_one_and_a_page_that_is_all_kept_are_said_as_such() -> None:
    assert "d drop it  k keep it  space it later  a it for answers" in painted(press(start("a"), "tab"))[-2]
    assert "d keep all 2  k keep all 2" in painted(press(start("a", "b"), "tab", "1", "2"))[-2]


def test_who_has_posted_nothing_yet_is_told_how() -> None:
    state = press(start("a", "b"), "k")
    following = "Next: botus init asks where and when they go out, then botus post sends one."
    assert list(closing(state))[-1] == following
    posted = replace(state, table=replace(state.table, used={"c": "posted on Monday"}))
    assert following not in closing(posted)
    assert following not in closing(press(start("a"), "d"))


def test_a_line_of_a_megabyte_is_shown_as_far_as_a_platform_might_take_it() -> None:
    state = start("fog " * 250_000, "b")
    shown = painted(state)
    assert "1,000,000 letters: no platform takes so many" in " ".join(shown)
    assert "and 950,000 more letters" in "".join(painted(press(state, "<")))
    assert "more lines" in "".join(painted(press(state, "tab")))


def test_what_was_decided_out_of_turn_is_not_left() -> None:
    assert "2 still to be reviewed, 0 kept in tweets.txt." in closing(
        press(start("a", "b", "c"), "down", "d")
    )


def test_caps_lock_is_noticed() -> None:
    assert press(start("a"), "K").notice == "K does nothing, k does: is Caps Lock on?"
    assert press(start("a"), "X").notice == "That key does nothing: ? shows the keys"


def test_who_compares_is_told_where_to_look() -> None:
    assert press(start("a"), "c").notice == "Compared: what came of it stands below the post"
