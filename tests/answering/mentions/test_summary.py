"""What is told of answering."""

from __future__ import annotations

import json
from pathlib import Path

from botus.answering.mentions.summary import summary
from botus.settings import Settings

DAY = 86_400_000  # milliseconds


def test_answers_are_counted_and_the_last_three_are_shown_newest_first(tmp_path: Path) -> None:
    states = ["posted", "unknown", "rejected", "posted", "unknown"]
    entries = [
        {
            "text": f"The lamp says {number}.",
            "timestamp": (number - 3) * DAY + 1,
            "id": f"{number}",
            "targets": {"mastodon": {"state": state}},
            **{name: f"{name} {number}" for name in ("to", "person", "post", "thread")},
        }
        for number, state in enumerate(states)
    ]
    (tmp_path / "answered.json").write_text(json.dumps(entries))
    (tmp_path / "answers-stopped.txt").write_text("mastodon @kit@example.social\n\n")
    told = summary(Settings(tmp_path), now=DAY / 1000)
    assert [entry["id"] for entry in told.last] == ["4", "3", "2"]
    assert list(told.lines()) == [
        "nobody now (ANSWER or the account is not set): 2 in the last 24 hours, 4 in all",
        "2 not confirmed: may be there or not, never sent again",
        "1 person has asked for no more answers: answers-stopped.txt",
    ]
