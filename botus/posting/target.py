"""What a target is: an account behind one small interface, one `send`, one `find`, answers as values.

A target alone decides what an answer of its platform means; `delivery` alone decides what follows from it.
"Not sent" has to be proven: what is neither a proven yes nor a proven no is `unknown`, and is never sent
again blindly.
"""

from __future__ import annotations

import hashlib
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from botus.errors import CredentialsError, TemporaryError
from botus.platforms.rows import Platform
from botus.posting.remedies import remedy
from botus.screening.rules import longest_count
from botus.text import LONGEST_POST

# Seconds after which a request has ended, whatever the server does: none sends its first byte later than
# this after it began, and none waits longer than this for the last byte of an answer.
REQUEST_DEADLINE = 60.0
LOOK_AFTER = 60.0  # seconds from an attempt to the first look: the server may still be at work on it
LOOK_UNTIL = 86400.0  # seconds from an attempt after which a look that fails is not tried again


@dataclass(frozen=True)
class Timing:
    """How long a request may take, and the own clock.

    Args:
        timeouts: seconds to connect (per network address), and without a byte of the answer.
        deadline: seconds for a whole request.
        clock: seconds since the epoch.
    """

    timeouts: tuple[float, float] = (10.0, 30.0)
    deadline: float = REQUEST_DEADLINE
    clock: Callable[[], float] = time.time


