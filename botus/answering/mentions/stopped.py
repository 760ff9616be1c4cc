"""Owns answers-stopped.txt: the people who have asked for no more answers, one per line, edited by hand.

A line is a platform and a name, such as `mastodon @kit@example.social`; what follows is for whoever reads it.
Who takes a line out lets botus answer that person again.
"""

from __future__ import annotations

from pathlib import Path

from botus.store.durable import files
from botus.store.intents import Mention


class Stopped:
    """The people of one data directory."""

    def __init__(self, data: Path) -> None:
        self.data, self.path = data, data / "answers-stopped.txt"

    def has(self, target: str, mention: Mention) -> bool:
        """Tell whether whoever wrote a mention is there, by the name that stays or by the handle."""
        people = self._people(target)
        return _folded(mention.person) in people or _folded(mention.handle) in people

    def _people(self, target: str) -> set[str]:
        lines = (line.split() for line in self._content().splitlines())
        named = {_folded(words[1]) for words in lines if len(words) > 1 and words[0].lower() == target}
        return named - {""}

    def count(self) -> int:
        """How many there are."""
        return sum(bool(line.strip()) for line in self._content().splitlines())

    def add(self, target: str, person: str, handle: str) -> None:
        """Remember somebody, durably."""
        with files.editing(self.data):
            if _folded(person) in self._people(target):
                return
            more = "" if person.startswith("@") else f" {''.join(handle.split())}"
            content = (files.read(self.path) or b"").rstrip()
            new = f"{target} {person}{more}\n".encode()
            files.replace(self.path, content + b"\n" * bool(content) + new)

    def _content(self) -> str:
        return (files.read(self.path) or b"").decode("utf-8-sig", "replace")


def _folded(person: str) -> str:
    return person if person.startswith("did:") else person.removeprefix("@").lower()
