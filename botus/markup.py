"""Turns the markup of posts into text: character references and the HTML of Mastodon and its relatives. Pure.

`span.invisible` is kept: in a link it is the rest of the address.
"""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

from botus.text import LONGEST_POST

_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_BLOCKS = frozenset(("p", "div", "ul", "ol", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6"))
_BREAK_BEFORE = {"br": "\n", "li": "\n", "tr": "\n"} | dict.fromkeys(_BLOCKS, "\n\n")
_SKIPPED = frozenset(("script", "style", "template", "title"))
_NAMES = (
    r"p|a|div|span|b|i|u|s|em|strong|small|del|ins|code|pre|ul|ol|li|h[1-6]|blockquote|sub|sup|q|font|center"
)
_TAGS = re.compile(
    rf"<(?P<opens>{_NAMES})(?:\s[^<>]*)?>|</(?P<closes>{_NAMES})\s*>"
    r"|(?:(?<!\S)|(?<=[^\s`'\"(]))<br\s*/?>(?=\S)(?![`'\")])|(?<=[^\s`'\"(])<br\s*/?>(?:\s|$)|<br\s*/?>\s*<",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[^<>]*+>")
_LONGEST = 4 * LONGEST_POST
_SPACE = re.compile(r"[ \t\r\n\f]+")
_AROUND_BREAK = re.compile(r" *\n *")
_BREAKS = re.compile(r"\n{3,}")


def unescaped(text: str) -> str:
    """Replace character references, once and only where they are complete: `a&copy=1` is an address."""
    return _REFERENCE.sub(lambda found: html.unescape(found[0]), text) if "&" in text else text


def is_html(text: str) -> bool:
    """Tell whether a text is HTML by its known tags: pairs of them, or `<br>` that stands for a line break.

    `<3`, `<sigh>` and `a < b` are words, and so is `<br>` in a sentence, with spaces around it.
    """
    opened = set[str]()
    for found in _TAGS.finditer(text) if "<" in text else ():
        if found["opens"]:
            opened.add(found["opens"].lower())
        elif not found["closes"] or found["closes"].lower() in opened:
            return True
    return False


def html_text(markup: str) -> str:
    """What a person reads of a post that is HTML, as Mastodon and its relatives write it.

    Links come out whole, mentions and tags as they are read, pictures of custom emoji as their names.
    `<br>` is a line break, `<p>` a blank line between two paragraphs.
    """
    markup, rest = _whole(markup)
    if "<" not in markup:
        return html.unescape(markup + rest).strip()
    parser = _Html()
    parser.feed(markup)
    parser.close()
    parser.handle_data(html.unescape(rest))
    text = _AROUND_BREAK.sub("\n", "".join(parser.parts))
    return _BREAKS.sub("\n\n", text).strip()


def _whole(markup: str) -> tuple[str, str]:
    """What a parser may read, and a rest in which no tag ends: it would look for each end in all of it."""
    if len(markup) > _LONGEST:
        return "", _TAG.sub("", markup)
    end = markup.rfind(">") + 1
    return markup[:end], markup[end:]


class _Html(HTMLParser):
    """Collects the text; `_quiet` is the tag whose content is left out, with how deep it stands in itself.

    BeautifulSoup takes six times as long, which an archive of 50,000 posts would feel.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._quiet, self._depth = "", 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if self._quiet:
            self._depth += tag == self._quiet
        elif tag in _SKIPPED or "quote-inline" in (values.get("class") or ""):
            # The class: `RE: link`, which the text of a quote post has for servers that know no quotes.
            self._quiet, self._depth = tag, 1
        elif tag == "img":
            self.parts.append(values.get("alt") or "")
        else:
            self.parts.append(_BREAK_BEFORE.get(tag, ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if self._quiet:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._quiet:
            self._depth -= tag == self._quiet
            self._quiet = self._quiet if self._depth else ""
        elif tag in _BLOCKS:
            self.parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        if not self._quiet:
            self.parts.append(_SPACE.sub(" ", data))

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        """Skip `<![...>`, which means nothing in HTML and makes older Pythons raise AssertionError."""
        return self.parse_bogus_comment(i)
