"""A damaged or shortened tweeted.json: save what can be read, or take it as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from botus.errors import FileError
from botus.posting.log.salvage import Moment, Salvage, Saved, salvage
from botus.store.durable import files
from botus.store.intents import Intents
from botus.store.log.tweeted import Log, parse, render
from botus.store.state import StateFiles
from botus.text import counted, fingerprint

_SHOWN = 10  # line numbers


def repair(data: Path, clock: Callable[[], float], moment: Moment = lambda _: None) -> str:
    """Write a log anew from all that can be read in it; the damaged file is kept beside it.

    Args:
        data: the data directory.
        clock: seconds since the epoch; the damaged file is named after it.
        moment: reads a timestamp of another form. What has none still counts as used.

    Returns:
        one sentence that says what was saved, and where to look.

    Raises:
        FileError: there is no file, or state.json is damaged too.
    """
    log, state = Log(data), StateFiles(data)
    with files.lock(data, "post", wait=30.0, holder="a posting run"):
        content = files.read(log.path)
        if content is None:
            raise FileError(f"there is no {log.path}", "if it is gone on purpose: botus log accept")
        with suppress(FileError):
            log.entries()
            return f"{log.path} is sound: nothing to repair"
        state.load()  # damaged, it stops this before anything is changed
        now = datetime.fromtimestamp(clock(), UTC)
        kept = log.path.with_name(f"{log.path.name}.damaged-{now:%Y%m%dT%H%M%SZ}")
        files.replace(kept, content)
        found = salvage(content, moment)
        done = set(Intents(data).done_names())
        # The next posting run puts back what done/ has, and done/ has all of it.
        saved = [one for one in found.saved if one.raw or fingerprint(one.entry["text"]) not in done]
        body = ",\n".join(f"  {one.raw}" if one.raw else render(one.entry) for one in saved)
        # Half of a letter is an escape in JSON, and nothing else in UTF-8.
        files.replace(log.path, f"[\n{body}\n]".encode(errors="backslashreplace") if saved else b"[]")
        parse(log.path, (files.read(log.path) or b"").decode())
        _take_as_it_is(state, len(saved))
    return "; ".join([*_said(found, saved), f"the damaged file is {kept}", "compare them before you go on"])


def _said(found: Salvage, saved: Sequence[Saved]) -> Iterator[str]:
    yield f"saved {counted(len(saved), 'entry', 'entries')}"
    if timeless := sum(not one.entry["timestamp"] for one in saved):
        yield f"{timeless} without a time that can be read, used all the same"
    if in_done := len(found.saved) - len(saved):
        yield f"the next posting run puts back {in_done} more"
    if found.unread:
        shown = ", ".join(map(str, found.unread[:_SHOWN])) + ", ..." * (len(found.unread) > _SHOWN)
        lines = "line" if len(found.unread) == 1 else "lines"
        yield f"not all was understood at {lines} {shown}: a text that is missing there may be posted again"


def accept(data: Path) -> str:
    """Take the log as it is: what was removed from it was removed on purpose.

    Returns:
        one sentence that says what is now remembered.

    Raises:
        FileError: the log does not parse.
    """
    with files.lock(data, "post", wait=30.0, holder="a posting run"):
        logged, intents = Log(data).index(), Intents(data)
        forgotten = [post for post in intents.done_names() if not logged.has_ours(post)]
        for post in forgotten:
            intents.forget(post)
        _take_as_it_is(StateFiles(data), len(logged))
    again = f"; {counted(len(forgotten), 'post')} that it lacks may be posted again" if forgotten else ""
    return f"tweeted.json is taken as it is, with {counted(len(logged), 'entry', 'entries')}{again}"


def _take_as_it_is(state: StateFiles, count: int) -> None:
    memory = state.load()
    memory.log_count, memory.last_id = count, None
    state.save(memory)
