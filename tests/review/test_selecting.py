"""Pages, groups, filters, search and order, without a file or a terminal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from botus.review.machine.paging import intention
from botus.review.machine.rewording import reword
from botus.review.machine.state import ReviewState, begin, relaid, relaying
from botus.review.machine.steps import Effect
from botus.review.machine.table import PutBack, Remove
from botus.review.taste.order import Lesson, Order, arrange, arranging, finished
from botus.store.decisions.entries import History, Step
from botus.text import fingerprint
from tests.review.test_keys import kinds, shown, start, table, typed

TWELVE = b"".join(b"post %d\n" % number for number in range(12))


def texts(state: ReviewState) -> list[str]:
    return [state.table.cards[post].text for post in state.page]


def step_of(effects: list[Effect]) -> Step:
    entry = effects[0]
    assert isinstance(entry, Step)
    return entry


def test_a_page_is_decided_with_one_key_and_taken_back_with_one() -> None:
    state, effects = typed(start(TWELVE), "tab", "1", "3", "3", "5", "5", "5")
    assert effects == []
    assert texts(state) == [f"post {number}" for number in range(10)]
    assert state.listing
    assert intention(state, state.listing)["d"] == "keep 2 and drop the other 8"
    after, effects = typed(state, "d")
    assert [one.kind for one in step_of(effects).decisions] == ["keep", "drop", "star", *["drop"] * 7]
    assert sum(isinstance(effect, Remove) for effect in effects) == 8
    assert texts(after) == ["post 10", "post 11"]
    back, effects = typed(after, "u")
    assert kinds(effects) == ["undo"]
    assert sum(isinstance(effect, PutBack) for effect in effects) == 8
    assert "Taken back: 1 kept, 8 dropped, 1 starred" in back.notice
    assert texts(back) == texts(state)
    assert back.listing == state.listing  # the marks are there again
    assert back.verdicts == {}


def test_other_keys_of_the_page() -> None:
    state, effects = typed(start(TWELVE), "tab", "2", "2", "k")
    assert [one.kind for one in step_of(effects).decisions] == ["keep", "star", *["keep"] * 8]
    state, effects = typed(state, " ")
    assert [one.kind for one in step_of(effects).decisions] == ["later"] * 2
    assert texts(state) == ["post 10", "post 11"]  # they come again at the end
    state, effects = typed(state, "enter", "e", "s", "0", "tab")
    assert (effects, state.listing) == ([], None)
    state, _ = typed(state, "d", "d", "tab")
    assert (texts(state), typed(state, "d")[1]) == ([], [])


def test_a_small_screen_decides_only_what_it_shows() -> None:
    _, effects = typed(replace(start(TWELVE), page_size=3), "tab", "4", "d")
    assert len(step_of(effects).decisions) == 3


def test_everything_like_a_post_is_shown_first_and_then_decided_at_once() -> None:
    content = b"the sea is late again today\nabc\nthe sea is late again tonight\nthe tide\n"
    state, effects = typed(start(content), "m")
    assert effects == []
    assert texts(state) == ["the sea is late again today", "the sea is late again tonight"]
    state, effects = typed(state, "1", "d")
    assert [one.kind for one in step_of(effects).decisions] == ["keep", "drop"]
    assert (shown(state), state.listing) == ("abc", None)
    state, _ = typed(state, "m")
    assert "Nothing that is still to be decided is like" in state.notice
    state, _ = typed(state, "u")
    assert shown(state) == "the sea is late again today"


def test_filters_show_some_and_end() -> None:
    long = b"x" * 300
    state, _ = typed(start(b"a\nb\nc\n" + long + b"\ne\n"), "k", "s", "d")
    state = replace(state, flagged={fingerprint("e")})
    found = []
    for key in "ksdlf":
        after, effects = typed(state, "f", key)
        assert effects == []
        found.append(shown(after))
    assert found == ["a", "b", "c", "x" * 300, "e"]
    kept, _ = typed(replace(state, set_aside={fingerprint("a"): "422"}), "f", "l")
    assert shown(kept) == "a"
    state, _ = typed(state, "f", "d", "k")
    assert "the last one that the filter found" in state.notice
    assert state.verdicts[fingerprint("c")] == "keep"
    state, _ = typed(state, "f", "d")
    assert state.notice == "No post is dropped"
    assert shown(state) == "x" * 300


def test_within_a_filter_one_looks_decides_and_undoes() -> None:
    state, _ = typed(start(TWELVE), "f", "/", "1", "enter")
    seen = [shown(state)]
    for key in ("down", "down", "down", "up"):
        state, _ = typed(state, key)
        seen.append(shown(state))
    assert seen == ["post 1", "post 10", "post 11", "post 11", "post 10"]
    state, _ = typed(state, "d", "u", "k")
    assert shown(state) == "post 11"
    state, _ = typed(state, "e", "!", "enter")
    assert shown(state) == "post 11!"
    state, _ = typed(state, "f", "u")
    assert (shown(state), state.subset) == ("post 0", None)
    state, _ = typed(state, "f", "/", "(", "enter")
    assert "Not a regular expression" in state.notice


def test_search_goes_round_and_keys_are_text_in_it() -> None:
    state, effects = typed(start(b"a\nkd one\nb\nKD two\n"), "/", "k", "d", "x", "backspace", "enter")
    assert effects == []
    assert shown(state) == "kd one"
    state, _ = typed(state, "n")
    assert shown(state) == "KD two"
    state, _ = typed(state, "/", "enter")
    assert shown(state) == "kd one"
    state, _ = typed(state, "/", "z", "enter")
    assert state.notice == "Nothing here has 'z'"
    state, _ = typed(state, "/", "escape", "k")
    assert shown(state) == "a"  # deciding a post that was found leads back to the front


def test_dropped_posts_of_earlier_reviews_are_found() -> None:
    before, _ = typed(start(), "d", "d")
    state = start(b"gamma\n", History(before.done, (), None, before.next_step))
    state, _ = typed(state, "f", "d")
    assert shown(state) == "beta"  # dropped last
    state, effects = typed(state, "k")
    assert isinstance(effects[1], PutBack)
    assert shown(state) == "alpha"


def test_the_order_can_be_changed_while_one_post_is_shown() -> None:
    state, _ = typed(start(TWELVE), "k", "d", " ", "o", "n")
    order = [state.table.cards[post].text for post in state.deck]
    assert shown(state) == "post 3"
    assert order == ["post 0", "post 1", "post 3", *[f"post {n}" for n in range(11, 3, -1)], "post 2"]
    state, _ = typed(state, "o", "x")
    assert state.notice == "No such order"


def test_uncertain_posts_come_first() -> None:
    scores = {name: number / 10 for number, name in enumerate("abcde")}
    assert arrange([*"abcde"], "uncertain", scores).posts[0] == "c"
    assert arrange([*"abc"], "new", {}).posts == ["c", "b", "a"]


def test_what_was_learned_orders_unless_it_is_switched_off() -> None:
    scores = {fingerprint(f"post {number}"): 1 - number / 100 for number in range(12)}
    worth = {fingerprint(f"post {number}"): number / 100 for number in range(12)}
    state = begin(ReviewState(table(TWELVE), order="score", scores=scores, seed=3), History())
    state = relaid(replace(state, lesson=Lesson(40, 5, 0.9, worth)))
    assert shown(state) == "post 0"  # what is on the screen stays there
    state, _ = typed(state, "k")
    assert shown(state) == "post 11"
    state, _ = typed(state, "o", "l", "k")
    assert shown(state) == "post 1"


@pytest.mark.parametrize("keys", ["", "k", "d ", "ddkkddk", "u", "uu", "kuk", "up"])
def test_what_is_decided_while_the_deck_is_laid_out_anew_loses_no_post(keys: str) -> None:
    scores = {fingerprint(f"post {number}"): 1 - number / 100 for number in range(12)}
    worth = {fingerprint(f"post {number}"): number / 100 for number in range(12)}
    before = begin(ReviewState(table(TWELVE), order="score", scores=scores, seed=3), History())
    before, _ = typed(replace(before, lesson=Lesson(40, 5, 0.9, worth)), "k", "d")
    lay = finished(relaying(before))
    now, _ = typed(before, *(["up"] if keys == "up" else keys))
    after = lay(now)
    if after is None:  # it has to be done anew
        after = relaid(now)
    assert sorted(after.deck) == sorted(now.deck)
    assert shown(after) == shown(now)
    assert set(after.coming()) == {post for post in now.deck if now.is_open(post)}


def test_an_editor_of_ones_own() -> None:
    state, effects = typed(start(), "E")
    assert effects == ["edit"]
    after, effects = reword(state, "alpha and more\n", 1)
    assert kinds(effects) == ["edit"]
    assert shown(after) == "alpha and more"
    after, effects = reword(state, None, 1)
    assert (effects, shown(after), after.notice) == ([], "alpha", "Not changed")
    after, effects = reword(state, "beta", 1)
    assert effects == []
    assert "in the queue already" in after.notice
    assert after.editor
    assert after.editor.text == "beta"  # what was written is not lost


def test_a_comparison_is_asked_for() -> None:
    assert typed(start(), "c")[1] == ["compare"]


@pytest.mark.parametrize("order", ["score", "random", "file", "new", "uncertain"])
def test_an_order_is_the_same_in_pieces_of_any_size(order: Order) -> None:
    posts = [fingerprint(f"bell {number}") for number in range(60)]
    worth = {post: number % 7 / 7 for number, post in enumerate(posts) if number % 3}
    at_once = arrange(posts, order, worth, 5, since=4)
    assert sorted(at_once.posts) == sorted(posts)
    for piece in (1, 7, 60):
        assert finished(arranging(posts, order, worth, 5, 4, piece)) == at_once
