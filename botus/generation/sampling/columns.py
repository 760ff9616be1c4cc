"""Which tokens of a vocabulary a model gets to write with, and what that leaves out. Pure.

Every step ends in a product with a column per token, and in a search among them. A bot that was trained on
some thousand posts hardly ever writes with more than a tenth of GPT-2's 50,257 tokens. So a model keeps those
of its corpus, all single bytes, of which every text can be made, and as many of the likeliest others as it
takes until what is left out has next to none of the probability. The rest of the model stays as it is: the
kept columns have the very logits that they had.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from botus.checkpoints.gpt2 import Checkpoint, Floats

LOSS = 0.0005  # the share of the probability that may be left out, at each of the texts it is measured at
_WORTH = 0.8  # of the vocabulary; to keep more than that makes nothing faster


@dataclass(frozen=True)
class Columns:
    """The tokens that a model keeps.

    Attributes:
        ids: their numbers in the whole vocabulary, rising.
        lost: the share of the probability that the others had, where that was measured.
    """

    ids: tuple[int, ...]
    lost: float = 0.0

    @property
    def digest(self) -> str:
        """Tells one choice from another, whatever was measured."""
        return hashlib.sha256(np.array(self.ids, "<i8").tobytes()).hexdigest()[:16]

    def of(self, checkpoint: Checkpoint) -> Checkpoint:
        """Return the checkpoint with only these rows of wte, which is the embedding and the output layer."""
        rows = np.array(self.ids)

        def tensors() -> Iterator[tuple[str, Floats]]:
            for name, values in checkpoint.tensors():
                yield name, values[rows] if name == "model/wte" else values

        both = f"{checkpoint.fingerprint} {self.digest}".encode()
        return replace(
            checkpoint,
            hparams=replace(checkpoint.hparams, n_vocab=len(self.ids)),
            fingerprint=hashlib.sha256(both).hexdigest()[:32],
            tensors=tensors,
        )


def likeliest(
    sure: Collection[int], means: npt.NDArray[np.float64], held: Sequence[npt.NDArray[np.float64]]
) -> Columns | None:
    """Choose the columns to keep; None where all of them are worth it.

    Args:
        sure: ids that are kept, however improbable.
        means: the mean probability of each token, [n_vocab]: the likeliest of the others come first.
        held: the same at other texts, each [n_vocab]: at none of them may more than `LOSS` be left out.
    """
    first = np.zeros(len(means), bool)
    first[list(sure)] = True
    others = np.argsort(-means, kind="stable")
    others = others[~first[others]]
    # What is left out after each further token, and before the first: [texts, len(others) + 1]
    left = np.array([np.append(np.cumsum(odds[others][::-1])[::-1], 0.0) for odds in held])
    more = int(np.argmax((left < LOSS).all(axis=0)))
    if len(sure) + more > _WORTH * len(means):
        return None
    kept = np.sort(np.concatenate([np.flatnonzero(first), others[:more]]))
    return Columns(tuple(kept.tolist()), float(left[:, more].max()))
