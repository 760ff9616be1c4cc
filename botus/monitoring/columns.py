"""Folds the lines of a report to the width of a terminal."""

from __future__ import annotations

import textwrap

_NARROWEST = 40  # columns; less than that no report can be read in anyway


def folded(line: str, width: int | None, indent: int) -> list[str]:
    """Fold a line between words; no word is cut in two, so that an address can be copied whole.

    Args:
        width: columns of the terminal; None where nothing is to be folded.
        indent: columns by which the lines after the first are moved in.
    """
    if width is None or len(line) <= width:
        return [line]
    return textwrap.wrap(
        line,
        max(width, _NARROWEST),
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
