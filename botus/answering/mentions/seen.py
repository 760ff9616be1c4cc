"""What is known of somebody who has mentioned the bot, whatever the platform. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple, Protocol

from botus.posting.http.exchange import Exchange
from botus.posting.target import Answer, Target
from botus.store.intents import Mention
from botus.text import LONGEST_POST, fold

_NAME = re.compile(r"[@＠﹫]\S+")
_STOPS = re.compile("(?:stop|unsubscribe)+")
_LONGEST_STOP = 200  # characters
_NO_BOT = re.compile(r"[#＃]\s?no[-_]?bots?(?!\w)", re.IGNORECASE)


class Seen(NamedTuple):
    """A post that mentions the bot, and who wrote it.

    Args:
        mention: what an answer replies to; its thread is that of the post itself until `Inbox.thread` tells.
        words: the text, names of people included.
        at: when it came to the server, by whose clock; seconds since the epoch, None where that is not told.
        profile: names, note and fields of whoever wrote it.
        others: how many other people it names.
        unfit: why it is nothing to answer, in words; "" where nothing speaks against it.
    """

    mention: Mention
    words: str
    at: float | None
    profile: str
    others: int
    unfit: str

    @property
    def is_stop(self) -> bool:
        """Whether it asks for no more answers: it says `stop`, perhaps as a warning, and nothing else."""
        return any(map(_says_stop, (self.words, f"{self.mention.warning} {self.words}")))

    @property
    def has_no_bot(self) -> bool:
        """Whether the profile has #nobot, the sign for leave me alone."""
        profile = fold(unicodedata.normalize("NFKC", self.profile[:LONGEST_POST]))
        return _NO_BOT.search(profile) is not None


class Found(NamedTuple):
    """The mentions that are new.

    Args:
        mentions: oldest first.
        read: how far that is, in words of the platform; for the next look.
        now: the server's clock, in seconds since the epoch; None where it does not tell.
    """

    mentions: list[Seen]
    read: str
    now: float | None


class Thread(NamedTuple):
    """The conversation in which somebody has mentioned the bot.

    Args:
        mention: what an answer replies to, now with its thread.
        mine: the bot's replies in it, as far as the platform shows it.
        exchanged: the replies that lead from its first post to the mention, itself too: the bot's and theirs.
        unfit: why nothing is to be said in it, in words; "" where nothing speaks against it.
    """

    mention: Mention
    mine: int = 0
    exchanged: int = 0
    unfit: str = ""


def is_too_long(exchange: Exchange) -> bool:
    """Tell whether an answer was too long to be read."""
    return "too long" in exchange.failure


def is_too_much(exchange: Exchange) -> bool:
    """Tell whether a page may have been too long to be read, as some posts are a megabyte: ask for fewer."""
    return exchange.good or is_too_long(exchange)


def _says_stop(words: str) -> bool:
    if len(words) > _LONGEST_STOP:
        return False
    said = _NAME.sub(" ", fold(unicodedata.normalize("NFKC", words)))
    return _STOPS.fullmatch("".join(re.findall(r"\w+", said)).casefold()) is not None


class Inbox(Protocol):
    """An account that people mention.

    Attributes:
        target: the account, for posts.
    """

    @property
    def target(self) -> Target: ...

    def look(self, read: str | None, pages: int = 15) -> Found | Answer:
        """Look who has mentioned the bot since; an Answer, always `later`, where that could not be done.

        Args:
            read: what the last look said; None where there was none.
            pages: most requests.
        """
        ...

    def check(self) -> Answer | None:
        """Ask once for everything that answering asks for; an Answer says what is not to be had."""
        ...

    def thread(self, mention: Mention) -> Thread | Answer:
        """Look at the conversation, just before an answer; an Answer, always `later`, as above."""
        ...

    def reply(self, mention: Mention) -> Target:
        """Return the account for the one post that answers a mention."""
        ...

    def wording(self, mention: Mention, line: str) -> str:
        """Return the text of the answer that says a line."""
        ...
