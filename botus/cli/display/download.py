"""What a person sees while a base model is fetched: a bar on a terminal, a line for every tenth elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from botus.cli.options import Common
from botus.cli.output import is_terminal
from botus.training.base_model.download import FileProgress, Hooks

_LARGE = 10_000_000  # bytes; a smaller file is there before anybody has read about it


@contextmanager
def watching_download(values: Common) -> Iterator[Hooks]:
    """Show a download to whoever gave these options."""
    if values.quiet:
        yield Hooks(values.say)
    elif not is_terminal():
        yield Hooks(values.say, by_tenths(values.say))
    else:
        from rich import progress as rich
        from rich.console import Console

        columns = (
            *(rich.TextColumn("{task.description}", markup=False), rich.BarColumn(bar_width=24)),
            *(rich.DownloadColumn(), rich.TransferSpeedColumn(), rich.TimeRemainingColumn()),
        )
        with rich.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("", total=None)
            yield Hooks(
                values.say,
                lambda file: bar.update(
                    task, completed=file.done, total=file.total or None, description=file.name
                ),
            )


def by_tenths(say: Callable[[str], None]) -> Callable[[FileProgress], None]:
    """Say at every tenth of a large file how far it is."""
    said: dict[str, int] = {}

    def show(progress: FileProgress) -> None:
        tenths = progress.done * 10 // progress.total if progress.total > _LARGE else 0
        if tenths > said.get(progress.name, 0):
            said[progress.name] = tenths
            say(f"{progress.name}: {progress.done / 1e6:,.0f} of {progress.total / 1e6:,.0f} MB")

    return show
