"""Undoes what programs do to the words of a cell, and knows what they write where there are none. Pure.

Python leaves lists and bytes as they are written in a program, Excel guards what could be a formula, and
where a text is missing, each program has a word of its own.
"""

from __future__ import annotations

import ast
import re
from string import whitespace

from botus.markup import html_text, is_html, unescaped

_LITERAL = re.compile(r"\[\s*(['\"]).*\1\s*\]|[bB](['\"]).*\2", re.DOTALL)
_FORMULA = re.compile(r'="(.*)"', re.DOTALL)
_GUARD = re.compile(r"'(?=[=+@-])")
_PLACEHOLDERS = frozenset(
    (
        *("nan", "<na>", "none", "null", "nil", "undefined", "n/a", "#n/a", "\\n", "[]", "{}"),
        *("[removed]", "[deleted]", "[deleted by user]", "[removed by reddit]", "[unavailable]"),
        # Excel's errors, in the languages it speaks
        *(
            "#name?",
            "#¿nombre?",
            "#nome?",
            "#nom?",
            "#ref!",
            "#¡ref!",
            "#bezug!",
            "#rif!",
            "#value!",
            "#wert!",
        ),
        *(
            "#¡valor!",
            "#valor!",
            "#valeur!",
            "#valore!",
            "#div/0!",
            "#¡div/0!",
            "#num!",
            "#¡num!",
            "#nombre!",
        ),
        *(
            "#zahl!",
            "#null!",
            "#null",
            "#nul!",
            "#¡nulo!",
            "#nulo!",
            "#nullo!",
            "#nv",
            "#n/d",
            "#getting_data",
        ),
        *("#spill!", "#calc!", "#имя?", "#ссылка!", "#знач!", "#число!", "#пусто!", "#дел/0!", "#н/д"),
    )
)
_NUMBER = re.compile(r"[-+]?\d[\d.,_ ]*(?:[eE][-+]?\d+)?%?")


def words(raw: str) -> str:
    """Return the words of a cell: no `['text']`, `b'text'`, `="text"`, HTML or character references."""
    text = raw.strip(whitespace)  # in broken letters, what Unicode takes for a space is half of one
    if _LITERAL.fullmatch(text):
        text = _read(text)
    elif found := _FORMULA.fullmatch(text):
        text = found[1].replace('""', '"')
    text = _GUARD.sub("", text, count=1) if text.startswith("'") else text
    return html_text(text) if is_html(text) else unescaped(text).strip(whitespace)


def is_placeholder(text: str) -> bool:
    """Tell whether a text is what a program writes where there is none, or a number."""
    return text.lower() in _PLACEHOLDERS or bool(_NUMBER.fullmatch(text))


def _read(text: str) -> str:
    """Read a list of strings or bytes as Python writes them; anything else is what it is."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        return text
    return "\n".join(value)
