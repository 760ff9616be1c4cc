"""What needs a person, one sentence each, with what to type: targets that stopped, posts nobody knows about.

In: what the owners of the files have read. Pure, and cheap to load: the health check runs every minute.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from botus.posting.target import UNCONFIRMED
from botus.store.intents import Intent
from botus.store.state import PostingState


def stopped_targets(memory: PostingState, accounts: Mapping[str, str]) -> dict[str, str]:
    """Say of every target that has stopped why, by its name.

    Args:
        memory: the content of state.json.
        accounts: of the targets that are set, by name; what an earlier account did counts no more.
    """
    return {
        name: f"{name} has stopped: {state.stopped}; mend it, then run: botus doctor"
        for name, state in memory.targets.items()
        if state.stopped and accounts.get(name) == state.account
    }


def unknown_posts(entries: Iterable[dict[str, Any]], intents: Iterable[Intent] = ()) -> dict[str, str]:
    """Say of every post whose fate is unknown what a person can do, by its id and target.

    Args:
        entries: the log.
        intents: the open posts; what the log says of their targets counts no more.
    """
    found = {}
    for entry in entries:
        for name, part in outcomes(entry).items():
            if part.get("state") == "unknown" and entry.get("id"):
                found[entry["id"], name] = _unknown(entry["id"], name, entry["text"], part.get("error"))
    for intent in intents:
        for name, one in intent.deliveries.items():
            found.pop((intent.id, name), None)  # it is sent once more
            if one.state == "unknown":
                found[intent.id, name] = _unknown(intent.id, name, intent.text, one.error)
    return {
        f"{post} {name}": said for (post, name), said in found.items() if not name.startswith(UNCONFIRMED)
    }


def _unknown(post: str, name: str, text: str, error: object) -> str:
    words = "--posted [URL] | --not-posted | --give-up"
    return (
        f"{post} on {name}: nobody knows whether it was posted ({error or 'no answer'}): {short(text)!r};"
        f" look at the account, then: botus resolve {post} --target {name} {words}"
    )


def outcomes(entry: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What an entry says of each target; nothing where a hand or another program wrote something else."""
    targets = entry.get("targets")
    found = targets if isinstance(targets, dict) else {}
    return {name: part for name, part in found.items() if isinstance(part, dict)}


def short(text: str, shown: int = 60) -> str:
    """A text in one line of so many characters at most."""
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= shown else one_line[: shown - 1] + "…"
