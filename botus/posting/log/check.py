"""Notices a tweeted.json that is shorter than it was. Every posting run asks, so it loads next to nothing."""

from __future__ import annotations

from botus.errors import FileError
from botus.store.log.tweeted import Log
from botus.store.state import PostingState
from botus.text import counted


def check_whole(log: Log, memory: PostingState) -> None:
    """Refuse a log that is missing or lacks what botus remembers having logged there.

    Raises:
        FileError: naming what is gone, and the way out.
    """
    index, count = log.index(), memory.log_count
    logged = f"{counted(count, 'post')} {'has' if count == 1 else 'have'} been logged"
    if count and not log.path.exists():
        problem = f"is missing, but {logged} there"
    elif len(index) < count:
        problem = f"has {counted(len(index), 'entry', 'entries')}, but {logged} there"
    elif memory.last_id and not _has(log, memory.last_id):
        problem = f"lacks the post {memory.last_id}, which has been logged there"
    else:
        return
    hint = "put back a copy; if you changed or removed it on purpose: botus log accept"
    raise FileError(f"{log.path} {problem}", hint)


def remember(log: Log, memory: PostingState) -> None:
    """Remember how many posts have been logged, and the newest of ours, for `check_whole` to go by."""
    index = log.index()
    newest = index.last_of_ours()
    memory.log_count = len(index)
    found = log.read([newest])[0]["id"] if newest is not None else None
    # Another program may have given it any: what is no id of ours is not looked for.
    memory.last_id = found if isinstance(found, str) and found.isascii() else None


def _has(log: Log, post: str) -> bool:
    """Tell whether a post is in the log, by its id; another program may have given it any."""
    return any(log.index().beginning(post)) or any(entry.get("id") == post for entry in log.scan())
