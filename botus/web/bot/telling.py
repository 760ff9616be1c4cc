"""How the bot is, its queue, its last posts, what comes next and what needs a person, as JSON.

It is the same knowledge that `botus status` and `botus health` have. What is damaged is said, and the rest is
told all the same.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import asdict
from itertools import islice
from random import Random
from typing import Any, cast

from botus.errors import BotusError, sentence
from botus.log import censor, censored
from botus.monitoring import health
from botus.monitoring.attention import lost_posts, outcomes
from botus.monitoring.queue.lines import described, unjudged
from botus.monitoring.status import Status, look
from botus.monitoring.survey import Survey
from botus.posting.posting_run import PostingRun
from botus.posting.selection import Selection
from botus.posting.targets.configured import configured
from botus.schedule.zones import dated, dated_entry, zone_or_utc
from botus.settings import Settings
from botus.store.durable.lines import Line
from botus.store.log.tweeted import Log
from botus.store.queue.tweets import Queue
from botus.text import counted, fingerprint, short_id
from botus.web.bot import figures
from botus.web.bot.lines import Lines
from botus.web.bot.posting import link

_FRESH = 5.0  # seconds for which the state is told again without another look
_NEXT = 5
_DAYS = 30
_ORDERS = {
    "random": "drawn by chance",
    "spaced": "drawn by chance, with the starred ones spread evenly",
    "file": "in the order of the file",
}
_CHOICES = {"posted": "It is there", "not-posted": "It is not there: send it again", "give-up": "Give up"}


class Telling:
    """What is told of one bot; `clock` is seconds since 1970."""

    def __init__(self, settings: Settings, clock: Callable[[], float]) -> None:
        self._settings, self._clock = settings, clock
        self._targets = configured(settings, clock)
        self._looking, self._guard = threading.Lock(), threading.Lock()  # long looks; what is kept of files
        self._lines, self._log = Lines(settings.data), Log(settings.data)
        self._run = PostingRun(settings, self._targets, rng=Random(), clock=clock, say=lambda *_, **__: None)
        self._known: Status | None = None

    def changed(self) -> None:
        """Look anew at the next question: something was done here."""
        self._known = None

    def status(self) -> dict[str, Any]:
        """What `botus status --json` says, and whether all is well."""
        with self._looking:
            found = self._status()
            well = health.look(lambda: self._settings, self._clock)
            told = found.as_dict()
            next_words = dated(found.next_post, found.zone) if found.next_post else ""
        more = {
            "health": {"well": not well.complaints, "says": [*well.complaints, *well.warnings]},
            "next_words": next_words,
            "dry_run": not self._targets,
        }
        return self._told({**told, **more})

    def lines(self, search: str, first: int, count: int) -> dict[str, Any]:
        """Some of the lines of the queue that have these words, each with what becomes of it."""
        with self._guard:
            found, of = self._lines.page(search, first, count)
            selection, problem = self._selection()
            return {"lines": [_line(one, selection) for one in found], "of": of, "problem": problem}

    def coming(self) -> dict[str, Any]:
        """When the next post goes out, and which line it is, or what decides."""
        with self._looking:
            found, order = self._status(), self._settings.post_order
        with self._guard:
            selection, _ = self._selection()
            ready = found.survey.queue.ready if found.survey.queue else None
            lines: list[Line] = []
            if order == "file" and selection and ready:
                every = Queue(self._settings.data).lines()
                lines = list(islice(filter(selection.allows, every), _NEXT))
            return self._told(
                {
                    "when": found.next_post.isoformat() if found.next_post else None,
                    "when_words": dated(found.next_post, found.zone) if found.next_post else "",
                    "schedule": found.schedule.words() if found.schedule else "",
                    "schedule_problem": found.schedule_problem,
                    "dry_run": not self._targets,
                    "ready": ready,
                    "words": f"{counted(ready, 'line')} ready, {_ORDERS[order]}" if ready else "",
                    "posts": [{"post": fingerprint(one.text), "text": one.text} for one in lines if one.text],
                }
            )

    def posts(self, first: int, count: int) -> dict[str, Any]:
        """The last posts, newest first, where they are, and how many there are."""
        zone = zone_or_utc(self._settings.zone)
        with self._guard:
            total = len(self._log.index())
            newest = range(total - 1 - first, max(-1, total - 1 - first - count), -1)
            entries = self._log.read(newest)
        posts = [
            {
                "post": str(entry.get("id") or short_id(fingerprint(entry["text"]))),
                "text": entry["text"],
                "at": dated_entry(entry["timestamp"], zone),
                "targets": [
                    {
                        "target": name,
                        "state": str(part.get("state") or ""),
                        "url": link(part.get("url")),
                        "error": censor(str(part.get("error") or ""), self._settings.secrets),
                    }
                    for name, part in outcomes(entry).items()
                ],
            }
            for entry in entries
        ]
        return {"posts": posts, "of": total}

    def attention(self) -> dict[str, Any]:
        """Everything that is open: what stopped, what nobody knows, what is on its way, what is damaged."""
        with self._looking:
            found = self._status()
        survey = found.survey
        posts: list[dict[str, Any]] = [
            {
                "post": one.id,
                "text": one.text,
                "target": one.target,
                "state": "unknown",
                "said": f"nobody knows whether it was posted ({one.error}): look at the account",
                "choices": _choices(*_CHOICES),
            }
            for one in lost_posts(survey.log.unknown if survey.log else (), survey.intents or ())
        ]
        for one in found.waiting:
            words = _CHOICES if one.state == "sending" else ("give-up",)
            posts.append(
                {
                    "post": one.id,
                    "text": one.text,
                    "target": one.target,
                    "state": one.state,
                    "said": f"{one.reason}: {one.fate}" if one.reason else one.fate,
                    "choices": _choices(*words) if one.command else [],
                }
            )
        about = {"stopped": list(survey.stopped.values()), "damage": found.damage}
        shown = [{**one, "said": censor(one["said"], self._settings.secrets)} for one in posts]
        return {**self._told(about), "posts": shown}

    def figures(self) -> dict[str, Any]:
        """The numbers of the pictures; None where a file is damaged."""
        most = min(limit.most for limit in self._settings.limits())
        zone, now = zone_or_utc(self._settings.zone), self._clock()
        with self._looking:
            acceptance = self._status().survey.acceptance
        with self._guard:
            return {
                "posts_per_day": _tried(
                    lambda: figures.posts_per_day(self._log.index().times, now, zone, _DAYS)
                ),
                "kept_by_temperature": [{**asdict(one), "share": round(one.share, 4)} for one in acceptance],
                "lengths": _tried(lambda: figures.lengths(self._lines.lengths(), most)),
                "most": most,
            }

    def _status(self) -> Status:
        now = self._clock()
        if self._known is None or not 0 <= now - self._known.now < _FRESH:
            self._known = look(Survey(self._settings, self._targets), now)
        return self._known

    def _selection(self) -> tuple[Selection | None, str]:
        """What decides about lines; None where a file is damaged, and why."""
        try:
            return self._run.selection(), ""
        except BotusError as error:
            return None, censor(sentence(error), self._settings.secrets)

    def _told(self, value: dict[str, Any]) -> dict[str, Any]:
        return cast(dict[str, Any], censored(value, self._settings.secrets))


def _line(line: Line, selection: Selection | None) -> dict[str, Any]:
    found = described(line, selection) if selection else unjudged(line)
    told = {**found.as_dict(), "post": found.post, "line": found.number}
    return {name: told[name] for name in ("post", "id", "text", "line", "state", "ready", "why")}


def _choices(*words: str) -> list[dict[str, str]]:
    return [{"label": _CHOICES[word], "action": word} for word in words]


def _tried(read: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]] | None:
    try:
        return read()
    except BotusError:
        return None
