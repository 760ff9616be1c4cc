"""What a person did on the page, and what decisions.jsonl and tweets.txt have to say of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

THINGS = (
    "The kettle",
    "A ferry",
    "Our lighthouse",
    "The late tram",
    "One gull",
    "The harbour clock",
    "My umbrella",
)
DEEDS = ("counts the waves", "asks for a receipt", "has retired twice", "is on the phone", "forgot the tide")
ENDS = ("before breakfast", "and nobody minds", "as agreed", "without a permit", "for the third time")


def sentences(count: int) -> list[str]:
    """Return so many posts, no two the same and none like another at the first look."""
    return [f"{THINGS[n % 7]} {DEEDS[n % 5]} {ENDS[n // 7 % 5]}, note {n}." for n in range(count)]


class Model:
    """A review in a few lines: what is on disk after what was done."""

    def __init__(self, posts: Sequence[str]) -> None:
        self.posts = posts
        self.written: list[tuple[str, str]] = []
        self.steps: list[tuple[str, str]] = []

    def decide(self, kind: str, text: str) -> None:
        self.steps.append((kind, text))
        self.written.append((kind, text))

    def undo(self) -> str:
        """Take back the last step; returns the post that is shown then."""
        kind, text = self.steps.pop()
        self.written.append(("undo", f"{kind} {text}"))
        return text

    @property
    def queue(self) -> list[str]:
        dropped = {text for kind, text in self.steps if kind == "drop"}
        return [post for post in self.posts if post not in dropped]


def journal(data: Path) -> list[tuple[str, str]]:
    """Read what is in decisions.jsonl, as `Model.written` has it; every request is in there once."""
    records = list(map(json.loads, (data / ".botus" / "decisions.jsonl").read_text().splitlines()))
    steps = {one["step"]: (one["kind"], one["text"]) for one in records if "step" in one}
    assert len(steps) == sum("step" in one for one in records)
    requests = [one["request"] for one in records if "request" in one]
    assert len(set(requests)) == len(requests)
    found = []
    for one in records:
        if one["kind"] == "undo":
            found.append(("undo", " ".join(steps[one["of"]])))
        elif "step" in one:
            found.append(steps[one["step"]])
    return found
