"""What a person sees of an import: the closing table, what was cleaned, samples of what was left out."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from botus.corpus import filtering
from botus.corpus.cleaning import BROKEN
from botus.corpus.filtering import JOINED, KEPT, ImportCounts
from botus.corpus.importing import ImportReport
from botus.corpus.parsing.post import Refusal
from botus.store.corpus import Removed
from botus.text import counted, escape

# Which option lets in what was left out for a reason.
_WAYS_OUT = {
    filtering.REPLY: "--replies",
    filtering.PART: "--cut-off",
    BROKEN: "--mentions keep, --links keep",
    filtering.WARNING: "--content-warnings",
    filtering.MEDIA: "--media takes their descriptions",
    filtering.UNLIKED: "--min-likes",
    filtering.SHORT: "--min-chars",
    "mention": "--mentions drop",
    "link": "--links drop",
    Refusal.UNKNOWN_CHANNEL: "--unknown-channels",
}
_CLEANED = {
    "mentions": "mentions taken out of",
    "links": "links taken out of",
    "entities": "entities fixed in",
}


def lines(report: ImportReport) -> Iterator[str]:
    """Yield the closing table of an import."""
    counts = report.counts
    for export in report.exports:
        yield f"{export.read:9,}  read from {export.path} ({export.kind})"
    if len(report.exports) > 1:
        yield f"{counts.read:9,}  read"
    if report.dry_run:
        yield f"{counts.kept:9,}  would be kept (dry run: nothing was changed)"
    else:
        yield f"{counts.kept:9,}  kept; {report.corpus} has {counted(report.total, 'post')} now"
    if counts.joined:
        yield f"{counts.joined:9,}  joined with the message before"
    yield f"{counts.dropped.total():9,}  dropped" + (":" if counts.dropped else "")
    for reason in _by_number(counts, counts.dropped):
        count = counts.dropped[reason]
        yield f"{count:9,}    {reason:28}{_WAYS_OUT.get(reason, '')}".rstrip()
    cleaned = [f"{said} {counts.cleaned[what]:,}" for what, said in _CLEANED.items() if counts.cleaned[what]]
    if cleaned:
        yield f"Of the kept posts: {', '.join(cleaned)}."


def removal(done: Removed, path: Path, left: int) -> Iterator[str]:
    """Yield what a removal did to the corpus at a path, which has so many posts now."""
    yield f"{done.gone:,} taken out of {path}, which has {counted(left, 'post')} now"
    if done.stay:
        yield f"{counted(done.stay, 'post')} stay{'s' * (done.stay == 1)} with another source"


def samples(counts: ImportCounts, wanted: Sequence[str], width: int = 0) -> Iterator[str]:
    """Yield samples of every reason in which a wanted word occurs.

    Args:
        counts: of an import.
        wanted: reasons, or parts of them; `all` for all.
        width: of the terminal, in columns, to which posts are wrapped; 0 for none.
    """
    for reason in chosen(counts, wanted):
        shown, count = counts.samples[reason], _count(counts, reason)
        yield f"{reason}, {len(shown):,} of {count:,}:" if len(shown) < count else f"{reason}, {count:,}:"
        for text, detail in shown:
            yield from _wrapped(escape(text), 4, width)
            if detail:
                said = f"like: {escape(detail)}" if "near" in reason else detail
                yield from _wrapped(said, 6, width)


def chosen(counts: ImportCounts, wanted: Sequence[str]) -> list[str]:
    """Return the reasons that a person asked for."""
    words = [word.strip().casefold() for word in wanted]
    there = _by_number(counts, counts.samples)
    return [reason for reason in there if any(word == "all" or word in reason for word in words)]


def missing(counts: ImportCounts, wanted: Sequence[str]) -> Iterator[str]:
    """Yield a sentence for every wanted reason that there is none of."""
    for word in wanted:
        if not chosen(counts, [word]):
            there = ", ".join(_by_number(counts, counts.samples)) or "none"
            yield f"nothing was left out for the reason {word!r}; there are: {there}"


def value(report: ImportReport, wanted: Sequence[str]) -> dict[str, object]:
    """Return a report as plain values, for JSON."""
    counts = report.counts
    return {
        "exports": [asdict(one) for one in report.exports],
        "read": counts.read,
        "kept": counts.kept,
        "joined": counts.joined,
        "dropped": {reason: counts.dropped[reason] for reason in _by_number(counts, counts.dropped)},
        "cleaned": dict(counts.cleaned),
        "corpus": report.corpus,
        "total": report.total,
        "dry_run": report.dry_run,
        "samples": {
            reason: [{"text": text, "detail": detail} for text, detail in counts.samples[reason]]
            for reason in chosen(counts, wanted)
        },
    }


def _wrapped(text: str, indent: int, width: int) -> list[str]:
    space = " " * indent
    if not width:
        return [space + text]
    return textwrap.wrap(text, width, initial_indent=space, subsequent_indent=space)


def _by_number(counts: ImportCounts, reasons: Iterable[str]) -> list[str]:
    return sorted(reasons, key=lambda reason: (-_count(counts, reason), reason))


def _count(counts: ImportCounts, reason: str) -> int:
    return {KEPT: counts.kept, JOINED: counts.joined}.get(reason, counts.dropped[reason])
