"""Shows a report on the terminal and draws it anew when something has changed, until Ctrl-C."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress

from botus import shutdown
from botus.text import printable

_LOOK = 1.0  # seconds from one look at whether anything has changed to the next
_STALE = 60.0  # seconds after which it is drawn anyway: time passes


def watch(report: Callable[[int], Iterable[str]], state: Callable[[], object]) -> None:
    """Show a report until the person or a signal ends it.

    Args:
        report: its lines, for a terminal of so many columns.
        state: what changes when the report may.
    """
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console, shown, drawn = Console(), None, -_STALE
    with (
        suppress(KeyboardInterrupt),
        shutdown.Interrupts(),
        Live(console=console, screen=True, auto_refresh=False) as live,
    ):
        while True:
            now = (*console.size, state())
            if now != shown or time.monotonic() - drawn >= _STALE:
                shown, drawn = now, time.monotonic()
                lines = map(printable, report(console.width))
                live.update(Text("\n".join(lines)), refresh=True)
            time.sleep(_LOOK)
