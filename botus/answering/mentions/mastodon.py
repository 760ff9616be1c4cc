"""Who has mentioned the bot on a server that speaks Mastodon's API, and how the answer looks there.

Source: the entities Notification, Status, Account, Context and Relationship of Mastodon's API. Besides
`write:statuses` it takes the scopes of `_SCOPES`; a whole `read` has them all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from botus.answering.mentions.guards import DAY
from botus.answering.mentions.seen import Found, Seen, Thread, is_too_long, is_too_much
from botus.posting.http.exchange import Exchange, at
from botus.posting.target import Answer, Timing
from botus.posting.targets import mastodon_entities as entities
from botus.posting.targets.mastodon import Mastodon
from botus.store.intents import Mention

_LIMIT = 40
_SCOPES = {
    "v1/notifications": "read:notifications",
    "v1/accounts/verify_credentials": "read:accounts",
    "v1/accounts/relationships": "read:follows",
    "v1/statuses": "read:statuses",
}
_ACCT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:@(?:[A-Za-z0-9_.:-]|[^\s\0-\x9f＠﹫]){1,253})?")
_AS_ASKED = ("unlisted", "private", "direct")
_BARS = ("blocking", "blocked_by", "muting", "muting_notifications", "domain_blocking")


class MastodonMentions:
    """The mentions of one account.

    Args:
        account: the arguments of its target.
    """

    def __init__(self, account: Mapping[str, Any], timing: Timing) -> None:
        self._account, self._timing = account, timing
        self.target = Mastodon(**account, timing=timing)
        self._host = urlsplit(self.target.base_url).netloc
        self._me: str | None = None  # the account's id, until it has been asked for

    def check(self) -> Answer | None:
        found = self.look(None, 1)
        if isinstance(found, Answer):
            return found
        relation = self._relation(self._me or "")
        if isinstance(relation, Answer):
            return relation
        exchange = self.target.get("v1/statuses/0/context")  # there is no such one, but it may be asked for
        return self._trouble(exchange, "v1/statuses") if exchange.status in (401, 403) else None

    def look(self, read: str | None, pages: int = 15) -> Found | Answer:
        if self._me is None:
            exchange = self.target.get("v1/accounts/verify_credentials")
            self._me = entities.number(exchange.result())
            if self._me is None:
                return self._trouble(exchange, "v1/accounts/verify_credentials")
        found: list[Seen] = []
        newest, last, now, limit = read or "", "", None, _LIMIT
        for _ in range(pages):
            query: dict[str, Any] = {"types[]": "mention", "limit": limit}
            query |= {name: value for name, value in (("since_id", read), ("max_id", last)) if value}
            exchange = self.target.get("v1/notifications", **query)
            page = exchange.result()
            if not isinstance(page, list):
                if limit > 1 and is_too_much(exchange):
                    limit //= 6
                    continue
                if found and is_too_much(exchange):
                    break  # the one that follows, and what is older, cannot be read
                return self._trouble(exchange, "v1/notifications")
            now = exchange.date() or now
            numbers = [entities.number(one) or "" for one in page]
            newest = newest if last or not numbers else numbers[0]
            new = page[: numbers.index(read)] if read and read in numbers else page
            found += [seen for one in new if (seen := self._seen(one)) is not None]
            is_old = now is not None and any(
                now - made > DAY for one in page if (made := entities.created(one))
            )
            if len(new) < len(page) or is_old or not numbers or numbers[-1] in ("", last):
                break
            last = numbers[-1]
        return Found(found[::-1], newest, now)

    def thread(self, mention: Mention) -> Thread | Answer:
        if answer := self._relation(mention.account):
            return answer if isinstance(answer, Answer) else Thread(mention, unfit=answer)
        exchange = self.target.get(f"v1/statuses/{mention.post}/context")
        if exchange.status in (404, 410):
            return Thread(mention, unfit="the post is gone")
        if is_too_long(exchange):
            return Thread(mention, unfit="its thread is too long to be read")
        before, after = exchange.result("ancestors"), exchange.result("descendants")
        if not isinstance(before, list) or not isinstance(after, list):
            return self._trouble(exchange, "v1/statuses")
        return self._thread(mention, before, after)

    def reply(self, mention: Mention) -> Mastodon:
        """With the owner's content warning where whoever asked has none."""
        words = {
            "visibility": mention.visibility,
            "content_warning": mention.warning or self._account.get("content_warning", ""),
            "reply_to": mention.post,
        }
        return Mastodon(**{**self._account, **words}, timing=self._timing)

    def wording(self, mention: Mention, line: str) -> str:
        return f"{mention.handle} {line}"

    def _seen(self, notification: object) -> Seen | None:
        """What a notification tells; None where it tells of no post."""
        status, user = at(notification, "status"), at(notification, "account")
        post, account, acct = entities.number(status), entities.number(user), at(user, "acct")
        if post is None or account is None or not isinstance(acct, str):
            return None
        if at(notification, "type") != "mention" or not (_ACCT.fullmatch(acct) and acct.isprintable()):
            return None
        person = (acct if "@" in acct else f"{acct}@{self._host}").lower()
        asked, warning = at(status, "visibility"), str(at(status, "spoiler_text") or "")
        visibility = "unlisted" if asked == "public" else asked if asked in _AS_ASKED else "direct"
        whole = warning.encode(errors="replace").decode()  # without half a letter
        mention = Mention(post, f"@{person}", f"@{acct}", post, str(visibility), whole, account=account)
        return Seen(
            mention,
            entities.plain(at(status, "content")),
            entities.created(notification),
            entities.profile(user),
            len(_named(status) - {self._me, account}),
            self._unfit(status, user, account),
        )

    def _unfit(self, status: object, user: object, account: str) -> str:
        if account == self._me:
            return "it is the bot's own"
        if at(user, "bot") is True or at(user, "group") is True:
            return "the account is a bot"
        if at(user, "moved") or at(user, "suspended") is True or at(user, "limited") is True:
            return "the account has moved, or its server has limited it"
        if at(status, "reblog"):
            return "it is a boost"
        return ""

    def _relation(self, account: str) -> str | Answer:
        """Say whether one has blocked or muted the other, as far as the server tells; "" where not."""
        exchange = self.target.get("v1/accounts/relationships", **{"id[]": account})
        found = exchange.result()
        if exchange.status in (404, 405, 410, 501):  # it knows no such thing
            return ""
        if not isinstance(found, list):
            return self._trouble(exchange, "v1/accounts/relationships")
        barred = any(at(one, name) is True for one in found for name in _BARS)
        return "one of the two has blocked or muted the other" if barred else ""

    def _thread(self, mention: Mention, before: list[object], after: list[object]) -> Thread:
        mine = [one for one in [*before, *after] if self._is_mine(one)]
        if any(str(at(one, "in_reply_to_id")) == mention.post for one in mine):
            return Thread(mention, unfit="it has an answer")
        if before and not self._is_for_me(before[-1], mention.account):
            return Thread(mention, unfit="it is a reply to somebody else, who was told by it")
        pair = {self._me, mention.account}
        exchanged = [one for one in before[1:] if entities.number(at(one, "account")) in pair]
        # Who replies to a post of the bot's that names nobody has begun the conversation.
        is_begun = bool(before) and not (
            self._is_mine(before[0]) and mention.account not in _named(before[0])
        )
        return Thread(
            replace(mention, thread=(entities.number(before[0]) if before else None) or mention.post),
            sum(bool(at(one, "in_reply_to_id")) for one in mine),
            len(exchanged) + 1 if is_begun else 0,
        )

    def _is_mine(self, status: object) -> bool:
        return entities.number(at(status, "account")) == self._me

    def _is_for_me(self, parent: object, account: str) -> bool:
        """Whether a reply speaks to the bot: programs name all whom the post before it named."""
        if entities.number(at(parent, "account")) in (self._me, account):
            return True
        return self._me not in _named(parent)

    def _trouble(self, exchange: Exchange, place: str) -> Answer:
        answer = replace(self.target.refusal(exchange), state="later")
        if exchange.status == 403:
            scope = f"the token may not see who mentions the bot, which takes {_SCOPES[place]}"
            return replace(answer, reason=f"{scope}: botus login mastodon --answers gets one that may")
        if exchange.status in (404, 405, 410) and place == "v1/notifications":
            return replace(answer, reason="the server does not tell who mentions the bot", needs_person=True)
        if exchange.good:
            return replace(answer, reason="the server's answer is not Mastodon's")
        return answer


def _named(status: object) -> set[str | None]:
    """The accounts that a post mentions."""
    named = at(status, "mentions")
    return {entities.number(one) for one in named} - {None} if isinstance(named, list) else set()
