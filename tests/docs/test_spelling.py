"""README, pages, changelog and help are written in British English."""

from __future__ import annotations

import re

import click
import pytest

from tests.docs.test_readme import tree
from tests.support.pages import INDEX, PAGES, README, ROOT

AMERICAN = re.compile(
    r"\b(?:(?:colo|favo|flavo|humo|rumo|hono|labo|neighbo|behavio|harbo)r(?:s|ed|ing|ite|ites|able|hood)?|gray"
    r"|(?:cent|theat|fib)er(?:s|ed)?|(?:cancel|label|travel|model|signal)(?:ed|ing)|catalogs?|dialogs?|defense"
    r"|analyz\w+|\w{3,}iz(?:e[sd]?|ing|ations?|ers?))\b",
    re.IGNORECASE,
)
# -ize is no suffix in these, and a tokenizer is what programs call it.
FINE = re.compile(r"(?:cap|over|re)sizes?|tokenizers?", re.IGNORECASE)
CODE = re.compile(r"^```.*?^```$|`[^`\n]+`|\]\([^)]+\)|^    [^\n]*$", re.MULTILINE | re.DOTALL)
TEXTS = {"README.md": README, "docs/README.md": INDEX, **PAGES} | {
    name: (ROOT / name).read_text() for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
}


def american(text: str) -> list[str]:
    """The words of a text, besides its code, that are spelt as in America."""
    return [word for word in AMERICAN.findall(CODE.sub(" ", text)) if not FINE.fullmatch(word)]


@pytest.mark.parametrize("page", TEXTS)
def test_a_page_is_in_british_english(page: str) -> None:
    assert american(TEXTS[page]) == []


def test_help_is_in_british_english() -> None:
    said = [
        text
        for command in tree().values()
        for text in (command.help, *(one.help for one in command.params if isinstance(one, click.Option)))
    ]
    assert american("\n".join(text or "" for text in said)) == []


def test_american_words_are_noticed() -> None:
    said = "The color of a labeled tokenizer, whose size was analyzed and organized by `color`, in harbour."
    assert american(said) == ["color", "labeled", "analyzed", "organized"]
