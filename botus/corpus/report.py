"""What a person sees of an import: the closing table, what was cleaned, samples of what was left out.

Reports go in, lines and plain values come out.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from botus.corpus import filtering
from botus.corpus.importing import Report
from botus.corpus.parsing.post import UNKNOWN_CHANNEL
from botus.corpus.tally import JOINED, KEPT, Tally
from botus.store.corpus import Removed
from botus.text import counted, escape

# Which option lets in what was left out for a reason.
_WAYS_OUT = {
    filtering.REPLY: "--replies",
    filtering.WARNING: "--content-warnings",
    filtering.MEDIA: "--media takes their descriptions",
    filtering.UNLIKED: "--min-likes",
    filtering.SHORT: "--min-chars",
    "mention": "--mentions drop",
    "link": "--links drop",
    UNKNOWN_CHANNEL: "--unknown-channels",
}
_CLEANED = {
    "mentions": "mentions taken out of",
    "links": "links taken out of",
    "entities": "entities mended in",
}


def lines(report: Report) -> Iterator[str]:
    """Yield the closing table of an import."""
    tally = report.tally
    for export in report.exports:
        yield f"{export.read:9,}  read from {export.path} ({export.kind})"
    if len(report.exports) > 1:
        yield f"{tally.read:9,}  read"
    if report.dry_run:
        yield f"{tally.kept:9,}  would be kept (dry run: nothing was changed)"
    else:
        yield f"{tally.kept:9,}  kept; {report.corpus} has {counted(report.total, 'post')} now"
    if tally.joined:
        yield f"{tally.joined:9,}  joined with the message before"
    yield f"{sum(tally.dropped.values()):9,}  dropped" + (":" if tally.dropped else "")
    for reason in _by_number(tally, tally.dropped):
        count = tally.dropped[reason]
        yield f"{count:9,}    {reason:28}{_WAYS_OUT.get(reason, '')}".rstrip()
    cleaned = [f"{said} {tally.cleaned[what]:,}" for what, said in _CLEANED.items() if tally.cleaned[what]]
    if cleaned:
        yield f"Of the kept posts: {', '.join(cleaned)}."


def removal(done: Removed, path: Path, left: int) -> Iterator[str]:
    """Yield what a removal did.

    Args:
        done: the removal.
        path: of the corpus.
        left: how many posts it has now.
    """
    yield f"{done.gone:,} taken out of {path}, which has {counted(left, 'post')} now"
    if done.stay:
        yield f"{counted(done.stay, 'post')} stay{'s' * (done.stay == 1)} with another source"


def samples(tally: Tally, wanted: Sequence[str], width: int = 0) -> Iterator[str]:
    """Yield samples of every reason in which a wanted word occurs.

    Args:
        tally: of an import.
        wanted: reasons, or parts of them; `all` for all.
        width: of the terminal, in columns, to which posts are wrapped; 0 for none.
    """
    for reason in chosen(tally, wanted):
        shown, count = tally.samples[reason], _count(tally, reason)
        yield f"{reason}, {len(shown):,} of {count:,}:" if len(shown) < count else f"{reason}, {count:,}:"
        for text, detail in shown:
            yield from _wrapped(escape(text), 4, width)
            if detail:
                said = f"like: {escape(detail)}" if "near" in reason else detail
                yield from _wrapped(said, 6, width)


def _wrapped(text: str, indent: int, width: int) -> list[str]:
    space = " " * indent
    if not width:
        return [space + text]
    return textwrap.wrap(text, width, initial_indent=space, subsequent_indent=space)


def chosen(tally: Tally, wanted: Sequence[str]) -> list[str]:
    """Return the reasons of a tally that a person asked for."""
    words = [word.strip().casefold() for word in wanted]
    there = _by_number(tally, tally.samples)
    return [reason for reason in there if any(word == "all" or word in reason for word in words)]


def missing(tally: Tally, wanted: Sequence[str]) -> Iterator[str]:
    """Yield a sentence for every wanted reason that there is none of."""
    for word in wanted:
        if not chosen(tally, [word]):
            there = ", ".join(_by_number(tally, tally.samples)) or "none"
            yield f"nothing was left out for the reason {word!r}; there are: {there}"


def value(report: Report, wanted: Sequence[str]) -> dict[str, object]:
    """Return a report as plain values, for JSON."""
    tally = report.tally
    return {
        "exports": [
            {"path": str(one.path), "source": one.source, "kind": one.kind, "read": one.read}
            for one in report.exports
        ],
        "read": tally.read,
        "kept": tally.kept,
        "joined": tally.joined,
        "dropped": {reason: tally.dropped[reason] for reason in _by_number(tally, tally.dropped)},
        "cleaned": dict(tally.cleaned),
        "corpus": str(report.corpus),
        "total": report.total,
        "dry_run": report.dry_run,
        "samples": {
            reason: [{"text": text, "detail": detail} for text, detail in tally.samples[reason]]
            for reason in chosen(tally, wanted)
        },
    }


def _by_number(tally: Tally, reasons: Iterable[str]) -> list[str]:
    return sorted(reasons, key=lambda reason: (-_count(tally, reason), reason))


def _count(tally: Tally, reason: str) -> int:
    return {KEPT: tally.kept, JOINED: tally.joined}.get(reason, tally.dropped[reason])
