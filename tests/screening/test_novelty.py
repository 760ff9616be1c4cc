"""Copies are found, and named; what only sounds alike is not one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from botus.screening.likeness import copies, near
from botus.screening.likeness.copies import Corpus, allowed_run, words
from botus.screening.likeness.near import Near
from botus.screening.novelty import COPY, NEAR_COPY, Novelty

CORPUS = [
    "I love it.",
    "The tide moved a sandbank six inches to the east, to the embarrassment of the whole chart office.",
    "How to make money with a boat, a bell and two gulls",
    "🎉🎉🎉",
]


@pytest.mark.parametrize(
    ("count", "longest"),
    [(1, 4), (4, 4), (6, 4), (7, 4), (8, 5), (10, 7), (20, 14), (21, 14), (22, 15), (60, 15)],
)
def test_longest_run_that_may_be_shared(count: int, longest: int) -> None:
    assert allowed_run(count) == longest


@pytest.mark.parametrize(
    "post",
    [
        "i LOVE it!!",
        "🎉🎉🎉",
        "The tide moved a sandbank six inches to the east",
        "Last night the tide moved a sandbank six inches to the east, to the embarrassment of all.",
        "make money with a boat",
    ],
)
def test_copies_of_the_corpus(post: str) -> None:
    answer = Novelty(CORPUS).check(post)
    assert answer.reason == COPY
    assert answer.nearest is not None
    assert answer.nearest.text == CORPUS[answer.nearest.number - 1]
    assert answer.nearest.text in answer.detail


@pytest.mark.parametrize(
    "post",
    [
        "I love it so much",  # three words of a phrase
        "How to make money",  # four words, of which all are in one post
        "The tide moved a sandbank six, and then I moved it back",
        "🎉🎉",
        "",
        "make money with a gull, a boat, a bell",
    ],
)
def test_what_is_no_copy(post: str) -> None:
    assert Novelty(CORPUS).check(post).reason is None


def test_run_does_not_go_on_from_one_post_into_the_next() -> None:
    assert Novelty(["one two three", "four five six"]).check("one two three four five six").reason is None


def test_nearest_post_is_named_with_its_run() -> None:
    nearest = Novelty(CORPUS).check("The tide moved a sandbank six, and then I moved it back again").nearest
    assert nearest is not None
    assert (nearest.number, nearest.run) == (2, 6)
    assert Novelty(CORPUS).check("Nothing of this has been said by anybody before").nearest is None


def test_copies_are_found_in_scripts_without_spaces() -> None:
    corpus = ["私は昨日の夜に古い灯台の上で大きな鳥を見ましたがそれは夢でした"]
    assert Novelty(corpus).check("私は昨日の夜に古い灯台の上で大きな鳥を見ました").reason == COPY
    assert Novelty(corpus).check("古い灯台で見た夢の話をしましょう").reason is None


def _longest_shared(mine: Sequence[str], theirs: Sequence[str]) -> int:
    """By trying everything."""
    return max(len(run) for run in _runs(mine) & _runs(theirs))


def _runs(words: Sequence[str]) -> set[tuple[str, ...]]:
    return {tuple(words[start:end]) for start in range(len(words)) for end in range(start, len(words) + 1)}


def test_a_copy_is_found_though_later_posts_have_all_its_pieces() -> None:
    copied = [f"w{number}" for number in range(10)]
    pieces = [["x", *copied[start : start + 5], "y"] for start in range(6)]
    corpus = Corpus([" ".join(post) for post in (copied, *pieces)])
    text = [*copied[:9], "other"]
    found = corpus.copied(" ".join(text), text)
    assert found is not None
    assert (found.number, found.run) == (1, 9)


def test_the_search_of_the_corpus_is_not_misled_by_the_bytes_of_other_words() -> None:
    vocabulary = [f"w{number}" for number in range(1, 257)]  # the last one is number 256: 00 01 00 00
    corpus = Corpus([" ".join(vocabulary), "w256 " * 9, "w1 " * 9, "w1 " * 5])
    found = corpus.copied("w1 " * 9 + "other", [*["w1"] * 9, "other"])
    assert found is not None
    assert (found.number, found.run) == (3, 9)


_few_words = st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=24)


@settings(max_examples=150, deadline=None)
@given(st.lists(_few_words, min_size=1, max_size=12), _few_words)
def test_exactly_the_copies_are_found(corpus: list[list[str]], post: list[str]) -> None:
    longest = max(_longest_shared(post, other) for other in corpus)
    is_copy = longest > allowed_run(len(post)) or post in corpus
    found = Corpus([" ".join(other) for other in corpus]).copied(" ".join(post), post)
    assert (found is not None) == is_copy
    if found is not None:
        assert found.run == _longest_shared(post, corpus[found.number - 1])
        assert found.run > allowed_run(len(post)) or corpus[found.number - 1] == post


def _jaccard(one: list[str], other: list[str]) -> float:
    mine, theirs = ({(a, b, c) for (a, b), (_, c) in pairwise(pairwise(["", *w, ""]))} for w in (one, other))
    return len(mine & theirs) / len(mine | theirs)


@settings(max_examples=150, deadline=None)
@given(st.lists(_few_words, min_size=1, max_size=12), _few_words)
def test_exactly_the_near_duplicates_are_found(known: list[list[str]], post: list[str]) -> None:
    index = Near()
    for other in known:
        index.add(near.marks(other))
    found = index.find(near.marks(post))
    overlaps = [_jaccard(post, other) >= near.NEAR for other in known]
    assert (found is not None) == any(overlaps)
    assert found is None or overlaps[found]


def test_near_duplicates_stay_found_while_the_index_grows() -> None:
    index = Near()
    posts = [[f"{number * place % 9973}" for place in range(1, 15)] for number in range(1, 700)]
    for post in posts:
        index.add(near.marks(post))
    assert [index.find(near.marks([*post[:-1], "other"])) for post in posts] == list(range(len(posts)))


@pytest.mark.parametrize(
    ("source", "post", "reason"),
    [
        ("the queue", "The  tide moved a\u200b sandbank and left.", "already in the queue"),
        ("the log", "the tide MOVED a sandbank, and left", "much like one in the log"),
        ("the dropped lines", "Tonight the tide was moved by a sandbank.", None),
    ],
)
def test_known_texts_are_named_by_where_they_are(source: str, post: str, reason: str | None) -> None:
    answer = Novelty([], [(source, "The tide moved a sandbank and left.")]).check(post)
    assert answer.reason == reason


@pytest.mark.parametrize(
    ("one", "other", "is_near"),
    [
        ("Google is the new Yahoo", "Google is the new AOL", False),
        (
            "A Munich judge sends a killer home with a piglet",
            "A French judge sends a killer home with a swan",
            False,
        ),
        (
            "It read for 37 days all the reviews of spoons and now it knows about the moon",
            "It read for 9 days all the reviews of spoons and now it knows about the moon",
            True,
        ),
        (
            "I am, of course, not joking about the fractal cocktail. From",
            "I am, of course, not joking about the fractal cocktail:",
            True,
        ),
        ("Hello", "hello!", True),
    ],
)
def test_nearly_the_same(one: str, other: str, is_near: bool) -> None:
    assert (Novelty([], [("the queue", one)]).check(other).reason is not None) == is_near


LONG = (
    "Before breakfast the keeper counted every gull on the railing and wrote a stern letter to the tallest."
)
LETTERS = "灯台の猫は毎朝起きて海のむこうから来る船を待つ"


@pytest.mark.parametrize(
    ("post", "reason"),
    [
        (LONG.replace("gull", "herring"), NEAR_COPY),
        (LONG.replace("gull ", ""), NEAR_COPY),
        (LONG.replace("gull", "quite improper gull"), NEAR_COPY),
        (LONG.replace("every gull", "gull every").upper(), NEAR_COPY),
        (LONG.replace("Before", "After"), COPY),  # all the rest is one run
        (LONG.replace("counted", "painted").replace("stern", "long"), None),
        (LETTERS.replace("海", "山"), NEAR_COPY),
        ("The keeper counted every letter to the railing before breakfast and wrote a stern gull.", None),
    ],
)
def test_near_copies_of_the_corpus_are_refused(post: str, reason: str | None) -> None:
    answer = Novelty([*CORPUS, LONG, LETTERS]).check(post)
    assert answer.reason == reason
    if reason == NEAR_COPY:
        assert answer.nearest is not None
        assert answer.nearest.text in (LONG, LETTERS)
        assert answer.detail == f"post {answer.nearest.number}: {answer.nearest.text}"


def test_the_same_form_with_another_filling_is_another_post() -> None:
    corpus = ["Google is the new Yahoo", "A Munich judge sends a killer home with a piglet"]
    assert Novelty(corpus).check("AOL is the old Yahoo").reason is None
    assert Novelty(corpus).check("A French judge sends a killer home with a swan").reason is None


@settings(max_examples=150, deadline=None)
@given(st.lists(_few_words, min_size=1, max_size=12), _few_words)
def test_the_corpus_is_measured_as_the_queue_is(corpus: list[list[str]], post: list[str]) -> None:
    posts = [" ".join(other) for other in corpus]
    measured = Corpus(posts)
    answers = [measured.near(post) for _ in range(8)]  # the corpus is looked through at first, then indexed
    index = Near()
    for other in corpus:
        index.add(near.marks(other))
    assert {found is None for found in answers} == {index.find(near.marks(post)) is None}


def test_a_text_near_to_both_is_named_with_the_known_one() -> None:
    answer = Novelty([LONG], [("the queue", LONG.replace("gull", "swan"))]).check(
        LONG.replace("gull", "herring")
    )
    assert answer.reason == "much like one in the queue"


def test_what_is_accepted_is_not_new_again() -> None:
    novelty = Novelty([])
    assert novelty.check("A post that is new to all.").reason is None
    novelty.add("A post that is new to all.")
    assert novelty.check("A post that is new to all.").reason == "already in this run"
    assert novelty.check("A post that is new to all!").reason == "much like one in this run"


def test_copies_are_allowed_without_a_corpus() -> None:
    assert Novelty([]).check(CORPUS[1]).reason is None


def test_words_ignore_case_punctuation_and_the_kind_of_apostrophe() -> None:
    assert words("Don’t STOP—now, e\u0301te\u0301 “2go”") == ["don't", "stop", "now", "été", "2go"]
    assert copies.words("don't") == ["don't"]
