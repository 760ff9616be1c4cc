"""Which messages of a conversation are one thought: those of one channel that follow each other quickly.

Pure: pieces go in, in any order of time, lists of pieces come out, each in the order of time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Protocol, TypeVar


class Timed(Protocol):
    """A message: the channel it was written in, and when, in seconds since the epoch."""

    @property
    def channel(self) -> str: ...
    @property
    def at(self) -> float: ...


Message = TypeVar("Message", bound=Timed)


def thoughts(messages: Iterable[Message], within: float) -> Iterator[list[Message]]:
    """Yield the messages of each thought, channel by channel.

    Args:
        messages: in any order; of two at the same moment the first comes first.
        within: a message belongs to the one before it in its channel if it came less than so many seconds
            later.
    """
    channels: dict[str, list[Message]] = {}
    for message in messages:
        channels.setdefault(message.channel, []).append(message)
    for channel in channels.values():
        thought: list[Message] = []
        for message in sorted(channel, key=attrgetter("at")):
            if thought and message.at - thought[-1].at >= within:
                yield thought
                thought = []
            thought.append(message)
        yield thought
