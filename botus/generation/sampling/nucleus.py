"""What top-p loses where it may only choose among the likeliest tokens. Pure.

Top-p (nucleus sampling, arxiv.org/abs/1904.09751) keeps the fewest tokens that together have the probability
p, for which all of them are sorted, at every step: over the whole vocabulary that costs three quarters of the
speed. So it is limited to the likeliest tokens. Of those it keeps its share of *their* probability, so a
little is lost even where all of the tokens that it would keep are among them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


def lost(logits: Floats, top_p: float, counts: Sequence[int]) -> Floats:
    """Return which share of the probability that top-p would keep is left out, [tokens, len(counts)].

    Args:
        logits: at the temperature in question, [tokens, n_vocab].
        top_p: the probability to keep, of all tokens or of the likeliest alone.
        counts: how many of the likeliest tokens there are to choose from.
    """
    best = -np.sort(-logits, axis=1)  # [tokens, n_vocab], the likeliest first
    odds = np.exp(best - best[:, :1])  # a softmax is the same with any constant taken off: exp stays below 1
    sums = np.cumsum(odds / odds.sum(axis=1, keepdims=True), axis=1)  # [tokens, n_vocab], up to 1
    whole = _kept(sums, np.full(len(sums), top_p, np.float32))  # [tokens]
    # The likeliest `count` have the probability sums[:, count - 1]; top-p keeps that share of it.
    shares = [1 - _kept(sums, np.float32(top_p) * sums[:, count - 1]) / whole for count in counts]
    return np.stack(shares, axis=1)


def _kept(sums: Floats, target: Floats) -> Floats:
    """Return the probability of the fewest tokens that reach a target, [tokens] of [tokens, n_vocab]."""
    ends = np.minimum((sums < target[:, None]).sum(axis=1), sums.shape[1] - 1)  # the last token that is kept
    kept: Floats = np.take_along_axis(sums, ends[:, None], axis=1)[:, 0]
    return kept
