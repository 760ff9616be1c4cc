"""Undoes what programs do to the words of a cell, and knows what they write where there are none. Pure.

Python leaves lists and bytes as they are written in a program, Excel guards what could be a formula, and
where a text is missing, each program has a word of its own.
"""

from __future__ import annotations

import ast
import json
import re
from string import whitespace

from botus.markup import html_text, is_html, unescaped

_LITERAL = re.compile(r"\[\s*(['\"]).*\1\s*\]|[bB](['\"]).*\2", re.DOTALL)
_FORMULA = re.compile(
    r"""=(?:"(.*)"|HYPERLINK\(\s*"[^"]*"\s*[;,]\s*"(.*)"\s*\))""", re.DOTALL | re.IGNORECASE
)
_GUARD = re.compile(r"'(?=[=+@-])")
_LETTER = re.compile(r"<U\+([0-9A-F]{4,8})>|((?:\\u(?!00[0-7])[0-9a-fA-F]{4})+)|\\U([0-9a-fA-F]{8})")
_RETURN = re.compile(r"(?:_x000[dD]_)+\r?\n?|\\r\\n")
_LINE_BREAK = re.compile(r"(?<!\s)\\n|\\n(?![a-z])")
_OTHER_BACKSLASH = re.compile(r"""[A-Za-z]:\\|\\(?![nrt"'/])""")
# The last four lines are Excel's errors, in the languages it speaks.
_PLACEHOLDERS = r"""
    nan <na> nat none null <null> (null) nil undefined n/a #n/a \n [] {} "" '' - -- --- – —
    #name? #¿nombre? #nome? #nom? #имя? #ref! #¡ref! #bezug! #rif! #ссылка! #value! #wert! #¡valor! #valor!
    #valeur! #valore! #знач! #div/0! #¡div/0! #дел/0! #num! #¡num! #nombre! #zahl! #число! #null! #null
    #nul! #¡nulo! #nulo! #nullo! #пусто! #nv #n/d #н/д
    #getting_data #spill! #calc! #error! #fehler! #überlauf!
"""
_NONE = frozenset(_PLACEHOLDERS.split())
_NOTICE = re.compile(
    r"\[ ?(?:removed|deleted|unavailable|redacted)"
    r"(?: by (?:the )?(?:user|author|reddit|moderators?|admins?))? ?\]"
    r"|\[object object\]|(nan|none|null)(?:[\s,;|]+\1)+|(?:err|fehler|erreur|error):\d{3}"
    r"|this (?:tweet|post) (?:is|was) (?:unavailable|no longer available|from a suspended account"
    r"|from an account that no longer exists|deleted by the (?:tweet|post) author)\.?(?: learn more\.?)?"
)
_NUMBER = re.compile(r"[-+]?\d[\d.,_ ]*(?:[eE][-+]?\d+)?%?")


def words(raw: str) -> str:
    """Return the words of a cell: no `['text']`, `b'text'`, `="text"`, escapes, HTML or references."""
    text = raw.strip(whitespace)  # in broken letters, what Unicode takes for a space is half of one
    if _LITERAL.fullmatch(text):
        text = _read(text)
    elif found := _FORMULA.fullmatch(text):
        text = (found[1] or found[2] or "").replace('""', '"')
    else:
        text = _without_escapes(text)
    text = _GUARD.sub("", text, count=1) if text.startswith("'") else text
    return html_text(text) if is_html(text) else unescaped(text).strip(whitespace)


def is_placeholder(text: str) -> bool:
    """Tell whether a text is what a program writes where there is none, or a number."""
    plain = text.lower()
    return plain in _NONE or bool(_NOTICE.fullmatch(plain) or _NUMBER.fullmatch(text))


def _without_escapes(text: str) -> str:
    r"""Put in the letters and line breaks that a program wrote as `<U+2019>`, `\u2019`, `_x000D_` or `\n`."""
    if "\\" not in text and "<U+" not in text and "_x000" not in text:
        return text
    text = _RETURN.sub("\n", _LETTER.sub(_letter, text))
    return text if _OTHER_BACKSLASH.search(text) else _LINE_BREAK.sub("\n", text)


def _letter(found: re.Match[str]) -> str:
    try:
        if units := found[2]:  # one or two for a letter, as in JSON
            return str(json.loads(f'"{units}"')).encode("utf-16", "surrogatepass").decode("utf-16")
        return chr(int(found[1] or found[3], 16))
    except (ValueError, OverflowError):
        return found[0]


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
