"""Whether a shorter training would have copied less. Pure.

In come the lines of loss.csv; out comes the look from which on the copies rose while the held-out loss hardly
fell. The surprise: nothing of it stops a training. A sample of 64 posts is too small for that, so the mean of
three looks is compared, after the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from botus.training.run_folder import Row

_HARDLY = 0.05  # nats per token: a twentieth of the perplexity
_SHARE = 2 / 3  # of the copies that are in the end, at the most
_POINTS = 0.05  # and by so much fewer: what three samples can tell


@dataclass(frozen=True)
class Sooner:
    """A step at which training might have ended.

    Attributes:
        step: its number.
        fall: of the held-out loss after it, nats per token.
        before, after: the share of copies there, and at the step that is kept.
    """

    step: int
    fall: float
    before: float
    after: float


def sooner(rows: Sequence[Row], best_step: int) -> Sooner | None:
    """Find the earliest look after which mostly the copies rose; None where there is none.

    Args:
        rows: of loss.csv.
        best_step: the step that is kept.
    """
    looks = [
        (row.step, row.held_out, row.copy_rate)
        for row in rows
        if row.held_out is not None and row.copy_rate is not None
    ]
    kept = next((number for number, look in enumerate(looks) if look[0] == best_step), 0)
    for number, (step, loss, _) in enumerate(looks[:kept]):
        fall, before, after = loss - looks[kept][1], _around(looks, number), _around(looks, kept)
        if fall <= _HARDLY and before <= after * _SHARE and after - before >= _POINTS:
            return Sooner(step, fall, before, after)
    return None


def _around(looks: Sequence[tuple[int, float, float]], number: int) -> float:
    """The mean share of copies at a look and its neighbours."""
    near = [rate for _, _, rate in looks[max(0, number - 1) : number + 2]]
    return sum(near) / len(near)
