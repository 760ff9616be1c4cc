"""What a mention is, on whatever platform, and how a post reads without it. Pure.

A name that is taken out must leave a whole sentence behind. Only the place tells, in any language: at an end,
in brackets, or set off by marks on both sides. Words that lead to a name (`by @name`) or go on from it
(`@name's`) are broken without it, so such a mention stays where it is, and the caller refuses the post.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

AT = "[@＠﹫]"
_UNSEEN = "[\u00ad\u200b-\u200f\u2060-\u206f\ufeff]*"  # put behind the sign, so that nobody is told
_NAMED = rf"{AT}{_UNSEEN}(?=\w*[^\W_])\w+(?:\.[a-z0-9-]*[a-z0-9])*(?:[@＠][\w.-]+\w)?"
# X takes a name after a letter that is not ASCII, and after RT without a space.
NAME = (
    rf"(?:(?<!\w){_NAMED}|(?:(?<=\bRT)|(?<=\bMT)|(?<=\brt)|(?<=\bRt)){_NAMED}"
    rf"|(?<=[^\x00-\x7f]){AT}[A-Za-z0-9_]*[A-Za-z0-9](?![\w.-]*\.\w))"
)
_MENTION = re.compile(rf"{NAME}|<[@#][!&]?\d+>")
_IN_ADDRESS = re.compile(r"(?:://|^www\.|\w\.[^\W\d_]{2,}/)\S*$")
_NEAR = 120
_ADDRESS = 2000  # letters of an address; behind more than that nobody finds a name
_AND = r"(?:[\s,;&+/|]|\b(?:and|und|et|y|e|en|och|og|i)\b)*"
_GROUP = re.compile(rf"(?:{_MENTION.pattern})(?:{_AND}(?:{_MENTION.pattern}))*")
_BRACKET = re.compile(r"[(（\[][^()（）\[\]\n]{0,40}$")
_BRACKET_ENDS = re.compile(r"[^()（）\[\]\n]{0,40}[)）\]]")
_LINK = r"(?:https?:/|www\.|pic\.twitter|t\.co/)\S*"
_TAIL = re.compile(rf"(?:{_LINK}|#\w+|[^\w\s@＠<'’]|[^\S\n]|['’](?!\w))*(?:\n|$)|\s*[.!?…。！？]+(?:\s|$)")
_SET_OFF = re.compile(r"\s*[,;:.!?…–—)-]")
_ENDED = re.compile(r"(?:^|[.!?…:;\n\u2190-\u2bff\ufe0f\U0001f000-\U0001faff]|\s[–—|-])[\s\"“”„«»'‘*_>]*$")
_PAUSED = re.compile(r"[,(–—-]\s*$")
_WORD, _LOWER = re.compile(r"\w"), re.compile(r"[^\S\n]+(?=[^\W\d_])[^A-ZÀ-ÞА-Я]")
_GREETING = re.compile(r"(?:^|[.!?…\n])\s*(?:\w+\s+)?\w+\s*$")
_LAST_WORD = re.compile(r"([^\W\d_]+)['’/:]?[^\S\n]*\Z")
_CONTINUED = re.compile(
    r"['’]s?\b|\s*(?:(?:is|was|ist|war|est|es|é|è)\b(?! (?:it|that|this|there|he|she|das|er|sie|ce|que)\b)"
    r"|(?:has|says?|said|just|tweeted|writes|wrote|thinks|thought|and|or|hat|sagt|sagte|schreibt|und|oder|dit|et|ou"
    r"|dice|dijo|y|diz|disse|e|ha|heeft|zegt|en)\b)",
    re.IGNORECASE,
)
# Behind one of these something has to come: articles, prepositions, conjunctions and a few verbs, of English,
# German, French, then Spanish, Portuguese and Italian, then Dutch, the North, Polish and Russian.
_LEADING = """
a an the and or but nor with w by on at from to of for in into onto about than as like between
against without under over near behind beside is are was were be am my your our their his its
featuring feat ft vs versus per because if love loves loved follow following miss thank meet met ask
asked tell told see saw watch join visit hear say says said wrote liebe liebt mag aime adore amo amamos
der die das den dem des ein eine einen einem einer und oder mit von vom bei beim zu zum zur für auf
im an aus über nach durch gegen ohne um unter vor seit als wie ist sind war dank
le la les un une du de d l et ou avec par sur à au aux chez pour dans en sans vers est sont comme
el los las uno y o con del al para sin sobre es son como os as uma e com em do da dos no na pelo
pela ao sem il lo gli i una di della dal su tra fra
het een van met door op aan uit voor naar och og av på til till från för med z od dla przez с и в на
от у к для по о
"""
_LEADS = frozenset(_LEADING.split())


def find(post: str) -> str:
    """Return the first mention of a post, "" without one."""
    return next((found[0] for found in _mentions(post)), "")


def begins(post: str) -> bool:
    """Tell whether a post speaks to somebody first: it begins with a mention."""
    return next((found.start() for found in _mentions(post)), -1) == 0


def without(post: str, gap: str = "") -> str:
    """Take out the mentions that leave a whole sentence behind, a bracket about somebody with them.

    The others stay, so whoever wants none has to ask `find` again.

    Args:
        post: the text, without outer white space.
        gap: what is put where one was.
    """
    pieces, done = [], 0
    for start, end in _groups(post):
        if start < done:
            continue
        left, right = around(post, start, end)
        opened, closed = _BRACKET.search(left), _BRACKET_ENDS.match(right)
        if opened and closed and left[: opened.start()].strip():
            start, end = start - len(opened[0]), end + closed.end()
        elif not _is_whole(left, right):
            continue
        pieces += [post[done:start], gap]
        done = end
    return "".join([*pieces, post[done:]])


def around(post: str, start: int, end: int) -> tuple[str, str]:
    """Return what stands before and behind a place: as much as tells whether the sentence needs it."""
    before = post[max(0, start - _NEAR) : start]
    return before if start <= _NEAR else f"x{before}", post[end : end + _NEAR]


def _is_whole(left: str, right: str) -> bool:
    """Whether a sentence is whole without the name between two parts of it."""
    if _ENDED.search(left):
        # Behind another sentence a name begins its own one: `Lunch. @name knows why.`
        return not (_CONTINUED.match(right) or (_WORD.search(left) and _LOWER.match(right)))
    if _TAIL.match(_GROUP.sub("", right)):
        return not leads(left)
    if not _SET_OFF.match(right):
        return False
    return bool(_PAUSED.search(left)) or (bool(_GREETING.search(left)) and not leads(left))


def leads(left: str) -> bool:
    """Tell whether a text breaks off: its last word wants another behind it."""
    found = _LAST_WORD.search(left)
    return found is not None and found[1].lower() in _LEADS


def _mentions(post: str) -> Iterator[re.Match[str]]:
    if "@" in post or "＠" in post or "﹫" in post or "<#" in post:
        for found in _MENTION.finditer(post):
            if not (post[found.start() - 1 : found.start()] == "/" and _in_address(post, found.start())):
                yield found


def _groups(post: str) -> Iterator[tuple[int, int]]:
    """The places of mentions, of several with nothing but `and` between them as one."""
    end = 0
    for first in _mentions(post):
        if first.start() >= end:
            found = _GROUP.match(post, first.start())
            end = found.end() if found else first.end()
            yield first.start(), end


def _in_address(post: str, at: int) -> bool:
    word = re.split(r"\s", post[max(0, at - _ADDRESS) : at])[-1]
    return bool(_IN_ADDRESS.search(word))
