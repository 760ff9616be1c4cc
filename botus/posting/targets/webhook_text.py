"""How a text is written for a service of Apprise, so that its readers see the very text. Pure.

A service that is not in `FORMS` gets plain text, and Apprise converts it as it thinks right. Sources:
Discord's and Slack's guides to formatting, Telegram's Bot API (HTML style), the Matrix specification (m.text
without a formatted body), ntfy's documentation, and what Apprise's plugins make of each format.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import NamedTuple


class Form(NamedTuple):
    """What a service takes.

    Args:
        format: Apprise's name of the format in which the service is told that the text is: text or html.
        write: puts a text into it.
        length: what the service counts of a text, in its own units, after `write` where it counts that.
        limit: the longest post in those units; 0 where Apprise's own number holds.
        units: their name in sentences.
    """

    format: str
    write: Callable[[str], str]
    length: Callable[[str], int]
    limit: int = 0
    units: str = "characters"


def discord(text: str) -> str:
    """Put a backslash before whatever Discord would read as markup; links stay as they are.

    A backslash inside a link would be shown. So a link is left alone as Discord finds it, and one that runs
    into a `<`, which has to be escaped, is no link.
    """
    return _DISCORD.sub(_escaped, text)


def telegram(text: str) -> str:
    """Write a text as Telegram's HTML."""
    return html.escape(text, quote=False)


def slack(text: str) -> str:
    """Write a text as Slack takes it with its markup switched off: links, pings and emojis are left.

    Nothing escapes a colon there, so the name of an emoji gets a space of no width.
    """
    return html.escape(_EMOJI.sub(":\u200b", text), quote=False)


def _same(text: str) -> str:
    return text


def _utf16(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


_EMOJI = re.compile(r":(?=[\w+'-]+:)")
_DISCORD = re.compile(
    r"""(?P<link> https?://[^\s<]+[^\s<.,:;"'\])] [.,:;"'\])]* (?!\S) )
    |   ^(?P<number> [ \t]*\d+ )(?=[.)])
    |   ^(?P<indent> [ \t]* )(?P<start> [#>+-] )
    |   (?P<sign> [\\*_~|`\[<] | (?<=<)[@\#&] | :(?=//|[\w+'-]+:) )
    """,
    re.MULTILINE | re.VERBOSE,
)


def _escaped(found: re.Match[str]) -> str:
    if found["link"]:
        return found[0]
    if found["number"]:
        return f"{found['number']}\\"
    return f"{found['indent'] or ''}\\{found['start'] or found['sign']}"


# By the name of Apprise's plugin. Discord counts the backslashes too; Telegram counts what is left when the
# entities are read; ntfy makes a file of what is longer than 4,096 bytes.
FORMS = {
    "discord": Form("text", discord, lambda text: _utf16(discord(text)), 2000),
    "slack": Form("text", slack, lambda text: len(slack(text))),
    "telegram": Form("html", telegram, _utf16, 4096),
    "matrix": Form("text", _same, _bytes, units="bytes"),
    "ntfy": Form("text", _same, _bytes, 4096, "bytes"),
    "email": Form("text", _same, len),
    "custom_json": Form("text", _same, len),
}
