"""Posts to one X account through tweepy: `POST /2/tweets` as the user, with the four OAuth 1.0a secrets.

X knows no idempotency key, and its rule against duplicates is fuzzy, so a lost answer stays `unknown` unless
reading is allowed (it costs money) and the post is seen on the own timeline. tweepy has no host setting, so a
test server or proxy is put in below it, by the transport.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botus.platforms import rows
from botus.posting.http.connection import Connection
from botus.posting.http.exchange import Exchange, at, message, moment
from botus.posting.target import (
    USUAL,
    Account,
    Advice,
    Answer,
    Attempt,
    Target,
    Timing,
    account_of,
)
from botus.text import fingerprint, span

if TYPE_CHECKING:
    import requests

_SKEW = 300.0  # X refuses signatures whose clock is further off than this
_LOOK_AT = 20  # posts; each costs about $0.001
PRICE, PRICE_WITH_LINK = 0.015, 0.20  # dollars a post, pay per use since February 2026
_PRICE = f"about ${PRICE}, with a link ${PRICE_WITH_LINK:.2f},"
_AUTOMATED = (
    "X tells no program whether the account carries the Automated label that bots must have:"
    " see X's settings, Your account, Account information, Automation"
)
_NOT_ASKED = Advice(
    "the four secrets were not tried, because X charges for every answer",
    "X_READ=yes botus doctor asks once, for a small fee",
)
_READ_ONLY = Advice(
    "the access token may only read",
    "set the app to Read and write, then make the access token and its secret anew: docs/tokens.md",
)


class X(Target):
    """One X account.

    Args:
        consumer_key, consumer_secret, access_token, access_token_secret: the four secrets.
        base_url: where X is; another address serves tests and proxies.
        limit: the longest post in weighted characters.
        may_read: whether botus may look at the account's own posts, which costs money.
    """

    platform = rows.X
    name = platform.name

    def __init__(
        self,
        consumer_key: str,
        consumer_secret: str,
        access_token: str,
        access_token_secret: str,
        *,
        base_url: str = rows.X.host,
        limit: int = rows.X.limit,
        may_read: bool = False,
        timing: Timing = USUAL,
    ) -> None:
        secrets = [consumer_key, consumer_secret, access_token, access_token_secret]

        def make(session: requests.Session) -> Any:  # noqa: ANN401
            import tweepy

            client = tweepy.Client(None, *secrets, wait_on_rate_limit=False)
            client.session = session
            return client

        self.base_url, self.limit, self._may_read = base_url, limit, may_read
        self._connection = Connection(make, timing, secrets, moved=(rows.X.host, base_url))
        self._ask = self._connection.ask
        self._user = found[1] if (found := re.match(r"([0-9]+)-", access_token)) else None
        self.account = self._user or account_of(access_token)

    @property
    def about(self) -> str:
        lost = "looked for on the timeline" if self._may_read else "left to you"
        return f"at {self.base_url}, {self.limit} characters, {_PRICE} a post; a lost answer is {lost}"

    @property
    def clock_off(self) -> float | None:
        return self._connection.clock_off

    def send(self, text: str, key: str, *, again: bool) -> Answer:
        exchange = self._ask(lambda client: client.create_tweet(text=text))
        if number := _number(exchange.result("data")):
            return Answer("posted", number, _url(number))
        answer = self._refusal(exchange)
        if exchange.status != 403:
            return answer
        words = message(exchange).lower()
        if "duplicate" in words:
            if again:
                return Answer("posted", reason="X calls it a duplicate, so the earlier attempt arrived")
            return Answer("rejected", reason="already there: X calls it a duplicate")
        is_long = "too long" in words or "shorter" in words
        return Answer("rejected", reason=answer.reason) if is_long else answer

    def find(self, text: str, attempt: Attempt) -> Answer:
        """Look on the own timeline, if reading is allowed; what is not seen there stays unknown."""
        if not self._may_read:
            return Answer("unknown", reason="the answer was lost, and X_READ does not allow to look")
        if too_early := self._connection.too_early(attempt):
            return too_early
        if self._user is None:  # the access token does not begin with the account's number
            exchange = self._ask(lambda client: client.get_me())
            self._user = _number(exchange.result("data"))
            if self._user is None:
                return self._connection.look_failed(self._refusal(exchange), attempt)
        since = attempt.begun - _SKEW
        exchange = self._ask(_timeline(self._user, since))
        if exchange.status == 403:
            return Answer("unknown", reason="the answer was lost, and X does not allow to look")
        posts = exchange.result("data")
        if posts is None and exchange.result("meta") is not None:
            posts = []
        if not isinstance(posts, list):
            return self._connection.look_failed(self._refusal(exchange), attempt)
        for post in posts:
            if (number := _number(post)) and _same(text, post, since):
                return Answer("posted", number, _url(number))
        return Answer("unknown", reason="not on the timeline, which proves nothing on X")

    def verify(self) -> Account:
        """Ask who the account is, if reading is allowed; without a request otherwise."""
        limit = f"{self.limit} characters, a link counts as 23"
        if not self._may_read:
            return Account(f"user {self.account}", warnings=(_NOT_ASKED,), notes=(limit, _AUTOMATED))
        exchange = self._ask(lambda client: client.get_me(user_fields=["subscription_type"]))
        name = exchange.result("data", "username")
        if not isinstance(name, str):
            raise self.complaint(self._refusal(exchange))
        access = exchange.headers.get("x-access-level", "")
        return Account(
            f"@{name}",
            f"https://x.com/{name}",
            problems=(_READ_ONLY,) if access == "read" else (),
            warnings=tuple(self._over_limit(exchange.result("data", "subscription_type"))),
            notes=(limit, *_access(access), _AUTOMATED),
        )

    def _over_limit(self, subscription: object) -> Iterator[Advice]:
        free = self.platform.limit
        if self.limit > free and subscription == "None":
            what = f"X_LIMIT is {self.limit}, but the account has no subscription: X takes {free}"
            yield Advice(what, "unset X_LIMIT, or subscribe to X Premium")

    def _refusal(self, exchange: Exchange) -> Answer:
        answer, off = self._connection.refusal(exchange), self.clock_off
        if exchange.status != 401 or off is None or abs(off) <= _SKEW:
            return answer
        wrong = f"{span(abs(off))} {'ahead' if off > 0 else 'behind'}"
        return replace(answer, reason=f"{answer.reason}; the clock of this machine is {wrong}")


def _access(level: str) -> Iterator[str]:
    if "write" in level:
        yield "the access token may read and write"
    elif not level:
        yield "X did not tell whether the access token may write: the first post will show"


def _number(data: object) -> str | None:
    """The id in an object of X's API: a string of digits, or None."""
    value = at(data, "id")
    return value if isinstance(value, str) and re.fullmatch(r"[0-9]+", value) else None


