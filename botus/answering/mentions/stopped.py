"""Owns answers-stopped.txt: the people who have asked for no more answers, one per line, edited by hand.

A line is a platform and a name, such as `mastodon @kit@example.social`; what follows is for whoever reads it.
Who takes a line out lets botus answer that person again.
"""

from __future__ import annotations

from pathlib import Path

from botus.store.durable import files


class Stopped:
    """The people of one data directory."""

    def __init__(self, data: Path) -> None:
        self.data, self.path = data, data / "answers-stopped.txt"

    def people(self, target: str) -> set[str]:
        """Return the names of a target's people, as `Mention.person` has them."""
        lines = (line.split() for line in self._content().splitlines())
        return {_folded(words[1]) for words in lines if len(words) > 1 and words[0].lower() == target}

    def count(self) -> int:
        """How many there are."""
        return sum(bool(line.strip()) for line in self._content().splitlines())

    def add(self, target: str, person: str, handle: str) -> None:
        """Remember somebody, durably."""
        with files.editing(self.data):
            if person in self.people(target):
                return
            more = "" if person.startswith("@") else f" {''.join(handle.split())}"
            content = (files.read(self.path) or b"").rstrip()
            new = f"{target} {person}{more}\n".encode()
            files.replace(self.path, content + b"\n" * bool(content) + new)

    def _content(self) -> str:
        return (files.read(self.path) or b"").decode("utf-8-sig", "replace")


def _folded(person: str) -> str:
    return person.lower() if person.startswith("@") else person
