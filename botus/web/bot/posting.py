"""Posting one line now, and a person's word about a post that was lost.

The precheck, the locks and the promise are those of `botus post` and `botus resolve`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from random import Random
from typing import Any

from botus.errors import BotusError, CredentialsError, RefusedError, SettingsError
from botus.log import Say, censor
from botus.monitoring.attention import outcomes
from botus.posting.posting_run import PostingRun
from botus.posting.resolve import Word, resolve
from botus.posting.targets.configured import configured
from botus.schedule.loop import check_credentials, preview
from botus.settings import Settings
from botus.store.intents import Intents
from botus.store.log.tweeted import Log
from botus.web.exchange import Problem, explained

Answer = dict[str, Any]
_PATIENCE = 20.0  # seconds: `run` may be posting just now


class Posting:
    """What the page sends, and what becomes of it; `clock` is seconds since 1970."""

    def __init__(self, settings: Settings, say: Say, clock: Callable[[], float]) -> None:
        self._settings, self._say, self._clock = settings, say, clock
        # A posting run takes over what its own process left: two at once would take over each other's posts
        # where the locks of files keep nobody out.
        self._alone = threading.Lock()

    def post(self, post: str) -> Answer:
        """Post one line of the queue now, by its fingerprint; returns what became of it on each target.

        Asked for again, it returns what became of it, however long ago.

        Raises:
            Problem: it may not go out, or nothing could be sent.
        """
        try:
            with self._alone:
                return self._known(post) or self._posted(post)
        except BotusError as error:
            raise self.problem(error) from error

    def resolve(self, request: str, post: str, target: str, word: Word, url: str) -> Answer:
        """Write down what a person knows about a post; asked for again under one id, it is not sent again.

        Raises:
            Problem: nothing about it is in question.
        """
        try:
            with self._alone:
                data = self._settings.data
                return {"said": resolve(data, post, target, word, url or None, self._clock, request)}
        except BotusError as error:
            raise self.problem(error) from error

    def problem(self, error: BotusError) -> Problem:
        """Say an error on the page, without what is secret."""
        found = explained(error)
        if isinstance(error, SettingsError | RefusedError | CredentialsError):
            found = Problem(409, "refused", found.said)
        found.said = censor(found.said, self._settings.secrets)
        return found

    def _posted(self, post: str) -> Answer:
        heard: list[str] = []

        def say(message: str, level: str = "info", **fields: object) -> None:
            if level != "info":
                heard.append(censor(message, self._settings.secrets))
            self._say(message, level, **fields)

        self._settings.require_complete()
        targets = configured(self._settings, self._clock)
        run = PostingRun(self._settings, targets, rng=Random(), clock=self._clock, say=say, wait=_PATIENCE)
        if not targets:
            check_credentials(self._settings)
            preview(run, self._say, post)
            return {"said": _DRY, "dry_run": True, "targets": []}
        run.post(post)
        if found := self._known(post):
            return found
        raise Problem(503, "not posted", "; ".join(heard) or "nothing was posted")

    def _known(self, post: str) -> Answer | None:
        """What became of a post that was claimed, on each target; None where it was not."""
        intents, data = Intents(self._settings.data), self._settings.data
        opened = next((one for one in intents.open() if one.fingerprint == post), None)
        intent = opened or intents.find_done(post)
        if intent is None:
            entry = Log(data).find(post)
            if entry is None:
                return None
            parts = outcomes(entry)
        else:
            parts = {name: one.outcome() for name, one in intent.deliveries.items()}
        targets = [_told(name, part, self._settings) for name, part in parts.items()]
        return {"said": _sum(targets), "dry_run": False, "targets": targets}


_DRY = "No credentials are set, so this was a dry run: nothing was sent, and the line stays in the queue"


def _told(name: str, part: dict[str, Any], settings: Settings) -> dict[str, Any]:
    error = censor(str(part.get("error") or ""), settings.secrets)
    return {"target": name, "state": str(part.get("state")), "url": link(part.get("url")), "error": error}


def _sum(targets: list[dict[str, Any]]) -> str:
    states = [one["state"] for one in targets]
    if not targets or states.count("posted") == len(states):
        return "Posted"
    if "posted" in states:
        return "Posted, but not everywhere"
    return "It was sent, and it is not known to be there" if "unknown" in states else "Not posted yet"


def link(url: object) -> str:
    """Return an address that may be a link on a page; nothing where it is none, whatever the log holds."""
    return url if isinstance(url, str) and url.lower().startswith(("https://", "http://")) else ""
