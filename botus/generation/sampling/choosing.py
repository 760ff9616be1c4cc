"""Chooses the columns that a model keeps, by its corpus and by what it writes itself, once for both.

That needs the whole model, which is converted, asked and thrown away; the answer lies in the cache. A corpus
that grows keeps its columns as long as they leave out no more of its tokens than of the probability.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from botus.checkpoints.gpt2 import Checkpoint
from botus.checkpoints.markers import END, START, Form
from botus.checkpoints.vocabulary import Vocabulary
from botus.generation.job import SamplingOptions
from botus.generation.sampling.columns import LOSS, Columns, likeliest
from botus.generation.sampling.converted import measured
from botus.generation.sampling.engine import VERSION
from botus.generation.sampling.sampler import Sampler

FEWEST_POSTS = 200  # a smaller corpus tells too little
_SMALLEST = 4096  # tokens; of a smaller vocabulary next to nothing can be left out
# The temperatures at which the loss is measured: the next one above that which is asked for. Improbable
# tokens matter more the higher it is; above the last one all of them may.
_HEATS = (1.0, 1.2, 1.5, 2.0)
_POSTS = 10  # of the corpus, for each half of the measurement
_OWN = 24  # texts that the model writes for both
_LONGEST = 32  # tokens of each that are looked at


def choose(
    checkpoint: Checkpoint,
    cache_dirs: Sequence[Path],
    corpus: Sequence[str],
    temperature: float,
    *,
    device: str = "cpu",
    threads: int = 1,
    precision: str = "int8",
) -> Columns | None:
    """Return the columns that a model keeps; None for all of them.

    Args:
        checkpoint: the weights.
        cache_dirs, device, threads, precision: as those of `Engine`.
        corpus: the posts that it was trained on.
        temperature: at which it is to write.

    Raises:
        SettingsError, FileError: as `Engine` does.
    """
    heat = next((heat for heat in _HEATS if temperature <= heat), None)
    if len(corpus) < FEWEST_POSTS or heat is None or checkpoint.hparams.n_vocab < _SMALLEST:
        return None
    whole = cache(lambda: Vocabulary(checkpoint.encoder, checkpoint.bpe))  # where it has to be measured

    def measure(folder: Path) -> dict[str, Any]:
        full = Sampler(checkpoint, [folder / "full"], device=device, threads=threads, precision=precision)
        around = {END, *checkpoint.ends, checkpoint.bos or END}
        columns = _measured(full, whole(), around, corpus, heat)
        return {"ids": columns.ids, "lost": columns.lost} if columns else {"ids": [], "lost": 0.0}

    def alike(found: dict[str, Any]) -> bool:
        counts = whole().counts(corpus)
        known = sum(counts[number] for number in found["ids"] or counts)
        return counts.total() - known <= LOSS * counts.total()

    digest = hashlib.sha256("\n".join(corpus).encode(errors="surrogatepass")).hexdigest()[:16]
    key = f"{checkpoint.fingerprint}-{VERSION}-columns_{precision}_{heat * 10:.0f}.{digest}"
    found = measured(cache_dirs, key, measure, alike)
    return Columns(tuple(found["ids"]), found["lost"]) if found["ids"] else None


def _measured(
    full: Sampler, vocabulary: Vocabulary, around: Collection[str], corpus: Sequence[str], heat: float
) -> Columns | None:
    """Choose by one half of the texts, and measure what that leaves out at the other.

    Args:
        around: tokens that stand before or after texts, whatever the corpus has.
    """
    step = len(corpus) // (2 * _POSTS)
    shown = [corpus[place * step] for place in range(2 * _POSTS)]
    held = set(shown[1::2])
    known = [post for post in corpus if post not in held]
    # A marker's first token may be one with the end of the post.
    before, after = (f"\n{START}", f"{END}\n") if full.form is Form.MARKED else ("\n", "\n")
    sure = vocabulary.counts([f"{before}{post}{after}" for post in known]).keys() | {
        number for number, token in enumerate(vocabulary.tokens) if len(token) == 1 or token in around
    }
    options = SamplingOptions(temperature=heat, max_tokens=_LONGEST, batch=_OWN)
    own = [sample.text for sample in full.unit(options, 0)]
    halves = [full.means(texts, heat, _LONGEST) for texts in (shown[::2], own[::2], shown[1::2], own[1::2])]
    columns = likeliest(sure, (halves[0] + halves[1]) / 2, halves[2:])
    if columns is None:
        return None
    ids = set(columns.ids) | vocabulary.counts(list(held)).keys()
    return Columns(tuple(sorted(ids)), columns.lost)
