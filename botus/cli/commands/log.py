"""`botus log`: its commands, and what `log show` prints of tweeted.json.

One line per post, so that they can be searched and counted: the time, the name of the post, what became of it
where, and the text. Entries of botus-twitter, or written by hand, lack some of that.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from botus.cli.epilog import epilog
from botus.cli.options import Common, common
from botus.text import fingerprint, short_id

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from botus.store.log.index import Entry


@click.group(epilog=epilog("botus log show"))
@common
def log(values: Common) -> None:
    """Show, repair or accept tweeted.json."""


@log.command("show", epilog=epilog("botus log show --json", "zone"))
@common
def log_show(values: Common) -> None:
    """Print the log, newest last."""
    from botus.schedule.zones import zone_or_utc
    from botus.store.log.tweeted import Log

    entries = Log(values.existing.data).entries()
    values.result(_lines(entries, zone_or_utc(values.settings.zone)), lambda: entries)


@log.command("repair", epilog=epilog("botus log repair"))
@common
def log_repair(values: Common) -> None:
    """Save all that can be read of a damaged log; the damaged file is kept."""
    from botus.corpus.parsing.dates import seconds
    from botus.posting.log.repair import repair

    said = repair(values.existing.data, time.time, seconds)
    values.result([said], lambda: {"said": said})


@log.command("accept", epilog=epilog("botus log accept"))
@common
def log_accept(values: Common) -> None:
    """Take a log that was shortened or removed on purpose as it is."""
    from botus.posting.log.repair import accept

    said = accept(values.existing.data)
    values.result([said], lambda: {"said": said})


def _lines(entries: Iterable[Entry], zone: ZoneInfo) -> Iterator[str]:
    from botus.schedule.zones import dated_entry

    for entry in entries:
        post = entry.get("id") or short_id(fingerprint(entry["text"]))
        targets = entry.get("targets")
        where = ""
        for name, part in targets.items() if isinstance(targets, dict) else ():
            if isinstance(part, dict):  # a hand or another program may have written something else
                where += f" {name}" if part.get("state") == "posted" else f" {name}:{part.get('state')}"
        yield f"{dated_entry(entry['timestamp'], zone):<27}  {post!s:<10}{where}  {entry['text']}"