USUAL = Timing()
_LENGTH_WORDS = re.compile(
    r"too[ _-]?(?:long|big|large)|character limit|[0-9] characters|characters or |longer than|shorter"
    r"|grapheme|max(?:imum)?[ _-]?length|\b186\b",
    re.IGNORECASE,
)
_OTHER_WORDS = re.compile(
    r"duplicate|blank|already there|key on the server|visibility|language"
    r"|quota|posts|statuses|requests|daily|per (?:day|hour)|rate limit|media|attachment|poll|spam",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Answer:
    """What is known about one post on one target.

    - posted: it is there. `id` and `url` where the platform told them.
    - rejected: a definite no to this text; it will never be accepted.
    - later: definitely not sent this time; from `find`, the look could not be made yet. With `needs_person`
      the account was refused; without it the trouble passes, at `until` if the platform said when.
    - unknown: it may be there or not, and the platform cannot tell. `until` where it asks to be left alone.
    - absent (only from `find`): it is not there, and one `send` with the same key, now, is safe.

    Args:
        reason: a short sentence for the log; no secret, no page of HTML.
        until: the platform is not asked before, in epoch seconds of the own clock; None where it did not say.
    """

    state: Literal["posted", "rejected", "later", "unknown", "absent"]
    id: str | None = None
    url: str | None = None
    reason: str = ""
    until: float | None = None
    needs_person: bool = False


@dataclass(frozen=True)
class Ready:
    """A send can work now: the server's clock just now, in epoch seconds, and its version as it names it."""

    server_date: float | None = None
    server: str | None = None


@dataclass(frozen=True)
class Attempt:
    """A send whose answer was lost: its key, the own clock just before it, and what `Ready` said then."""

    key: str
    begun: float
    server_date: float | None = None
    server: str | None = None


class Advice(NamedTuple):
    """What is not as it should be with an account, and what the owner can do about it."""

    what: str
    remedy: str


@dataclass(frozen=True)
class Account:
    """The account behind the credentials.

    Args:
        bot: whether it is marked as automated; None where the platform does not say.
        problems: what keeps it from posting.
        warnings: what the owner can put right, most important first.
        notes: what else there is to know, such as limits.
    """

    handle: str
    url: str | None = None
    bot: bool | None = None
    problems: tuple[Advice, ...] = ()
    warnings: tuple[Advice, ...] = ()
    notes: tuple[str, ...] = ()


class Target(ABC):
    """One account on one platform.

    Only BotusError and its subclasses leave these methods; KeyboardInterrupt passes through.

    Attributes:
        platform: what is known of it without asking.
        name: in the log: the platform's, and after a "-" which one: `x`, `webhook-discord-1a2b3c`.
        title: of the platform, in sentences.
        base_url: the server's address, without a slash at its end.
        account: identifies the account, known without asking the network; holds no secret.
        limit: the longest post; 0 where nobody knows.
        units: what `limit` counts, in sentences.
    """

    platform: Platform
    name: str
    base_url: str
    account: str
    limit: int
    units = "characters"

    @property
    def title(self) -> str:
        return self.platform.title

    @property
    @abstractmethod
    def about(self) -> str:
        """What the owner should know before anybody is asked: where, limits, cost; holds no secret."""

    @property
    def clock_off(self) -> float | None:
        """Seconds by which the own clock was ahead of the platform's at its last answer."""
        return None

    def length(self, text: str) -> int:
        """Count a post as the platform does."""
        return self.platform.length(text)

    def at_most(self, text: str) -> int:
        """Count no less than `length`, and in no time: it is asked about every line of the queue."""
        return longest_count(text)

    def problem(self, text: str) -> str | None:
        """Say why this text can never be accepted here, or None; uses the limits that `ready` learned."""
        if len(text) > LONGEST_POST:  # before anything looks at it
            return f"too long for {self.title}: {len(text):,} letters"
        if not text.strip():
            return "empty"
        try:
            text.encode()
        except UnicodeEncodeError:
            return "holds half a character"
        if not self.limit or self.at_most(text) <= self.limit:
            return None
        if (length := self.length(text)) > self.limit:
            return f"too long for {self.title}: {length} of {self.limit} {self.units}"
        return None

    def refused_for_length(self, text: str, reason: str) -> bool:
        """Whether a platform that rejected a text did so for its length, whatever its language.

        The limit's number stands in Mastodon's sentence in every language; and a text that is nearly as long
        as the limit is one that the platform may count otherwise.
        """
        if _LENGTH_WORDS.search(reason):
            return True
        is_named = re.search(rf"(?<![0-9]){self.limit or -1}(?![0-9])|exceed", reason, re.IGNORECASE)
        is_near = self.limit > 0 and self.length(text) >= 0.9 * self.limit
        return bool(is_named or is_near) and not _OTHER_WORDS.search(reason)

    def ready(self) -> Answer | Ready:
        """Ask, without posting, whether a send can work now; an Answer is always `later`."""
        return Ready()

    def new_key(self) -> str:
        """Make the key of a new post, to be stored durably before the first `send`; may be empty."""
        return ""

    @abstractmethod
    def send(self, text: str, key: str, *, again: bool) -> Answer:
        """Make one request that posts a text in which `problem` sees none.

        Args:
            key: the key stored for this post.
            again: the answer to an earlier `send` of this post was lost.
        """

    @abstractmethod
    def find(self, text: str, attempt: Attempt) -> Answer:
        """Look for a post whose answer was lost: posted, absent, unknown, or `later` to look again."""

    def remedy(self, reason: str) -> str:
        """What a person can do about the reason of an answer, in half a sentence; may be empty."""
        return remedy(reason, self.platform, self.base_url)

    def explained(self, reason: str) -> str:
        """A reason, and behind it what a person can do."""
        remedy = self.remedy(reason)
        return f"{reason} ({remedy})" if remedy else reason

    def complaint(self, answer: Answer) -> CredentialsError | TemporaryError:
        """Turn the answer to a question about the account into the error that `verify` raises."""
        return complaint(answer, self.remedy(answer.reason))

    @abstractmethod
    def verify(self) -> Account:
        """Ask who the account is.

        Raises:
            CredentialsError: the credentials were refused.
            TemporaryError: the platform could not be asked.
        """


def complaint(answer: Answer, remedy: str) -> CredentialsError | TemporaryError:
    """Turn an answer that is a no into an error."""
    kind = CredentialsError if answer.needs_person else TemporaryError
    if answer.until and not answer.needs_person:
        moment_in_words = f"{datetime.fromtimestamp(answer.until, UTC):%Y-%m-%d %H:%M} UTC"
        return kind(answer.reason, f"try again after {moment_in_words}")
    return kind(answer.reason, remedy or "try again later")


def account_of(secret: str) -> str:
    """Identify an account by a secret of it, without telling the secret."""
    return hashlib.blake2b(secret.encode(), digest_size=6).hexdigest()
