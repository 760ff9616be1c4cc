"""What steps of the journal make of the posts: the last verdicts, and the origins of new wordings. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from botus.store.decisions.entries import Decision, Step

Verdict = Literal["keep", "star", "drop", "later", "edited", "answer"]
LEFT: tuple[Verdict, ...] = ("drop", "answer", "edited")
"""Posts that have left the queue for good: none is drawn from it, and `generate` writes none again."""
OUT: tuple[Verdict, ...] = ("drop", "answer")
"""Those of them that a review may bring back."""
Judgement = tuple[dict[str, Verdict], dict[str, str]]  # the verdicts, and the origins of new wordings


def verdicts(done: Iterable[Step]) -> dict[str, Verdict]:
    """Return the last verdict on every post, `later` among them."""
    found: dict[str, Verdict] = {}
    for step in done:
        for decision in step.decisions:
            for post, verdict in judged(decision):
                if verdict is None:
                    found.pop(post, None)
                else:
                    found[post] = verdict
    return found


def judged(decision: Decision) -> list[tuple[str, Verdict | None]]:
    """Tell what a decision makes of which posts; None is undecided."""
    if decision.kind != "edit":
        return [(decision.fingerprint, decision.kind)]
    assert decision.new is not None
    return [(decision.fingerprint, "edited"), (decision.new.fingerprint, None)]


def origins(done: Iterable[Step]) -> dict[str, str]:
    """Return the old fingerprint for every new wording."""
    return {
        one.new.fingerprint: one.fingerprint
        for step in done
        for one in step.decisions
        if one.new is not None and one.new.fingerprint != one.fingerprint
    }


def earlier_wordings(post: str, origins: Mapping[str, str]) -> Iterator[str]:
    """Yield what a post was edited from, the latest first; edits may lead back to where they began."""
    seen = {post}
    while (post := origins.get(post, post)) not in seen:
        seen.add(post)
        yield post
