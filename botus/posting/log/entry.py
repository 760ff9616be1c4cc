"""The entry of a finished post in tweeted.json."""

from __future__ import annotations

from botus.store.intents import Intent
from botus.store.log.index import Entry


def log_entry(intent: Intent, earlier: Entry | None = None) -> Entry:
    """Make the log's entry of a finished intent.

    Args:
        intent: whose deliveries are all final.
        earlier: the entry that the log has of the same post, whose other targets are kept.
    """
    at = [one.at for one in intent.deliveries.values() if one.state == "posted" and one.at]
    found = earlier.get("targets") if earlier else None
    targets = dict(found) if isinstance(found, dict) else {}  # a hand may have written anything
    targets.update({name: delivery.outcome() for name, delivery in intent.deliveries.items()})
    stamp = earlier["timestamp"] if earlier else min(at, default=intent.claimed)
    return {"text": intent.text, "timestamp": stamp, "id": intent.id, "targets": targets}