def _url(number: str) -> str:
    return f"https://x.com/i/status/{number}"


def _timeline(user: str, since: float) -> Callable[[Any], object]:
    return lambda client: client.get_users_tweets(
        user,
        start_time=datetime.fromtimestamp(since, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        max_results=_LOOK_AT,
        tweet_fields=["created_at", "entities", "note_tweet"],
        user_auth=True,
    )


def _same(text: str, post: object, since: float) -> bool:
    """Tell whether a post of the timeline is this text and not an older one."""
    created = moment(at(post, "created_at"))
    if created is not None and created < since:
        return False
    note = at(post, "note_tweet")  # a long post: `text` is only its beginning
    shown = _shown(note if isinstance(note, dict) else post)
    return fingerprint(_bare(shown)) == fingerprint(_bare(text))


def _shown(post: object) -> str:
    """The text as it was written: X escapes it as HTML and replaces each link by one to t.co."""
    shown, links = str(at(post, "text") or ""), at(post, "entities", "urls")
    for link in links if isinstance(links, list) else []:
        short, whole = at(link, "url"), at(link, "expanded_url")
        if short and whole:
            shown = shown.replace(str(short), str(whole))
    return html.unescape(shown)


def _bare(text: str) -> str:
    """Without the scheme of links, which X adds where the author left it out."""
    return re.sub(r"https?://", "", text)
