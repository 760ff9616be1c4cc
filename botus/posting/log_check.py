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


def _has(log: Log, post: str) -> bool:
    """Tell whether a post is in the log, by its id; another program may have given it any."""
    return any(log.index().beginning(post)) or any(entry.get("id") == post for entry in log.scan())
