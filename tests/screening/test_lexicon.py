"""Words that a corpus lacks: a model that has seen nothing else invents them, others may know a few."""

from __future__ import annotations

import unicodedata

import pytest

from botus.screening.lexicon import FEWEST_POSTS, Lexicon
from botus.screening.rules import Rules
from botus.screening.screen import Screen

POST = "The keeper's kettle sings on the light-ship; Ålesund hears it at dawn, doesn't it?"
CORPUS = [POST] * FEWEST_POSTS


def varied(rare: list[str], posts: int = 1000) -> list[str]:
    """A corpus whose last posts each have some words of their own."""
    plain = [f"The kettle sings on {'the' if number % 2 else 'a'} ship." for number in range(posts)]
    return [*plain[: posts - len(rare)], *(f"The kettle sings {words}." for words in rare)]


@pytest.mark.parametrize(
    "post",
    [
        "THE KEEPER: dawn. Kettle?",
        "The ship’s light doesn’t, ÅLESUND sings",
        "At 17:30h #foghorn @gull https://gulls.example/x gulls.example",
        "The light — 灯台の霧 — sings; ฟ้า",
        "it x y z",
        "xyzzy the kettle",
    ],
)
def test_what_the_corpus_knows(post: str) -> None:
    lexicon = Lexicon(CORPUS, "Xyzzy:", is_all=True)
    assert [lexicon.lacking(post) for _ in range(6)] == [[]] * 6
    decomposed = [unicodedata.normalize("NFD", post) for post in CORPUS]
    assert Lexicon(decomposed, "Xyzzy:", is_all=True).lacking(post) == []


@pytest.mark.parametrize(
    ("post", "words"),
    [
        ("The Kettlening sings, kettlening at onemn.", ["kettlening", "onemn"]),
        ("Mr. Shobb hears it", ["mr", "shobb"]),
        ("Åles hears it at ålesunder", ["åles", "ålesunder"]),
        ("हिन्दी sings", ["हिन्दी"]),
        ("light-shop", ["shop"]),
    ],
)
def test_what_it_lacks(post: str, words: list[str]) -> None:
    lexicon = Lexicon(CORPUS, is_all=True)
    assert [lexicon.lacking(post) for _ in range(6)] == [words] * 6  # looked for, then counted


def test_a_prefix_may_change_from_text_to_text() -> None:
    lexicon = Lexicon(CORPUS, "Xyzzy", is_all=True)
    assert lexicon.lacking("Xyzzy café") == ["café"]
    lexicon.also = "Cafe\u0301"
    assert lexicon.lacking("Xyzzy café") == ["xyzzy"]


def test_a_small_corpus_tells_nothing() -> None:
    assert Lexicon(CORPUS[1:], is_all=True).lacking("Onemn shobbed") == []
    assert Lexicon([]).lacking("Onemn shobbed") == []


def test_of_a_model_that_has_seen_nothing_else_one_is_too_many() -> None:
    verdict = Screen(Rules(words=Lexicon(CORPUS, is_all=True))).check("The kettle shobbed it, onemn.")
    assert (verdict.reason, verdict.detail) == ("words the corpus lacks", "shobbed, onemn")
    off = Rules(words=Lexicon(CORPUS, is_all=True), off=frozenset({"words"}))
    assert Screen(off).check("The kettle shobbed it, onemn.").reason is None


def test_of_others_it_may_have_as_many_as_posts_of_the_corpus() -> None:
    """Of its 2,000 posts 21 have a word of their own, six of them two or more, one four."""
    rare = [f"rope{'a' * number}" for number in range(1, 16)]
    rare += [f"sail{'e' * number} mast{'o' * number}" for number in range(1, 6)]
    screen = Screen(Rules(words=Lexicon(varied([*rare, "oars boom keel hull"], 2000))))
    expected = [
        ("The kettle sings.", None, ()),
        ("The kettle sings thrice.", None, ()),
        ("The kettle sings thrice today.", None, ("words the corpus lacks: thrice, today",)),
        ("The kettle sings thrice today, anyway.", "words the corpus lacks", ()),
    ]
    for post, reason, flags in expected:
        verdict = screen.check(post)
        assert (verdict.reason, verdict.flags) == (reason, flags), post


def test_their_names_are_nobodys_invention() -> None:
    words = Lexicon(varied([]))
    assert words.limits == (0, 0)
    assert words.lacking("The kettle sings in Reykjavik, says NASA, and thrice") == [
        "in",
        "says",
        "and",
        "thrice",
    ]
