"""Reading and learning while one reads: from what, when, in which pieces, and what is said about it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from botus.review.learning import Learner, is_due, lessons
from botus.review.machine.explaining import about_order, drawn, keepers_left, ordered, reasons
from botus.review.machine.keys import press
from botus.review.machine.state import ReviewState, begin
from botus.review.session import open_session
from botus.review.taste.order import Order
from botus.review.taste.trust import is_enough
from botus.store.decisions.entries import Decision, History, Step
from botus.store.decisions.journal import Decisions
from botus.text import escape
from tests.review.test_keys import table

WORDS = ("keeper", "counts", "dark", "drawer", "night", "sea", "late", "tide", "again", "salt", "lamp")


def posts(count: int, seed: int = 0) -> list[str]:
    rng = Random(seed)
    return [" ".join(rng.choices(WORDS, k=6)) + f" {number}." for number in range(count)]


def begun(texts: list[str], order: Order = "score", seed: int = 0) -> ReviewState:
    lines = "".join(f"{escape(text)}\n" for text in texts).encode()
    return begin(ReviewState(table(lines), order=order, seed=seed), History())


def thought(learner: Learner, state: ReviewState) -> tuple[ReviewState, int]:
    pieces = 0
    while (after := learner.work(state)) is not None:
        state, pieces = after, pieces + 1
    return state, pieces


def decided(state: ReviewState, count: int, liked: str = "lamp") -> ReviewState:
    learner = Learner(lambda post: None)
    for number in range(count):
        state, _ = thought(learner, state)
        if state.current is None:
            break
        state, _ = press(state, "k" if liked in state.current.text else "d", number)
    return thought(learner, state)[0]


def test_what_the_person_likes_comes_first() -> None:
    state = decided(begun(posts(400)), 60)
    assert state.is_taught
    coming = [state.table.cards[post].text for post in state.deck[state.front + 1 :][:30]]
    assert sum("lamp" in text for text in coming) > 22
    assert state.lesson
    assert (state.lesson.decisions, state.lesson.trust > 0.9) == (60, True)
    assert "for it: “lamp”" in " ".join(reasons(state, next(state.coming())))


def test_the_same_decisions_make_the_same_order() -> None:
    first, again = (decided(begun(posts(100)), 40) for _ in range(2))
    assert first.deck == again.deck
    assert decided(begun(posts(100), seed=1), 40).deck != first.deck
    assert sorted(first.deck) == sorted(begun(posts(100)).deck)


def test_reading_and_learning_are_cut_into_small_pieces() -> None:
    state = begun(posts(3000))
    learner = Learner(lambda post: None)
    state, pieces = thought(learner, state)
    assert pieces > 3000 / 100
    for number in range(120):
        state, _ = press(state, "k" if number % 9 == 0 else "d", number)
    state, pieces = thought(learner, state)
    assert state.lesson
    assert pieces > 30
    assert thought(learner, state)[1] == 0


def test_keys_that_are_pressed_meanwhile_are_not_lost() -> None:
    state, learner, rng = begun(posts(300)), Learner(lambda post: None), Random(1)
    for number in range(200):
        for _ in range(rng.randrange(12)):
            state = learner.work(state) or state
        state, _ = press(state, rng.choice("kdds ku"), number)
    state, _ = thought(learner, state)
    assert sorted(set(state.deck)) == sorted(state.deck)
    assert set(state.deck) == set(state.table.cards)
    assert all(not state.is_open(post) for post in state.deck[: state.front])


def test_when_there_is_a_lesson() -> None:
    assert [is_enough(*one) for one in ((29, 3), (30, 0), (30, 30), (30, 1))] == [False, False, False, True]
    assert [is_due(*one) for one in ((39, 12, 30, 12), (40, 12, 30, 12), (31, 2, 30, 1))] == [
        False,
        True,
        True,
    ]
    assert list(lessons(55)) == [30, 40, 50]


def test_the_last_keep_taken_back_leaves_the_score() -> None:
    learner, state = Learner(lambda post: None), begun(posts(80))
    for number in range(31):
        state, _ = thought(learner, state)
        state, _ = press(state, "k" if number == 30 else "d", number)
    state, _ = thought(learner, state)
    assert ordered(state).long == "taste half trusted until three are kept (31 decisions, 1 kept)"
    state, _ = thought(learner, press(state, "u", 99)[0])
    assert (state.lesson, ordered(state).short) == (None, "by score")


@pytest.mark.parametrize(
    ("keys", "count", "words"),
    [
        ("", 0, "by score; 30 decisions teach it your taste"),
        ("k", 1, "by score; 29 more decisions teach it your taste"),
        ("k", 60, "by score; the first drop teaches it your taste"),
        ("d", 60, "by score; the first keep teaches it your taste"),
        ("kkkd", 29, "by score; 1 more decision teaches it your taste"),
        ("dkkkkkkkkk", 20, "by score; 10 more decisions teach it your taste"),
        ("kkkkkd" + 54 * "k", 60, "taste half trusted until three are dropped (60 decisions, 59 kept)"),
    ],
)
@pytest.mark.parametrize("texts", [posts(70), ["the same"], ["海は静か。", "灯台", "🌊"]])
def test_whatever_is_decided_there_is_an_order_and_a_true_sentence(
    keys: str, count: int, words: str, texts: list[str]
) -> None:
    state, learner = begun(texts), Learner(lambda post: None)
    for number in range(min(count, len(texts))):
        state, _ = thought(learner, state)
        state, _ = press(state, keys[number % len(keys)], number)
    state, _ = thought(learner, state)
    assert len(state.deck) == len(set(texts))
    if len(texts) > 3:
        assert ordered(state).long == words
    assert next(about_order(state)).lower() == f"{ordered(state).long}."


def test_an_empty_deck_has_an_order_too() -> None:
    state, pieces = thought(Learner(lambda post: None), begun([]))
    assert (state.deck, pieces) == ((), 0)
    assert list(keepers_left(state)) == []


def test_random_cards_tell_what_is_left_and_the_others_what_the_order_is_worth() -> None:
    state, learner = begun(posts(300)), Learner(lambda post: None)
    for number in range(205):
        state, _ = thought(learner, state)
        post = state.deck[state.front]
        state, _ = press(state, "d" if post in state.by_chance else "k", number)
    marks = [one.drawn for step in state.done for one in step.decisions]
    assert marks.count("random") == 20
    assert marks.index("random") == 9
    lines = list(about_order(state))
    assert "Kept 100 of the last 100, of random cards 0 of 20." in lines
    assert lines[-1].startswith("None of 20 random cards was kept: at most about ")
    assert len(drawn(state)) == 20


def test_a_card_that_was_looked_for_tells_neither() -> None:
    state, _ = thought(Learner(lambda post: None), begun(posts(30)))
    found, _ = press(state, "/", 1)
    for key in (*"29.", "enter", "d"):
        found, _ = press(found, key, 2)
    assert [one.drawn for step in found.done for one in step.decisions] == [None]
    state, _ = press(state, "d", 1)
    assert [one.drawn for step in state.done for one in step.decisions] == ["order"]


def test_decisions_of_earlier_reviews_teach_from_the_first_card(tmp_path: Path) -> None:
    texts = posts(200)
    (tmp_path / "tweets.txt").write_text("".join(f"{text}\n" for text in texts))
    with open_session(tmp_path) as session:
        for _ in range(60):
            assert session.state.current
            session.press("s" if "lamp" in session.state.current.text else "d")
        session.think_through()
        before = session.state.lesson
    with open_session(tmp_path) as session:
        lesson = session.state.lesson
        assert lesson
        assert before
        assert (lesson.decisions, lesson.kept) == (60, before.kept)
        assert session.state.current
        assert "lamp" in session.state.current.text
        assert len(drawn(session.state)) == 6


def test_how_a_card_came_is_kept_in_the_journal(tmp_path: Path) -> None:
    decisions = Decisions(tmp_path)
    decisions.append(Step(1, 1, (Decision("keep", "f", "the tide", drawn="random"),)))
    decisions.append(Step(2, 2, (Decision("drop", "g", "the sea"),)))
    found = [one.drawn for step in decisions.history().done for one in step.decisions]
    assert found == ["random", None]
    lines = decisions.path.read_text().splitlines()
    assert ['"drawn"' in line for line in lines] == [True, False]


def test_learning_can_be_switched_off() -> None:
    state = decided(replace(begun(posts(100)), learning=False), 40)
    assert (state.lesson, ordered(state).long) == (None, "by score")


@pytest.mark.parametrize("keys", ["ol", "u" * 12])
def test_what_is_said_of_a_card_is_what_makes_the_order(keys: str) -> None:
    learner, state = Learner(lambda post: None), begun(posts(100))
    for number in range(40):
        state, _ = thought(learner, state)
        assert state.current
        state, _ = press(state, "k" if "lamp" in state.current.text else "d", number)
    state, _ = thought(learner, state)
    post = next(post for post in state.coming() if "lamp" in state.table.cards[post].text)
    assert "“lamp”" in " ".join(reasons(state, post))
    for key in keys:
        state, _ = press(state, key, 99)
    state, _ = thought(learner, state)
    assert "“" not in " ".join(reasons(state, post))


def test_decisions_that_are_still_to_be_learned_from_are_not_asked_for() -> None:
    state = begun(posts(100))
    for number in range(40):
        state, _ = press(state, "d" if number % 8 else "k", number)
    assert ordered(state).long == "by chance until all is read; your taste is being learned"


def test_keeps_taken_back_leave_the_taste_half_trusted() -> None:
    learner, state = Learner(lambda post: None), begun(posts(80))
    for number in range(40):
        state, _ = thought(learner, state)
        liked = state.current is not None and "lamp" in state.current.text
        state, _ = press(state, "k" if liked and number > 31 else "d", number)
    state, _ = thought(learner, state)
    assert state.lesson
    assert state.lesson.trust != 0.5
    while state.lesson.kept > 2:
        state, _ = thought(learner, press(state, "u", 99)[0])
        assert state.lesson
    assert (state.lesson.kept, state.lesson.trust) == (2, 0.5)


def test_few_keepers_are_said_in_whole_words() -> None:
    state = begun(posts(40))
    steps = [
        Step(number, number, (Decision("keep" if number == 1 else "drop", f"{number}", "x", drawn="random"),))
        for number in range(1, 41)
    ]
    state = begin(state, History(tuple(steps)))
    assert list(keepers_left(state)) == ["About 1 keeper among the 40 left (0 to 7), by 40 random cards."]


def test_that_hardly_any_keeper_is_left_is_not_said_as_none() -> None:
    decisions = [Decision("drop", f"{number}", "x", drawn="random") for number in range(60)]
    decisions += [Decision("keep", f"{number}", "x", drawn="order") for number in range(60, 200)]
    steps = [Step(number, number, (one,)) for number, one in enumerate(decisions, 1)]
    state = begin(begun(posts(40)), History(tuple(steps)))
    said = "None of 60 random cards was kept: at most about 1 in 1,000 of what is left."
    assert list(keepers_left(state)) == [said]
