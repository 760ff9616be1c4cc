"""What `post` would hold back is told in the review: on the card, by a filter, when it is kept and edited."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from botus.platforms import rows
from botus.platforms.rows import Limit
from botus.review.machine import precheck
from botus.review.machine.paging import intention
from botus.review.machine.state import ReviewState
from botus.review.session import open_session
from botus.screening.denylist import parse_denylist
from botus.store.queue.tweets import ANSWERS
from botus.text import fingerprint
from tests.review.test_keys import shown, start, typed

PLAIN, MENTION, DENIED = "the tide is late", "@bell the fog is in", "a herring sang"
EVERYBODY = "@everyone up"
LINES = "".join(f"{text}\n" for text in (PLAIN, MENTION, DENIED, EVERYBODY)).encode()


def begun(content: bytes = LINES) -> ReviewState:
    return replace(start(content), denylist=parse_denylist(b"herring"))


def held(state: ReviewState, text: str) -> str:
    return precheck.held(state, fingerprint(text))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (PLAIN, ""),
        (MENTION, "mentions somebody: '@bell'"),
        (DENIED, "on the denylist: herring"),
        (EVERYBODY, "pings everybody: '@everyone'"),
    ],
)
def test_what_is_held_says_why_until_it_is_kept(text: str, reason: str) -> None:
    assert held(begun(), text) == reason
    state, _ = typed(begun(text.encode()), "k")
    assert held(state, text) == ""
    assert state.notice == (f"Now free to be posted ({reason})" if reason else "")
    state, _ = typed(state, "u")
    assert held(state, text) == reason


def test_a_filter_shows_what_is_held_or_flagged_and_undecided() -> None:
    state, _ = typed(replace(begun(), flagged={fingerprint(PLAIN)}), "down", "k", "f", "f")
    assert [state.table.cards[post].text for post in state.row] == [PLAIN, DENIED, EVERYBODY]
    assert state.notice == "Only the 3 flagged or held"


def test_an_edit_is_judged_again_and_keeps_the_flags() -> None:
    state, _ = typed(replace(begun(PLAIN.encode()), flagged={fingerprint(PLAIN)}), "e", *" @me", "enter")
    assert state.notice == "Edited, and still to be decided; held: mentions somebody: '@me'"
    state, _ = typed(state, "e", *["backspace"] * 4, "!", "enter")
    assert state.notice == "Edited, and still to be decided"
    assert shown(typed(state, "f", "f")[0]) == f"{PLAIN}!"
    assert typed(state, "s")[0].notice == "Now free to be posted (flagged)"


def test_a_page_says_how_many_are_held_before_and_after() -> None:
    state, _ = typed(begun(), "tab")
    assert state.listing
    assert intention(state, state.listing)["k"] == "keep all 4 (3 held)"
    assert typed(state, "k")[0].notice == "Now free to be posted: 3 that were held"
    assert typed(state, "2", "d")[0].notice == "Now free to be posted (mentions somebody: '@bell')"
    assert typed(state, "d")[0].notice == ""


def test_a_keep_does_not_help_what_no_account_takes() -> None:
    state = replace(begun(b"x" * 300), limits=(Limit(rows.X, 280), Limit(rows.BLUESKY, 300)))
    assert precheck.over(state, fingerprint("x" * 300)) == [True, False]
    assert typed(state, "k")[0].notice == ""
    state = replace(state, limits=(Limit(rows.X, 280),))
    assert typed(state, "k")[0].notice == "It is too long to be posted: edit first"


def test_a_held_answer_is_never_said_whatever_is_decided() -> None:
    state, _ = typed(replace(begun(MENTION.encode()), file=ANSWERS), "k")
    assert state.notice == "Never said all the same (mentions somebody: '@bell')"
    assert held(state, MENTION)


def test_a_review_reads_what_holds_and_says_how_many_there_are(tmp_path: Path) -> None:
    path = tmp_path / "denylist.txt"
    (tmp_path / "tweets.txt").write_bytes(LINES)
    path.write_text("herring\n")
    with open_session(tmp_path, "file") as session:
        assert session.notices == ["3 posts held until kept: filter “flagged or held”"]
        path.write_text("tide\n")
        session.look_again()
        assert (held(session.state, PLAIN), held(session.state, DENIED)) == ("on the denylist: tide", "")
        path.write_text("/(/\n")
        session.look_again()
        assert "denylist.txt, line 1" in session.state.notice
        assert held(session.state, PLAIN) == "on the denylist: tide"


def test_a_part_of_a_longer_post_is_held(tmp_path: Path) -> None:
    text = "<|startoftext|>first half\nits other half\nits end<|endoftext|>\nthe tide\n"
    (tmp_path / "tweets.txt").write_text(text)
    with open_session(tmp_path, "file") as session:
        assert held(session.state, "its other half").startswith("a part of a post of several lines")
        assert held(session.state, "the tide") == ""
