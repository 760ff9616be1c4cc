"""What a person says about a post that botus could not confirm, or that still waits for a target.

The log and done/ say `unknown`, or an open intent has a delivery that waits; afterwards they say what the
person said, or a new intent sends the post once more to that target alone.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from botus.errors import SettingsError
from botus.posting.log.entry import log_entry
from botus.store.durable import files
from botus.store.intents import Delivery, Intent, Intents
from botus.store.log.tweeted import Log
from botus.text import called

Word = Literal["posted", "not-posted", "give-up"]


def resolve(
    data: Path,
    post: str,
    target: str | None,
    word: Word,
    url: str | None,
    clock: Callable[[], float],
    request: str = "",
) -> str:
    """Write down what a person knows about a post.

    Args:
        post: the post's id, or the beginning of its fingerprint.
        target: which target it is about; None where only one is in question.
        word: `posted`, `not-posted` (it is sent again) or `give-up`.
        url: the address of the post, with `posted`.
        clock: seconds since the epoch.
        request: the id that a page gave it; what was asked for under it is not sent again once more.

    Returns:
        one sentence that says what was done.

    Raises:
        SettingsError: there is no such post, or nothing about it is in question.
        BusyError: a posting run is at work.
    """
    with files.lock(data, "post", wait=30.0, holder="a posting run"):
        intents = Intents(data)
        intent, is_open = _find(intents, post)
        said = f"{intent.id}: goes to {{}} again with the next post"
        if request and target in intent.deliveries and intent.deliveries[target].asked == request:
            return said.format(target)
        name = _choose(intent, target, word)
        if word == "not-posted":
            _send_again(intents, intent, name, is_open, request)
            return said.format(name)
        delivery = intent.deliveries[name]
        if word == "posted":
            delivery.state, delivery.url, delivery.error = "posted", url, None
            delivery.at = delivery.at or int(clock() * 1000)
        else:
            delivery.state, delivery.error = "rejected", "given up by hand"
        if is_open:
            intents.release(intent)  # the next run logs it where it is final
        else:
            intents.save_done(intent)
            log = Log(data)
            earlier = log.find(intent.fingerprint)
            if earlier is not None and "id" in earlier:
                log.update(log_entry(intent, earlier))
        return f"{intent.id}: {name} is now {delivery.state}"


def _find(intents: Intents, post: str) -> tuple[Intent, bool]:
    """The one post whose fingerprint begins so, and whether its intent is open."""
    opened = {intent.fingerprint: intent for intent in intents.open()}
    known = {*opened, *intents.done_names()}
    found = called(post, known)
    intent = opened.get(found) or intents.find_done(found) if found else None
    if intent is None:
        hint = "botus status lists those that need attention"
        raise SettingsError(f"there is no post {post} to resolve", hint)
    return intent, intent.fingerprint in opened


def _choose(intent: Intent, target: str | None, word: Word) -> str:
    states = ("unknown", "sending", "pending") if word == "give-up" else ("unknown", "sending")
    names = [name for name, delivery in intent.deliveries.items() if delivery.state in states]
    known = "known: " + ", ".join(f"{name} {delivery.state}" for name, delivery in intent.deliveries.items())
    if target is not None and target not in names:
        raise SettingsError(f"{intent.id}: nothing is in question on {target}", known)
    if target is None and len(names) != 1:
        problem = "name one with --target" if names else "nothing about it is in question"
        raise SettingsError(f"{intent.id}: {problem}", known)
    return target or names[0]


def _send_again(intents: Intents, intent: Intent, name: str, is_open: bool, request: str) -> None:
    """Let the next run send it: with a new key, because the platform may remember the old one."""
    if is_open:
        intent.deliveries[name] = Delivery(asked=request)
    else:
        deliveries = {name: Delivery(asked=request)}
        intent = Intent(intent.fingerprint, intent.text, intent.raw, intent.claimed, deliveries=deliveries)
        intents.claim(intent)
    intents.release(intent)
