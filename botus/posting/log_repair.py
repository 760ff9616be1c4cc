"""A damaged or shortened tweeted.json: notice it, save its whole entries, or take it as it is."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from botus.errors import FileError
from botus.store.durable import files
from botus.store.intents import Intents
from botus.store.state import PostingState, StateFiles
from botus.store.tweeted import Log, parse, salvage
from botus.text import counted, short_id


def check_whole(log: Log, memory: PostingState) -> None:
    """Refuse a log that is missing or lacks what botus remembers having logged there.

    Raises:
        FileError: naming what is gone, and the way out.
    """
    refuse_shortened(log.path, memory, [entry.get("id") for entry in log.entries()])


def refuse_shortened(path: Path, memory: PostingState, ids: Collection[object]) -> None:
    """The same for a log that has been read, and has entries with these ids (or None)."""
    count = memory.log_count
    logged = f"{counted(count, 'post')} {'has' if count == 1 else 'have'} been logged"
    if count and not path.exists():
        problem = f"is missing, but {logged} there"
    elif len(ids) < count:
        problem = f"has {counted(len(ids), 'entry', 'entries')}, but {logged} there"
    elif memory.last_id and memory.last_id not in ids:
        problem = f"lacks the post {memory.last_id}, which has been logged there"
    else:
        return
    hint = "put back a copy; if you changed or removed it on purpose: botus log accept"
    raise FileError(f"{path} {problem}", hint)


def repair(data: Path, clock: Callable[[], float]) -> str:
    """Write a log anew from every whole entry in it; the damaged file is kept beside it.

    Returns:
        one sentence that says what was saved.

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
        entries = salvage(content.decode("utf-8", "replace"))
        body = ",\n".join("  " + entry for entry in entries)
        files.replace(log.path, f"[\n{body}\n]".encode() if entries else b"[]")
        parse(log.path, (files.read(log.path) or b"").decode())
        _take_as_it_is(state, len(entries))
    saved = counted(len(entries), "entry", "entries")
    return f"saved {saved}; the damaged file is {kept}; compare them before you go on"


def accept(data: Path) -> str:
    """Take the log as it is: what was removed from it was removed on purpose.

    Returns:
        one sentence that says what is now remembered.

    Raises:
        FileError: the log does not parse.
    """
    with files.lock(data, "post", wait=30.0, holder="a posting run"):
        entries, intents = Log(data).entries(), Intents(data)
        logged = {entry.get("id") for entry in entries}
        forgotten = [post for post in intents.done_names() if short_id(post) not in logged]
        for post in forgotten:
            intents.forget(post)
        _take_as_it_is(StateFiles(data), len(entries))
    again = f"; {counted(len(forgotten), 'post')} that it lacks may be posted again" if forgotten else ""
    return f"tweeted.json is taken as it is, with {counted(len(entries), 'entry', 'entries')}{again}"


def _take_as_it_is(state: StateFiles, count: int) -> None:
    memory = state.load()
    memory.log_count, memory.last_id = count, None
    state.save(memory)
