"""Posts to one account of a server that speaks Mastodon's API, through Mastodon.py.

After a lost answer the own timeline is looked through; only real Mastodon, within the hour that it remembers
an idempotency key, lets the same text be sent again without risk. That hour is measured on the server's own
clock, because ours may have been wrong.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from botus.errors import SettingsError
from botus.platforms.lengths import graphemes, mastodon_length
from botus.platforms.rows import MASTODON, VISIBILITIES
from botus.posting.http.connection import Connection, not_ready
from botus.posting.http.exchange import Exchange, at
from botus.posting.target import (
    LOOK_AFTER,
    USUAL,
    Account,
    Advice,
    Answer,
    Attempt,
    Ready,
    Target,
    Timing,
    account_of,
)
from botus.posting.targets import mastodon_entities as entities
from botus.posting.targets.profiles import note_advice

if TYPE_CHECKING:
    import requests

_KEY_LASTS = 50 * 60.0  # seconds; servers keep a key for an hour
_SKEW = 60.0  # seconds between the clocks of a server's web front and its database
_LOOK_AT = 20  # posts
_PLAIN_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+")  # others say "4.2.1 (compatible; ...)"
_NOT_A_BOT = Advice(
    "the account is not marked as a bot",
    "tick 'This is an automated account' under Preferences, Public profile",
)
_NO_READ = Advice(
    "the token may not read, so a post whose answer is lost stays unknown",
    "get one that may read:accounts and read:statuses: botus login mastodon",
)
_NO_WRITE = Advice("the token may not post", "get one that may write:statuses: botus login mastodon")
_NOT_REAL = (
    "the server is not plain Mastodon: a post whose answer is lost stays unknown"
    " where the timeline does not show it"
)
_NO_SCOPES = "the server does not tell what the token may do: the first post will show"


class Mastodon(Target):
    """One account on a Mastodon server, or on one that speaks its API.

    Args:
        base_url: the server's address.
        token: an access token with `write:statuses`; looks need `read:accounts` and `read:statuses`.
        visibility: public, unlisted, private or direct.
        language: ISO 639 code of the posts; empty for the account's default.
        content_warning: shown before every post; empty for none.
        reply_to: the status to which every post is a reply; empty for none.

    Raises:
        SettingsError: there is no such visibility.
    """

    platform = MASTODON
    name = platform.name

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        visibility: str = "unlisted",
        language: str = "",
        content_warning: str = "",
        reply_to: str = "",
        timing: Timing = USUAL,
    ) -> None:
        if visibility not in VISIBILITIES:
            raise SettingsError(f"MASTODON_VISIBILITY is none of {', '.join(VISIBILITIES)}")

        def make(session: requests.Session) -> Any:  # noqa: ANN401
            import mastodon

            client = mastodon.Mastodon(
                api_base_url=base_url,
                ratelimit_method="throw",
                version_check_mode="none",
                request_timeout=timing.deadline,
                session=session,
            )
            client.access_token = token  # the constructor would read a file of that name
            return client

        self.base_url, self.account, self._token = base_url, account_of(token), token
        self._extras = {"visibility": visibility, "language": language, "spoiler_text": content_warning}
        self._reply_to = self._extras["in_reply_to_id"] = reply_to
        self.limit, self._link_length = MASTODON.limit, entities.LINK_LENGTH  # until `ready` has asked
        self._is_real = True  # too
        self._connection = Connection(make, timing, [token])
        self._ask, self.refusal = self._connection.ask, self._connection.refusal
        self._clock = timing.clock

    @property
    def about(self) -> str:
        visibility = self._extras["visibility"]
        return f"at {self.base_url}, {visibility}; a lost answer is looked for on the timeline"

    @property
    def clock_off(self) -> float | None:
        return self._connection.clock_off

    def length(self, text: str) -> int:
        """The content warning counts too, links and all; other servers may count letters, and links whole."""
        warning = self._extras["spoiler_text"]
        counted = mastodon_length(text, self._link_length) + graphemes(warning, joins_conjuncts=False)
        return counted if self._is_real else max(counted, len(text) + len(warning))

    def at_most(self, text: str) -> int:
        """The same with the content warning; a server may count a link for more than the others do."""
        is_usual = self._link_length <= 50
        return super().at_most(text + self._extras["spoiler_text"]) + 50 if is_usual else self.length(text)

    def ready(self) -> Answer | Ready:
        """Ask the server for its limits, its version and its clock."""
        exchange = self.get("v2/instance")
        if exchange.status == 404 or (exchange.good and exchange.json("version") is None):
            exchange = self.get("v1/instance")  # older servers, and snac2
        version = exchange.result("version")
        if isinstance(version, str):
            self.limit, self._link_length = entities.limits(exchange.result())
            self._is_real = entities.counts_as_mastodon(version, exchange.result())
            return Ready(exchange.date(), version[:100])
        return not_ready(exchange, self.refusal(exchange), self.platform)

    def new_key(self) -> str:
        """A random UUID: a key is per account and not tied to the text, so no two posts may share one."""
        return str(uuid.uuid4())

    def send(self, text: str, key: str, *, again: bool) -> Answer:
        """Post the text in one request; the same key brings the same post."""
        extras = {name: value for name, value in self._extras.items() if value}
        exchange = self._ask(lambda client: client.status_post(text, idempotency_key=key or None, **extras))
        if found := entities.number(exchange.result()):
            return Answer("posted", found, entities.address(exchange.result()))
        if again and exchange.status == 404:
            # What a server answers to the key of a post that was deleted since; or the address is wrong.
            return Answer("unknown", reason="not found: it may have been there and been deleted")
        if self._reply_to and exchange.status == 404:
            return Answer("rejected", reason="the post that it answers is gone")
        return self.refusal(exchange)

    def find(self, text: str, attempt: Attempt) -> Answer:
        """Look on the own timeline, for a reply in its thread.

        It is absent only where sending again with the same key is safe.
        """
        if too_early := self._connection.too_early(attempt):
            return too_early
        exchange = self._ask(lambda client: client.account_verify_credentials())
        user = entities.number(exchange.result())
        if user is not None:
            exchange = self._where_it_is(user)
        if exchange.status == 403:
            return Answer("unknown", reason="the answer was lost, and the token may not read")
        if self._reply_to and exchange.status == 404:
            return Answer("unknown", reason="the answer was lost, and the post that it replies to is gone")
        statuses = exchange.result("descendants") if self._reply_to else exchange.result()
        if user is None or not isinstance(statuses, list):
            return self._connection.look_failed(self.refusal(exchange), attempt)
        for status in statuses:
            if (found := entities.number(status)) and self._is_it(text, status, attempt, user):
                return Answer("posted", found, entities.address(status))
        return self._absence(attempt, exchange.date(), statuses)

    def verify(self) -> Account:
        """Ask who the account is, whether it is marked as a bot, and what the token cannot do."""
        ready = self.ready()
        if isinstance(ready, Answer):
            raise self.complaint(ready)
        exchange = self._ask(lambda client: client.account_verify_credentials())
        app = self._ask(lambda client: client.app_verify_credentials())
        user = exchange.result()
        is_unread = exchange.status == 403 and app.good  # it may post all the same
        if entities.number(user) is None and not is_unread:
            raise self.complaint(self.refusal(exchange))
        granted = entities.scopes(app.result())
        host = self.base_url.partition("://")[2]
        unread = f"an account on {host} that the token may not read"
        return Account(
            unread if is_unread else f"@{at(user, 'acct')}@{host}",
            entities.address(user),
            None if is_unread else at(user, "bot") is True,
            problems=() if granted is None or "write:statuses" in granted else (_NO_WRITE,),
            warnings=tuple(_warnings(user, is_unread, granted)),
            notes=tuple(self._notes(ready, granted)),
        )

    def _notes(self, ready: Ready, granted: set[str] | None) -> Iterable[str]:
        yield f"{self.limit} characters, a link counts as {self._link_length}"
        whole = granted and sorted(name for name in granted if name.partition(":")[0] not in granted - {name})
        yield f"the token may: {' '.join(whole)}" if whole else _NO_SCOPES
        if not _PLAIN_VERSION.fullmatch(ready.server or ""):
            yield _NOT_REAL

    def _absence(self, attempt: Attempt, date: float | None, statuses: list[object]) -> Answer:
        """Say what it means that a post is not among the newest ones."""
        if not _PLAIN_VERSION.fullmatch(attempt.server or ""):
            return Answer("unknown", reason="not on the timeline; this server may not know idempotency keys")
        if date is None or attempt.server_date is None:
            return Answer("unknown", reason="not on the timeline; the server tells no time")
        age = date - attempt.server_date
        if 0 <= age < LOOK_AFTER:
            return Answer("later", reason="too early to look", until=self._clock() + LOOK_AFTER - age)
        if not 0 <= age < _KEY_LASTS or not attempt.key:
            return Answer("unknown", reason="not on the timeline; its key is too old to send again")
        if (
            not self._reply_to
            and len(statuses) >= _LOOK_AT
            and all(_after(status, attempt) for status in statuses)
        ):
            return Answer("unknown", reason="not among the newest posts, which do not reach back far enough")
        return Answer("absent", reason="not on the timeline")

    def _where_it_is(self, user: str) -> Exchange:
        """Ask for the posts among which a lost one is."""
        if self._reply_to:
            return self.get(f"v1/statuses/{self._reply_to}/context")
        return self._ask(
            lambda client: client.account_statuses(
                user, limit=_LOOK_AT, exclude_reblogs=True, exclude_replies=True
            )
        )

    def _is_it(self, text: str, status: object, attempt: Attempt, user: str) -> bool:
        """Tell whether a status is the post; a status has one reply of ours, whatever its words."""
        if self._reply_to:
            is_mine = entities.number(at(status, "account")) == user
            return is_mine and str(at(status, "in_reply_to_id")) == self._reply_to
        return _after(status, attempt) and entities.same(text, status)

    def get(self, place: str, **query: Any) -> Exchange:  # noqa: ANN401
        """Ask for something below /api; Mastodon.py ends some with a slash, which servers redirect."""
        return self._ask(
            lambda client: client.session.get(
                f"{self.base_url}/api/{place}",
                params=query,
                headers={"Authorization": f"Bearer {self._token}"},
                auth=lambda request: request,  # keeps a .netrc from replacing the token
            )
        )


def _after(status: object, attempt: Attempt) -> bool:
    """Tell whether a post is newer than an attempt, on the server's clock; yes where nobody knows."""
    made = entities.created(status)
    return made is None or attempt.server_date is None or made >= attempt.server_date - _SKEW


def _warnings(user: object, is_unread: bool, granted: set[str] | None) -> Iterable[Advice]:
    if not is_unread:
        if at(user, "bot") is not True:
            yield _NOT_A_BOT
        yield from note_advice("note", entities.plain(at(user, "note")), entities.profile(user))
    if is_unread or (granted is not None and not {"read:accounts", "read:statuses"} <= granted):
        yield _NO_READ
