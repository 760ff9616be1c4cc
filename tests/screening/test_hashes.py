"""What is left of a forgotten corpus refuses every copy, few texts more, and holds no words."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from botus import demo
from botus.screening.likeness.copies import LONGEST_RUN, SHORTEST_RUN, Corpus, allowed_run, words
from botus.screening.likeness.hashes import SALT, Hashes, make
from botus.screening.novelty import COPY, Novelty
from botus.screening.rules import hashtags_of
from botus.store.corpus import read
from tests.screening.test_novelty import CORPUS

GRAINS = bytes(range(SALT))
DEMO = read(demo.corpus()).posts[:2000]


def hashed(posts: list[str]) -> Hashes:
    return make(posts, hashtags_of(posts), GRAINS)


def spliced(rng: random.Random, posts: list[list[str]], count: int) -> str:
    """A text of so many words, made of allowed pieces of several posts."""
    found: list[str] = []
    while len(found) < count:
        post = rng.choice(posts)
        most = min(len(post), count - len(found), allowed_run(count))
        size = rng.randint(1, most)
        at = rng.randint(0, len(post) - size)
        found += post[at : at + size]
    return " ".join(found)


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
def test_copies_are_refused_without_naming_a_post(post: str) -> None:
    answer = Novelty([], (), [hashed(CORPUS)]).check(post)
    assert (answer.reason, answer.nearest) == (COPY, None)
    assert answer.detail.endswith("a forgotten post")
    assert not any(other in answer.detail for other in CORPUS)


@pytest.mark.parametrize(
    "post",
    [
        "I love it so much",
        "How to make money",
        "The tide moved a sandbank six, and then I moved it back",
        "🎉🎉",
        "",
        "make money with a gull, a boat, a bell",
    ],
)
def test_what_is_no_copy_passes(post: str) -> None:
    assert Novelty([], (), [hashed(CORPUS)]).check(post).reason is None


def test_the_shared_run_is_told_without_a_post() -> None:
    nearest = (
        Novelty([], (), [hashed(CORPUS)]).check("The tide moved a sandbank six, and then I left it").nearest
    )
    assert nearest is not None
    assert (nearest.number, nearest.text, nearest.run) == (0, "", 6)


def test_a_post_that_can_be_named_goes_before_one_that_cannot() -> None:
    answer = Novelty(CORPUS, (), [hashed(CORPUS)]).check("The tide moved a sandbank six, and then I left it")
    assert answer.nearest is not None
    assert answer.nearest.number == 2


_few_words = st.lists(st.sampled_from(["a", "b", "c", "早", "#"]), min_size=1, max_size=26)


@settings(max_examples=200, deadline=None)
@given(st.lists(_few_words, min_size=1, max_size=12), _few_words, st.data())
def test_no_copy_is_ever_missed(corpus: list[list[str]], post: list[str], data: st.DataObject) -> None:
    posts, other = [" ".join(each) for each in corpus], data.draw(st.sampled_from(corpus))
    start = data.draw(st.integers(0, len(other)))
    for text in (" ".join(post), " ".join([*post[:4], *other[start:], *post[4:]])):
        if Corpus(posts).copied(text, words(text)):
            assert hashed(posts).copied(text, words(text)) is not None


def test_every_length_that_the_rule_needs_is_hashed() -> None:
    assert {allowed_run(count) + 1 for count in range(1, 100)} == set(range(SHORTEST_RUN, LONGEST_RUN + 2))


@pytest.mark.proof
def test_splices_and_cut_posts_of_a_real_corpus_are_judged_as_with_the_corpus() -> None:
    exact, left, rng = Corpus(DEMO), hashed(DEMO), random.Random(5)
    posts = [words(post) for post in DEMO]
    texts = [spliced(rng, posts, rng.randint(5, 30)) for _ in range(1500)]
    texts += [" ".join([*rng.choice(posts)[: rng.randint(1, 20)], "quite", "other"]) for _ in range(1500)]
    copies = [exact.copied(text, words(text)) is not None for text in texts]
    refused = [left.copied(text, words(text)) is not None for text in texts]
    assert sum(copies) > 500
    assert not any(copy and not refuse for copy, refuse in zip(copies, refused, strict=True))
    assert sum(refused) - sum(copies) < 0.005 * len(texts)


def test_few_texts_of_other_words_are_refused() -> None:
    left, rng = hashed(DEMO), random.Random(6)
    vocabulary = sorted({word for post in DEMO for word in words(post)})
    texts = [rng.choices(vocabulary, k=rng.randint(5, 12)) for _ in range(5000)]
    assert sum(left.copied("", text) is not None for text in texts) < 50


def test_hashtags_are_known_again() -> None:
    left = hashed(["All hands #Fog #早"])
    assert left.has_hashtag("fog")
    assert left.has_hashtag("早")
    assert not left.has_hashtag("gulls")


def test_the_table_is_small_and_tells_little_of_one_run() -> None:
    left = hashed(DEMO)
    share = sum(byte.bit_count() for byte in left.table) / (8 * len(left.table))
    assert 0.3 < share < 0.52  # so often does a long run seem to be there that never was
    assert len(left.table) < 50 * len(DEMO)


def test_another_salt_gives_another_table() -> None:
    assert make(CORPUS, [], GRAINS).table != make(CORPUS, [], GRAINS[::-1]).table


def test_the_order_of_posts_is_not_kept() -> None:
    assert make(CORPUS, [], GRAINS).table == make(CORPUS[::-1], [], GRAINS).table
