"""What can be put right in a text without changing what it says.

Each function repairs one thing and leaves the rest alone. A quote or bracket without its partner is only
repaired where one place is plainly right; `unpaired` finds the others.
"""

from __future__ import annotations

import codecs
import html
import re
from functools import cache
from itertools import chain, pairwise

from botus.screening import mentions as in_post

QUOTES = '"“”„‟«»'
BRACKETS = "()[]{}"

# Joiners and marks stay after a letter of a script that uses them, and inside emoji.
_STRAY = re.compile(
    "[\u00ad\u2060-\u206f\u202a-\u202e\ufeff\ufff9-\ufffb]|(?<![\u0590-\u1fff\u2190-\U0010ffff])[\u200b-\u200f\u061c]"
)
_ENTITY = re.compile(
    r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|amp|lt|gt|quot|apos|nbsp|hellip|[lr][sd]quo|[mn]dash);", re.I
)
_RETWEET = re.compile(r"^RT\s+[@＠]\w+:?\s*")
# A bracket is part of a link with its partner only, and what closes a phrase is not: `(https://a.b/c_(d)).`
_LINK = re.compile(
    r'<?(?:https?:/|www\.|pic\.twitter|t\.co/)(?:[^\s()<>"“”«»]|\([^\s()]*\))*(?<![.,;:!?\'’])>?',
    re.IGNORECASE,
)
_GOES_ON = re.compile(r"[^\S\n]*[^\W\d_]")
_HOLE = re.compile(r"(?<!\S)\(\s*(?:(?:via|by|from|h/t|cc)[\s:]*)?\)", re.IGNORECASE)
_GAP_SIGN = "\0"
_GAP = re.compile(r"(?:(?<![ \t])[ \t]++)?\0(?=[\s,.;:!?)]|$)|\0[ \t]*")
_COMMAS = re.compile(r",[ ]?(?=[,.!?]|$)")
_SMILEY = re.compile(
    r"(?<!\w)>?[:;=8xX][\-^'’o>]?[()\[\]{}]+|(?<![()\[\]{}])[()\[\]{}]++[\-^'’o]?[:;=8](?!\w)"
    r"|(?:^|(?<=[\s,;:.]))(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,4})\.?\)(?=\s)",  # `1)` of a list too
    re.MULTILINE,
)
_NOT_ONE_PHRASE = re.compile(r"[.!?]\s|\n|[,:;]$|^\W*$")
_SPEECH = re.compile(r"[,:]\s$")
_CLOSES = {")": "(", "]": "[", "}": "{"}
_PARTNER = {"(": ")", "[": "]", "{": "}", '"': '"', "“": "”", "„": "“", "«": "»"}


def invisible(post: str) -> str:
    """Take out characters that nobody sees, where no script needs them; a tab becomes a space."""
    post = post.replace("\t", " ")
    return post if post.isascii() else _STRAY.sub("", post)


def entities(post: str) -> str:
    """Write `&amp;` and its like as what they stand for."""
    return _ENTITY.sub(lambda found: html.unescape(found[0]), post) if "&" in post else post


def mentions(post: str) -> str:
    """Take out mentions, and `RT @name:` with them, save those without which a sentence is broken."""
    post = _RETWEET.sub("", post)
    return _closed(post, in_post.without(post, _GAP_SIGN))


def links(post: str) -> str:
    """Take out links that begin with a scheme or `www.`; a bare domain may be a word and stays.

    So do those without which a sentence is broken: `read at https://a.b tonight`.
    """

    def gap(found: re.Match[str]) -> str:
        left, right = in_post.around(post, *found.span())
        return _GAP_SIGN if _is_whole(left, _LINK.sub("", right)) else found[0]

    return _closed(post, _LINK.sub(gap, post))


def linked(post: str) -> str:
    """Return the first link of those that `links` takes out where it may, "" without one."""
    return found[0] if (found := _LINK.search(post)) else ""


def holes(post: str) -> str:
    """Take out `( )` and `(via )`, which is what a link or name in brackets leaves behind."""
    return _closed(post, _HOLE.sub(_GAP_SIGN, post))


def quotes(post: str) -> str:
    """Repair the only quote without a partner.

    At the first or last place it goes; after a colon or a comma it is closed at the end of the text.
    """
    loose = unpaired(post, QUOTES)
    if len(loose) != 1:
        return post
    place = loose[0]
    if place in (0, len(post) - 1):
        return post[:place] + post[place + 1 :]
    if post[place] in _PARTNER and _SPEECH.search(post[:place]) and not post[place + 1].isspace():
        return post + _PARTNER[post[place]]
    return post


def brackets(post: str) -> str:
    """Repair the only bracket without a partner: the last phrase is closed, one at the very end goes."""
    loose = unpaired(post, BRACKETS)
    if len(loose) != 1:
        return post
    place = loose[0]
    mark, rest = post[place], post[place + 1 :]
    if mark in _CLOSES:
        return post if rest else post[:place]
    if not rest.strip():
        return post[:place]
    return post if _NOT_ONE_PHRASE.search(rest) else post + _PARTNER[mark]


