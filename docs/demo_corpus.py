"""Draws the demo corpus from demo_grammar.txt, the same bytes on every machine: botus/demo/corpus.txt.

Alternatives are not quite independent: within one post no line of the grammar is used twice, and a post that
tells the time twice is drawn again; both would sound absurd.

python docs/demo_corpus.py
"""

from __future__ import annotations

import random
import re
from pathlib import Path

from botus import demo

SEED = 1871
POSTS = 12_000
SHORTEST, LONGEST = 15, 200  # characters of a post

# One rule: its lines, and the running sum of their weights.
Grammar = dict[str, tuple[list[str], list[int]]]

_RULE = re.compile(r"\{(\w+)\}")
_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_WEIGHTED = re.compile(r"(\d+)\* (.*)")
_SENTENCE_START = re.compile(r"(^\"?|[.?!] \"?|\"\. )([a-z])")
_ARTICLE = re.compile(r"\b([Aa]) (?=[aeio]|u[ln])")  # "a useful", but "an unlit", "an umbrella"


def corpus_text() -> str:
    """The whole corpus.txt, drawn anew from the grammar."""
    grammar = read_grammar(Path(__file__).with_name("demo_grammar.txt").read_text(encoding="utf-8"))
    return "".join(f"{post}\n" for post in posts(grammar))


def posts(grammar: Grammar, seed: int = SEED, count: int = POSTS) -> list[str]:
    """Draws distinct posts.

    Args:
        grammar: the rules, from `read_grammar`; the rule `post` is where each post begins.
        seed: the same seed gives the same posts in the same order.
        count: how many posts.
    """
    rng = random.Random(seed)
    times = set(grammar["time"][0])
    drawn: dict[str, None] = {}
    while len(drawn) < count:
        used: set[str] = set()
        post = finish(_expand("{post}", grammar, rng, used))
        if SHORTEST <= len(post) <= LONGEST and len(times & used) < 2:
            drawn[post] = None
    return list(drawn)


def read_grammar(text: str) -> Grammar:
    """Reads the notation described at the head of demo_grammar.txt.

    Args:
        text: the whole file.
    """
    grammar: Grammar = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith("@"):
            lines, sums = grammar[line[1:]] = ([], [])
        elif not line.startswith("#"):
            weighted = _WEIGHTED.fullmatch(line)
            lines.append(weighted[2] if weighted else line)
            sums.append((sums[-1] if sums else 0) + (int(weighted[1]) if weighted else 1))
    return grammar


def finish(text: str) -> str:
    """Gives an expanded text its capitals and turns "a oar" into "an oar"."""
    capital = _SENTENCE_START.sub(lambda found: found[1] + found[2].upper(), text)
    return _ARTICLE.sub(r"\1n ", capital)


def _expand(text: str, grammar: Grammar, rng: random.Random, used: set[str]) -> str:
    """Replaces choices, then rules from left to right; `used` collects the lines this post has had."""
    while found := _CHOICE.search(text):
        text = text[: found.start()] + rng.choice(found[1].split("|")) + text[found.end() :]
    parts = _RULE.split(text)
    return "".join(
        _expand(_draw(part, grammar, rng, used), grammar, rng, used) if place % 2 else part
        for place, part in enumerate(parts)
    )


def _draw(rule: str, grammar: Grammar, rng: random.Random, used: set[str]) -> str:
    """One line of the rule, not used before in this post unless the rule has nothing else to say."""
    lines, sums = grammar[rule]
    for _ in range(8):
        line = rng.choices(lines, cum_weights=sums)[0]
        if line not in used or line.startswith("{"):
            break
    used.add(line)
    return line


if __name__ == "__main__":
    demo.corpus().write_text(corpus_text(), encoding="utf-8", newline="\n")
    print(f"{POSTS} posts in {demo.corpus()}")
