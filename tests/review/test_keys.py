"""The machine alone: keys in, effects out, no file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from tempfile import TemporaryFile

import pytest

from botus.review.machine import keys as review_keys
from botus.review.machine import table as tables
from botus.review.machine.editor import Key, Paste
from botus.review.machine.state import ReviewState, begin, refresh
from botus.review.machine.steps import Effect, recover
from botus.review.machine.table import PutBack, Remove, Rewrite, Table
from botus.review.machine.tally import tally
from botus.review.taste.order import arrange
from botus.store.decisions.entries import Decision, History, Step, Undo
from botus.store.durable.lines import Line, scan
from botus.text import fingerprint
from tests.support.pages import PAGES

ABC = b"alpha\nbeta\ngamma\n"


def lines(content: bytes) -> list[Line]:
    with TemporaryFile() as source:
        source.write(content)
        return [line for line in scan(source) if line.text is None or line.text.strip()]


def table(content: bytes, used: Sequence[str] = ()) -> Table:
    return tables.read(lines(content), {fingerprint(text): "posted on Monday" for text in used})


def start(content: bytes = ABC, history: History | None = None, used: Sequence[str] = ()) -> ReviewState:
    return begin(ReviewState(table(content, used)), history or History())


def typed(state: ReviewState, *keys: Key) -> tuple[ReviewState, list[Effect]]:
    effects: list[Effect] = []
    for number, key in enumerate(keys):
        state, more = review_keys.press(state, key, 1000 * number)
        effects += more
    return state, effects


def shown(state: ReviewState) -> str | None:
    card = state.current
    return card.text if card else None


def kinds(effects: Sequence[Effect]) -> list[str]:
    entries = [one for one in effects if isinstance(one, Step | Undo)]
    return [one.kind if isinstance(one, Undo) else one.decisions[0].kind for one in entries]


@pytest.mark.parametrize(
    ("key", "kind"),
    [("k", "keep"), ("right", "keep"), ("d", "drop"), ("left", "drop"), (" ", "later"), ("s", "star")],
)
def test_a_key_decides_and_the_next_card_comes(key: str, kind: str) -> None:
    state, effects = typed(start(), key)
    assert kinds(effects) == [kind]
    assert shown(state) == "beta"


def test_only_a_drop_touches_the_file_and_the_journal_comes_first() -> None:
    _, effects = typed(start(), "k", "d", " ", "s")
    first, second, third, *_ = effects
    assert isinstance(first, Step)
    assert isinstance(second, Step)
    assert isinstance(third, Remove)
    assert sum(isinstance(effect, Remove | PutBack | Rewrite) for effect in effects) == 1


def test_the_place_of_a_dropped_line_is_written_down() -> None:
    _, effects = typed(start(b"\xef\xbb\xbfalpha\n\nbeta\r\ngamma"), "d", "d", "d")
    places = [effect.place for effect in effects if isinstance(effect, Remove)]
    assert [(one.raw, one.number, one.previous, one.ending, one.start) for one in places] == [
        (b"alpha", 1, None, b"\n", 3),
        (b"beta\r", 2, None, b"\n", 4),
        (b"gamma", 2, None, b"", 4),
    ]


def test_enter_and_strange_keys_and_pastes_decide_nothing() -> None:
    state, effects = typed(
        start(), "enter", "newline", "D", "alt-d", "shift-left", "tab", Paste("dd"), "escape"
    )
    assert effects == []
    assert shown(state) == "alpha"


def test_what_is_put_off_comes_again_at_the_end() -> None:
    state, _ = typed(start(), " ", "k", "k")
    assert shown(state) == "alpha"
    state, _ = typed(state, " ")
    assert shown(state) == "alpha"  # the only one left
    state, _ = typed(state, "k")
    assert shown(state) is None


def test_undo_shows_the_card_again_and_redo_decides_it_again() -> None:
    state, _ = typed(start(), "k", "d")
    state, effects = typed(state, "u")
    assert kinds(effects) == ["undo"]
    assert isinstance(effects[1], PutBack)
    assert shown(state) == "beta"
    state, _ = typed(state, "backspace")
    assert (shown(state), state.verdicts) == ("alpha", {})
    state, effects = typed(state, "u")
    assert (effects, state.notice) == ([], "Nothing to take back")
    state, effects = typed(state, "r", "r", "r")
    assert kinds(effects) == ["redo", "redo"]
    assert shown(state) == "gamma"


def test_undo_reaches_into_earlier_reviews() -> None:
    before, _ = typed(start(), "k", "d")
    history = History(before.done, (), None, before.next_step)
    state = start(b"alpha\ngamma\n", history)
    assert shown(state) == "gamma"
    state, effects = typed(state, "u")
    assert isinstance(effects[1], PutBack)
    assert shown(state) == "beta"
    state, _ = typed(state, "u")
    assert shown(state) == "alpha"


def test_a_new_decision_ends_redo() -> None:
    state, effects = typed(start(), "k", "u", "d", "r")
    assert kinds(effects) == ["keep", "undo", "drop"]
    assert shown(state) == "beta"


def test_looking_back_and_forward_decides_nothing() -> None:
    state, effects = typed(start(), "d", "k", "up")
    assert shown(state) == "beta"
    state, _ = typed(state, "up")
    assert shown(state) == "alpha"
    state, _ = typed(state, "up")
    assert "first card" in state.notice
    state, _ = typed(state, "down", "down")
    assert shown(state) == "gamma"
    state, _ = typed(state, "down")
    assert "last card" in state.notice
    assert kinds(effects) == ["drop", "keep"]


def test_a_slip_is_fixed_by_looking_back() -> None:
    state, _ = typed(start(), "d", "k", "up", "up")
    state, effects = typed(state, "k")
    entry, put_back = effects
    assert isinstance(put_back, PutBack)
    assert isinstance(entry, Step)
    assert entry.decisions[0].back
    assert shown(state) == "gamma"
    state, effects = typed(state, "u")
    assert isinstance(effects[1], Remove)
    assert state.verdicts[fingerprint("alpha")] == "drop"


def test_the_same_verdict_again_writes_nothing() -> None:
    _, effects = typed(start(), "k", "up", "k")
    assert kinds(effects) == ["keep"]


def test_an_edit_returns_to_the_card_undecided() -> None:
    state, effects = typed(start(), "e", "!", "enter")
    assert kinds(effects) == ["edit"]
    rewrite = effects[1]
    assert isinstance(rewrite, Rewrite)
    assert (rewrite.place.raw, rewrite.new) == (b"alpha", b"alpha!")
    assert shown(state) == "alpha!"
    assert state.verdicts == {fingerprint("alpha"): "edited"}
    state, _ = typed(state, "k")
    assert state.verdicts[fingerprint("alpha!")] == "keep"
    assert shown(state) == "beta"


def test_an_edit_keeps_the_carriage_return_and_escapes_line_breaks() -> None:
    _, effects = typed(start(b"one\r\n"), "e", "newline", "2", "\\", "n", "enter")
    rewrite = effects[1]
    assert isinstance(rewrite, Rewrite)
    assert rewrite.new == b"one\\n2\\\\n\r"


def test_while_editing_every_key_is_text() -> None:
    state, effects = typed(start(), "e", "k", "d", "u", "?", "q", Paste(" x\ny"))
    assert effects == []
    assert state.editor
    assert state.editor.text == "alphakdu?q x\ny"
    state, effects = typed(state, "escape")
    assert (effects, shown(state), state.editor) == ([], "alpha", None)


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        (["ctrl-u", "enter"], "empty"),
        (["ctrl-u", *"beta", "enter"], "in the queue already"),
        (["ctrl-u", *"posted", "enter"], "was used: posted on Monday"),
    ],
)
def test_an_edit_that_cannot_be_saved_stays_open(keys: list[str], why: str) -> None:
    state, effects = typed(start(used=["posted"]), "e", *keys)
    assert why in state.notice
    assert state.editor
    assert effects == []


def test_an_edit_that_changes_nothing_writes_nothing() -> None:
    state, effects = typed(start(), "e", "x", "backspace", "enter")
    assert (effects, state.editor) == ([], None)


def test_a_kept_post_that_is_edited_is_open_again() -> None:
    state, _ = typed(start(), "k", "up", "e", "!", "enter")
    assert shown(state) == "alpha!"
    assert fingerprint("alpha!") not in state.verdicts


def test_one_card_for_all_copies_and_a_drop_takes_them_all() -> None:
    state, effects = typed(start(b"alpha\nbeta\nalpha \nalpha\n"), "d")
    assert [effect.place.number for effect in effects if isinstance(effect, Remove)] == [1, 2, 2]
    assert shown(state) == "beta"


def test_used_kept_and_dropped_posts_are_not_shown() -> None:
    before, _ = typed(start(), "k", "d")
    history = History(before.done, (), None, before.next_step)
    assert shown(start(b"alpha\nbeta\ngamma\ndelta\n", history, used=["gamma"])) == "delta"


def test_a_line_that_was_used_meanwhile_is_passed_over_with_a_notice() -> None:
    state = refresh(start(), lines(b"beta\ngamma\n"), {fingerprint("alpha"): "posted on Monday"})
    assert shown(state) == "beta"
    assert state.notice == "This post was used meanwhile: posted on Monday"


def test_the_edit_of_a_line_that_was_used_meanwhile_is_refused() -> None:
    state, _ = typed(start(), "e", "!")
    state = refresh(state, lines(b"beta\ngamma\n"), {fingerprint("alpha"): "posted on Monday"})
    state, effects = typed(state, "enter")
    assert effects == []
    assert "posted on Monday" in state.notice
    assert state.editor  # what was typed is still there to be copied
    state, _ = typed(state, "escape")
    assert shown(state) == "beta"


def test_new_lines_come_last_and_do_not_move_the_shown_card() -> None:
    state, _ = typed(start(), "k")
    state = refresh(state, lines(b"new\n" + ABC), {})
    assert shown(state) == "beta"
    state, _ = typed(state, "k", "k")
    assert shown(state) == "new"


def test_undo_of_what_was_posted_takes_back_only_the_decision() -> None:
    state, _ = typed(start(), "k")
    state = refresh(state, lines(b"beta\ngamma\n"), {fingerprint("alpha"): "posted on Monday"})
    state, effects = typed(state, "u")
    assert kinds(effects) == ["undo"]
    assert len(effects) == 1
    assert shown(state) == "beta"
    assert "posted on Monday" in state.notice


def test_recovery_finishes_the_last_step_and_only_once() -> None:
    _, effects = typed(start(), "d")
    entry = effects[0]
    assert isinstance(entry, Step)
    history = History((entry,), (), entry, 2)
    after, missing = recover(table(ABC), history)
    assert [type(one) for one in missing] == [Remove]
    assert recover(after, history)[1] == []
    undone = History((), (entry,), Undo("undo", 1, 0), 2)
    after, missing = recover(table(b"beta\ngamma\n"), undone)
    assert [type(one) for one in missing] == [PutBack]
    assert recover(after, undone)[1] == []


def test_help_takes_no_decision_and_q_quits() -> None:
    state, effects = typed(start(), "?", "d")
    assert (effects, state.helping, shown(state)) == ([], False, "alpha")
    assert typed(state, "q")[1] == ["quit"]


def test_score_order_has_every_tenth_at_random() -> None:
    posts = [f"post {number}" for number in range(100)]
    scores = {post: number / 100 for number, post in enumerate(posts)}
    found, by_chance = arrange([*posts, "by hand"], "score", scores, 1)
    assert found[-1] == "by hand"
    assert sorted(found) == sorted([*posts, "by hand"])
    best = [post for post in found[:-1] if post not in by_chance]
    assert found[9:90:10] == [post for post in found if post in by_chance][:9]
    assert best == sorted(best, key=lambda post: -scores[post])
    lucky = found[9:90:10]
    assert lucky != sorted(lucky, key=lambda post: -scores[post])
    assert (found, by_chance) == arrange([*reversed(posts), "by hand"], "score", scores, 1)
    assert found != arrange([*posts, "by hand"], "score", scores, 2).posts


def test_file_and_random_order() -> None:
    posts = [f"post {number}" for number in range(50)]
    assert arrange(posts, "file", {}) == (posts, frozenset())
    shuffled, by_chance = arrange(posts, "random", dict.fromkeys(posts, 1.0), 1)
    assert shuffled != posts
    assert sorted(shuffled) == sorted(posts) == sorted(by_chance)


def test_what_was_put_off_in_an_earlier_review_comes_last() -> None:
    before, _ = typed(start(), " ", " ")
    state = start(ABC, History(before.done, (), None, before.next_step))
    seen = []
    while text := shown(state):
        seen.append(text)
        state, _ = typed(state, "k")
    assert seen == ["gamma", "alpha", "beta"]


def test_the_tally_counts_this_review_and_everything_kept() -> None:
    kept = Step(1, 0, (Decision("keep", fingerprint("alpha"), "alpha"),))
    state, _ = typed(start(ABC, History((kept,), (), None, 2)), "s", "d", "u")
    counts = tally(state)
    assert (counts.made["star"], counts.made["drop"], counts.made["keep"]) == (1, 0, 0)
    assert (counts.kept, counts.left) == (2, 1)


def test_the_readme_names_every_key() -> None:
    table = PAGES["curating.md"].split("# Curating")[1].split("\n![The list")[0]
    named = re.findall(r"`(.)`|([→←↑↓]|space|backspace|Tab)", table)
    signs = {"→": "right", "←": "left", "↑": "up", "↓": "down", "space": " ", "Tab": "tab"}
    known = {signs.get(one or other, one or other) for one, other in named}
    assert {key for binding in review_keys.KEYS for key in binding.actions} <= known
