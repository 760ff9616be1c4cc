"""What becomes of the words of a post before it is trained on: mentions, links, entities, white space. Pure.

A name or link at an end takes along what only led to it (`.@name`, `via @name`). A post whose sentence would
have a hole is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from botus.screening import mentions, repair
from botus.screening.rules import RULES, Rules
from botus.text import normalise

BROKEN = "needs its mention or link"
# What no text needs and some file would not take: control characters and halves of surrogate pairs.
_UNWRITABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_BLANKS = re.compile(r"[ \t\xa0]{2,}|[\t\xa0]")
_GAPS = re.compile(r"\n{3,}")
_BEFORE = re.compile(r"^[\s.,:;/–—-]+")
_AFTER = re.compile(r"(?:^|[\s,|(/–—-]+)(?:/?via|h/t|cc)[\s:]*$", re.IGNORECASE)
_NEAR = 80
_ANY_LENGTH = Rules(min_chars=0)
_OPENS = re.compile(r"\s*[.,]?\s*[@＠<]")


@dataclass(frozen=True)
class Treatment:
    """What a person wants done."""

    # `drop` them from a post, `keep` them, or `refuse` the post
    mentions: str = "drop"
    links: str = "drop"
    # whether `&amp;` and its like, which an export has left over, become what they stand for
    entities: bool = True


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A cleaned text, "" where nothing was left; why it is refused, or ""; what was taken out of it."""

    text: str
    refused: str = ""
    removed: tuple[str, ...] = ()


def clean(raw: str, treatment: Treatment) -> Cleaned:
    """Clean the text of a post."""
    post = tidy(raw)
    removed = []
    if treatment.entities and "&" in post:
        # Twice, because some exports have escaped what was escaped already: `&amp;lt;`.
        decoded = tidy(repair.entities(repair.entities(post)))
        if decoded != post:
            post = decoded
            removed.append("entities")
    for name, policy, find, without in (
        ("links", treatment.links, repair.linked, _without_links),
        ("mentions", treatment.mentions, mentions.find, _without_mentions),
    ):
        if policy == "keep" or not find(post):
            continue
        if policy == "refuse":
            return Cleaned(post, name.removesuffix("s"))
        post = tidy(without(post))
        if find(post):
            return Cleaned(post, BROKEN)
        removed.append(name)
    if removed and RULES["short"](post, _ANY_LENGTH):  # nothing but punctuation
        post = ""
    return Cleaned(post, "", tuple(removed))


def tidy(post: str) -> str:
    """Put white space and invisible characters in order; the words and the line breaks stay."""
    post = repair.invisible(_UNWRITABLE.sub("", normalise(post)))
    return _GAPS.sub("\n\n", normalise(_BLANKS.sub(" ", post)))


def _without_mentions(post: str) -> str:
    without = repair.mentions(post)
    if _OPENS.match(post):
        without = _BEFORE.sub("", without)
    return _without_lead(repair.holes(without))


def _without_links(post: str) -> str:
    return _without_lead(repair.holes(repair.links(post)))


def _without_lead(post: str) -> str:
    return post[:-_NEAR] + _AFTER.sub("", post[-_NEAR:])
