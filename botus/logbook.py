"""What `log show` prints of tweeted.json: one line per post, so that it can be searched and counted.

In come entries, also those of botus-twitter and of hands; out go lines with the time, the name of the post,
what became of it where, and the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from botus.cron.zones import dated_entry
from botus.text import fingerprint, short_id
from botus.tweeted import Entry


def lines(entries: Iterable[Entry], zone: ZoneInfo) -> Iterator[str]:
    """Yield a line per entry.

    Args:
        entries: of the log, in any order.
        zone: whose clock the times follow.
    """
    for entry in entries:
        post = entry.get("id") or short_id(fingerprint(entry["text"]))
        where = "".join(f" {words}" for words in _outcomes(entry))
        yield f"{dated_entry(entry['timestamp'], zone):<27}  {post!s:<10}{where}  {entry['text']}"


def _outcomes(entry: Entry) -> Iterator[str]:
    """The targets that have the post; of the others the state too."""
    targets = entry.get("targets")
    for name, part in targets.items() if isinstance(targets, dict) else ():
        if isinstance(part, dict):  # a hand or another program may have written something else
            yield name if part.get("state") == "posted" else f"{name}:{part.get('state')}"
