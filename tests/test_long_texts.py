"""No rule, parser or counter takes a time that grows with the square of a text's length.

Every function gets texts half as long as the longest that is looked at at all. One that looks at all the rest
for every letter needs a minute of CPU for them, one that does not a few hundredths of a second; the alarm
between the two is far from both, on any machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from botus import markup, text
from botus.corpus import cleaning
from botus.corpus.parsing import words
from botus.platforms import lengths
from botus.screening import loops, mentions, repair, rules
from botus.screening.denylist import parse_denylist
from botus.screening.likeness import copies
from tests.support.alarms import alarm

pytestmark = pytest.mark.proof

PIECES = (
    *("a-", "a@", "b.", "(", "[](", "<p", "<a ", "<!--", "RT @", "= ", "|", "@a@b.c ", "a", "a ", " ", "\\"),
    *(
        "&amp;",
        "&",
        "http://",
        "a.",
        "#a",
        '"',
        "“",
        "a\u0301",
        "\u0301",
        "क्ष",
        "👩\u200d",
        "日本",
        "1",
        "1. ",
    ),
    *("1/2 ", ".", "…", "- ", ": ", "x: y\n", "\n", "< >", "@", "w/@a ", "Ã©", "\U000e0061", "\u202e", "b'"),
    *(
        "(cont)",
        "via ",
        "!?",
        "'",
        "a'",
        "_a",
        "*",
        "`",
        "%\n",
        "<|",
        "<|endoftext|>",
        "ab cd ef gh ",
        "and @a, ",
    ),
)
LENGTH = text.LONGEST_POST // 2
ENOUGH = 2.5  # seconds for one text
DENYLIST = parse_denylist(b"kettle\nwet spoon\n")
RULES = rules.Rules(denylist=DENYLIST, hashtags=frozenset())
FUNCTIONS: dict[str, Callable[[str], object]] = {
    **{f"rule {name}": lambda post, check=check: check(post, RULES) for name, check in rules.RULES.items()},
    "precheck": lambda post: rules.precheck(post, DENYLIST),
    "x_length": lengths.x_length,
    "mastodon_length": lengths.mastodon_length,
    "bluesky_length": lengths.bluesky_length,
    "urls": lengths.urls,
    "fingerprint": text.fingerprint,
    "normalise": text.normalise,
    "escape": text.escape,
    "unescape": text.unescape,
    "repair.mentions": repair.mentions,
    "repair.links": repair.links,
    "repair.holes": repair.holes,
    "repair.quotes": repair.quotes,
    "repair.brackets": repair.brackets,
    "repair.entities": repair.entities,
    "repair.invisible": repair.invisible,
    "repair.unbroken": repair.unbroken,
    "mentions.find": mentions.find,
    "mentions.without": mentions.without,
    "loops.find": loops.find,
    "copies.words": copies.words,
    "quotation": words.quotation,
    "is_part": words.is_part,
    "clean": lambda post: cleaning.clean(post, cleaning.Treatment()),
    "html_text": markup.html_text,
    "unescaped": markup.unescaped,
}


def nasty() -> Iterator[str]:
    for piece in PIECES:
        yield (piece * LENGTH)[:LENGTH]
    yield "a-" * (LENGTH // 2 - 4) + ".com"
    yield "a@" + "b." * (LENGTH // 2 - 2)
    yield "http://" + "a." * (LENGTH // 2 - 4)
    yield "https://x.example/" + "(" * (LENGTH - 20)
    yield " ".join(f"w{number}" for number in range(LENGTH // 7))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_long_text_takes_no_time(name: str) -> None:
    for post in nasty():
        with alarm(ENOUGH):
            FUNCTIONS[name](post)


def test_what_no_platform_takes_is_not_looked_at() -> None:
    endless = "a-" * text.LONGEST_POST + ".com"
    assert "longer than any platform takes" in (rules.precheck(endless, DENYLIST) or "")
    assert lengths.x_length(endless) == lengths.mastodon_length(endless) == len(endless)
    assert lengths.urls(endless) == []


def test_a_long_name_is_no_link_and_a_long_path_is_one() -> None:
    assert lengths.x_length(f"https://example.com/{'a-' * 60}b") == 23
    assert lengths.x_length("a-" * 60 + "b.com") == 125