def unpaired(post: str, marks: str) -> list[int]:
    """Return the places of the quotes or brackets that have no partner.

    Smileys, `1)` of a list, and inch marks need none. Quotes pair by families, because every language opens
    and closes with other ones.
    """
    if not any(mark in post for mark in marks):
        return []
    opened: dict[str, list[int]] = {mark: [] for mark in marks}  # the places of each that wait for a partner
    loose: list[int] = []
    for place, mark in enumerate(post):
        if mark not in opened:
            continue
        partners = [one for one, places in opened.items() if places and _pairs(one, mark)]
        if partners:
            opened[max(partners, key=lambda one: opened[one][-1])].pop()
        elif mark in _CLOSES:
            loose.append(place)
        elif not (mark == '"' and post[place - 1 : place].isdigit()):
            opened[mark].append(place)
    alone = sorted(chain(loose, *opened.values()))
    return _outside_smileys(post, alone) if alone and marks is BRACKETS else alone


def _pairs(opened: str, mark: str) -> bool:
    if opened in "([{":
        return _CLOSES.get(mark) == opened
    if opened in "«»":
        return mark in "«»" and mark != opened
    return mark in '"“”‟' and not (mark == "“" and opened in '"“')


def _outside_smileys(post: str, places: list[int]) -> list[int]:
    inside = {at for found in _SMILEY.finditer(post) for at in range(*found.span())}
    return [place for place in places if place not in inside]


def _is_whole(left: str, right: str) -> bool:
    """Whether a sentence is whole without the link between two parts of it."""
    if in_post.leads(left):
        return False
    goes_on = _GOES_ON.match(right)
    return not (goes_on and left.rstrip(" ")[-1:].isalnum() and not goes_on[0][-1].isupper())


def _closed(post: str, gaps: str) -> str:
    """Take the spaces out that would be left over where something is gone."""
    return post if gaps == post else _COMMAS.sub("", _GAP.sub("", gaps)).strip()


_FIRST = re.compile(r"[^\x00-\x7f]+")
_RUN = re.compile(r"[^\x00-\x7f]{4,}")
_ENCODINGS = ("cp1252", "cp1251", "cp1250", "mac_roman")
_CYRILLIC = "cp1251"
_DEEPEST = 3


def broken_letters(text: str) -> str:
    """Return the first letters of a text that were UTF-8 and were read as something else: `РџСЂРё` is `При`.

    The sure rule, for any script: letters that another encoding gives as bytes, all of which are UTF-8, were
    UTF-8. No language has such words; what nearly looks so is told by how it would read.
    """
    return "" if text.isascii() else next((run for run in _RUN.findall(text) if _read(run)), "")


def unbroken(text: str) -> str:
    """Return the text that was meant where all of it is broken in one way, once or twice; else itself."""
    for again in range(_DEEPEST):
        first = _FIRST.search(text)
        if first is None or not any(_is_utf8(first[0], name) for name in _ENCODINGS):  # cheap, and nearly all
            break
        found = next(filter(None, (_whole(text, name, again > 0) for name in _ENCODINGS)), text)
        if found == text:
            break
        text = found
    return text


def _whole(text: str, encoding: str, is_told: bool) -> str:
    try:
        meant = _bytes(text, encoding).decode()
    except UnicodeDecodeError:
        return ""
    if encoding == _CYRILLIC:
        return meant if is_told or broken_letters(text) or _AT_LATIN.search(text) else ""
    # `l’âne` in Mac Roman would be Armenian within a Latin word.
    return meant if (is_told or broken_letters(text)) and not _MIXED.search(meant) else ""


_AT_LATIN = re.compile(r"[A-Za-z][\u0400-\u04ff]|[\u0400-\u04ff][A-Za-z]")
_FAR = r"[\u0386-\u03a8\u03aa-\u03bf\u03c1-\u1dff\u3040-\ud7ff]"  # Mac Roman itself has Ω and π
_MIXED = re.compile(f"[A-Za-z]{_FAR}|{_FAR}[A-Za-z]")


def _read(run: str) -> str:
    """What a run of letters beyond ASCII was before it was broken, "" where it is whole."""
    for encoding in _ENCODINGS:
        content = _bytes(run, encoding)
        try:
            meant = content.decode()
        except UnicodeDecodeError:
            continue
        if meant and (encoding != _CYRILLIC or _is_odd(run)):
            return meant
    return ""


def _is_odd(run: str) -> bool:
    """Tell whether Cyrillic is none: signs or capitals within a word. `ЦІЛІ` would be UTF-8, too."""
    return not run.isalpha() or any(a.islower() and b.isupper() for a, b in pairwise(run))


def _is_utf8(text: str, encoding: str) -> bool:
    try:
        return bool(_bytes(text, encoding).decode())
    except UnicodeDecodeError:
        return False


def _bytes(text: str, encoding: str) -> bytes:
    try:
        return codecs.charmap_encode(text, "strict", _table(encoding))[0]
    except UnicodeEncodeError:
        return b""


@cache
def _table(encoding: str) -> dict[int, int]:
    """The byte of every letter; for bytes without one, programs take the control character."""
    table = {byte: byte for byte in (*range(128), *(range(128, 160) if encoding[:2] == "cp" else ()))}
    for byte in range(128, 256):
        if letter := bytes([byte]).decode(encoding, "ignore"):
            table[ord(letter)] = byte
    return table | ({byte: byte for byte in range(128, 256)} if encoding == "cp1252" else {})
