"""Who has mentioned the bot on Bluesky, or replied to it, and how the answer looks there.

The account's server passes these questions on to Bluesky's AppView. An app password is enough.

Source: the lexicons app.bsky.notification.listNotifications, app.bsky.feed.getPostThread and
app.bsky.actor.defs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from botus.answering.mentions.guards import DAY
from botus.answering.mentions.seen import Found, Seen, Thread, is_too_long, is_too_much
from botus.posting.http.exchange import Exchange, at, moment
from botus.posting.target import Answer, Timing
from botus.posting.targets.bluesky import Bluesky
from botus.posting.targets.bluesky_server import error_of
from botus.store.intents import Mention
from botus.store.sessions import Sessions

_LIMIT = 100
_LATE = 600.0  # seconds by which a post may be listed later than others that are newer
_ADDRESS = re.compile(r"at://(did:[a-z]+:[A-Za-z0-9._:%-]+)/app\.bsky\.feed\.post/[A-Za-z0-9._:~-]{1,512}")
_CID = re.compile(r"[A-Za-z0-9]{8,200}")
_BARS = ("muted", "blockedBy", "blocking", "mutedByList", "blockingByList")
_HIDDEN = ("!takedown", "!suspend", "!hide")


class BlueskyMentions:
    """The mentions of one account.

    Args:
        account: the arguments of its target.
        sessions: keeps the login between runs.
    """

    def __init__(self, account: Mapping[str, Any], sessions: Sessions, timing: Timing) -> None:
        self._account, self._sessions, self._timing = account, sessions, timing
        self.target = Bluesky(**account, sessions=sessions, timing=timing)
        self._me = ""

    def check(self) -> Answer | None:
        found = self.look(None, 1)
        return found if isinstance(found, Answer) else None

    def look(self, read: str | None, pages: int = 15) -> Found | Answer:
        found: list[Seen] = []
        newest, now, cursor, since = read or "", None, "", (moment(read) or 0.0) - _LATE
        limit = _LIMIT
        for _ in range(pages):
            query: dict[str, Any] = {"reasons": ["mention", "reply"], "limit": limit}
            query |= {"cursor": cursor} if cursor else {}
            did, exchange = self.target.get("app.bsky.notification.listNotifications", **query)
            page = exchange.result("notifications")
            if not did or not isinstance(page, list):
                if limit > 1 and is_too_much(exchange):
                    limit //= 6
                    continue
                if found and is_too_much(exchange):
                    break  # the one that follows, and what is older, cannot be read
                return self._trouble(exchange)
            self._me, now = did, exchange.date() or now
            times = [moment(at(one, "indexedAt")) or 0.0 for one in page]
            newest = newest if cursor or not page else str(at(page[0], "indexedAt"))
            from_here = max(since, now - DAY if now else 0.0)
            new = [one for one, made in zip(page, times, strict=True) if made > from_here]
            found += [seen for one in new if (seen := self._seen(one)) is not None]
            cursor, before = str(exchange.result("cursor") or ""), cursor
            if len(new) < len(page) or not cursor or cursor == before:
                break
        return Found(found[::-1], newest, now)

    def thread(self, mention: Mention) -> Thread | Answer:
        query = {"uri": mention.post, "depth": 1, "parentHeight": 80}
        did, exchange = self.target.get("app.bsky.feed.getPostThread", **query)
        found = exchange.result("thread")
        kind = str(at(found, "$type"))
        if error_of(exchange) == "NotFound" or kind.endswith("#notFoundPost"):
            return Thread(mention, unfit="the post is gone")
        if kind.endswith("#blockedPost") or at(found, "post", "viewer", "replyDisabled") is True:
            return Thread(mention, unfit="replies to it are not wanted")
        if is_too_long(exchange):
            return Thread(mention, unfit="its thread is too long to be read")
        if not did or at(found, "post", "uri") != mention.post:
            return self._trouble(exchange)
        replies = at(found, "replies")
        if any(_writer(one) == did for one in (replies if isinstance(replies, list) else [])):
            return Thread(mention, unfit="it has an answer")
        chain, parent = [found], at(found, "parent")
        while _writer(parent):
            chain.append(parent)
            parent = at(parent, "parent")
        later = [_writer(one) for one in chain if at(one, "post", "record", "reply")]
        root = chain[-1]
        # Who replies to a post of the bot's that names nobody has begun the conversation.
        is_begun = _writer(root) != did or mention.person in _named(at(root, "post", "record"))
        exchanged = sum(who in (did, mention.person) for who in later) if is_begun else 0
        return Thread(mention, later.count(did), exchanged)

    def reply(self, mention: Mention) -> Bluesky:
        reply = {
            "root": {"uri": mention.thread, "cid": mention.thread_cid},
            "parent": {"uri": mention.post, "cid": mention.cid},
        }
        return Bluesky(**self._account, sessions=self._sessions, reply=reply, timing=self._timing)

    def wording(self, mention: Mention, line: str) -> str:
        """The reply itself tells who is meant."""
        return line

    def _seen(self, notification: object) -> Seen | None:
        """What a notification tells; None where it tells of no post that could be answered."""
        record, author = at(notification, "record"), at(notification, "author")
        post, cid, words = at(notification, "uri"), at(notification, "cid"), at(record, "text")
        person, reason = at(author, "did"), at(notification, "reason")
        if not isinstance(words, str) or not _is_reference(post, cid) or reason not in ("mention", "reply"):
            return None
        if not isinstance(person, str) or not str(post).startswith(f"at://{person}/"):
            return None
        thread, thread_cid = (at(record, "reply", "root", name) for name in ("uri", "cid"))
        if not _is_reference(thread, thread_cid):
            thread, thread_cid = post, cid
        handle = at(author, "handle")
        handle = f"@{handle}" if re.fullmatch(r"[A-Za-z0-9.-]{1,253}", str(handle)) else person
        mention = Mention(str(post), person, handle, str(thread), cid=str(cid), thread_cid=str(thread_cid))
        return Seen(
            mention,
            words,
            moment(at(notification, "indexedAt")),
            " ".join(str(at(author, name) or "") for name in ("handle", "displayName", "description")),
            len(set(_named(record)) - {self._me, person}),
            self._unfit(record, author, str(reason)),
        )

    def _unfit(self, record: object, author: object, reason: str) -> str:
        if at(author, "did") == self._me:
            return "it is the bot's own"
        own, given = at(record, "labels", "values"), at(author, "labels")
        labels = [at(one, "val") for each in (own, given) if isinstance(each, list) for one in each]
        if "bot" in labels:
            return "the account is a bot"
        if any(label in _HIDDEN for label in labels):
            return "its server has limited the account"
        if any(at(author, "viewer", name) for name in _BARS):
            return "one of the two has blocked or muted the other"
        if reason == "reply" and not str(at(record, "reply", "parent", "uri")).startswith(
            f"at://{self._me}/"
        ):
            return "it is a reply to somebody else"  # beneath a post of the bot's
        return ""

    def _trouble(self, exchange: Exchange) -> Answer:
        answer = replace(self.target.refusal(exchange), state="later")
        if exchange.status in (404, 501) or error_of(exchange) == "MethodNotImplemented":
            return replace(answer, reason="the server does not tell who mentions the bot", needs_person=True)
        if exchange.good:
            return replace(answer, reason="the server's answer is not Bluesky's")
        return answer


def _is_reference(uri: object, cid: object) -> bool:
    is_address = isinstance(uri, str) and _ADDRESS.fullmatch(uri)
    return bool(is_address and isinstance(cid, str) and _CID.fullmatch(cid))


def _writer(node: object) -> object:
    return at(node, "post", "author", "did")


def _named(record: object) -> list[object]:
    """The accounts that a post mentions."""
    facets = at(record, "facets")
    features = [at(one, "features") for one in (facets if isinstance(facets, list) else [])]
    found = [each for one in features if isinstance(one, list) for each in one]
    return [did for one in found if isinstance(did := at(one, "did"), str)]
