"""What a model begins with: sizes, vocabulary, weights; of a base model, of nothing, of an unfinished run.

The surprise: how posts stand in the training text depends on it. A published GPT-2 is fine-tuned on posts
between `<|startoftext|>` and `<|endoftext|>`, as gpt-2-simple does with CSV files. A model from nothing
learns plain lines, which are shorter, unless a post has a line break.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botus.checkpoints.gpt2_simple import Checkpoint, open_checkpoint
from botus.checkpoints.markers import END
from botus.checkpoints.vocabulary import Vocabulary
from botus.errors import FileError
from botus.store.durable import files
from botus.training import plan, vocabulary
from botus.training.rows import written
from botus.training.run_folder import RunFolder

_CONSTANT = ("hparams.json", "encoder.json", "vocab.bpe")
_SMALL = 50_000_000  # weights; the base models have 124 million and more


@dataclass(frozen=True)
class Origin:
    """Where a training begins.

    Attributes:
        base: the name or folder of the base model, or the size of a new one.
        hparams: the sizes.
        contents: the files of a run folder that stay as they are, by name.
        markers: whether posts stand between markers.
        habits: how this kind of model is trained.
        tensors: returns the weights to begin with; none for random ones.
    """

    base: str
    hparams: Mapping[str, int]
    contents: Mapping[str, bytes]
    markers: bool
    habits: plan.Habits
    tensors: Callable[[], Iterable[tuple[str, Any]]] = lambda: ()

    @property
    def weights(self) -> int:
        """The number of weights."""
        return weights(self.hparams)

    def vocabulary(self) -> Vocabulary:
        """Return the vocabulary."""
        return Vocabulary(self.contents["encoder.json"], self.contents["vocab.bpe"])

    def end(self) -> int:
        """Return the token <|endoftext|>, or where there is none, a line break's."""
        ids: dict[str, int] = json.loads(self.contents["encoder.json"])
        return ids.get(END, ids.get("Ċ", 0))


def new(size: str, posts: Sequence[str]) -> Origin:
    """A model of nothing, with a vocabulary that is learnt from the posts."""
    sizes = plan.SIZES[size]
    markers = _has_line_breaks(posts)
    # The markers are in it: written in the single letters of another vocabulary they would fill the rows.
    learnt = vocabulary.learn(
        (written(post, True)[:-1] if markers else post for post in posts), sizes.n_vocab
    )
    hparams = sizes.hparams(learnt.size)
    contents = {
        "hparams.json": json.dumps(hparams).encode(),
        "encoder.json": learnt.encoder.encode(),
        "vocab.bpe": learnt.merges.encode(),
    }
    return Origin(size, hparams, contents, markers, plan.from_scratch(sizes))


def based_on(base: str, folder: Path, posts: Sequence[str]) -> Origin:
    """A base model, or an earlier run.

    Args:
        base: how to call it.
        folder: where it is.
        posts: the corpus.

    Raises:
        FileError: a file is missing or damaged.
    """
    found = open_checkpoint(folder)
    hparams = {
        name: getattr(found.hparams, name) for name in ("n_vocab", "n_ctx", "n_embd", "n_head", "n_layer")
    }
    contents = dict(zip(_CONSTANT, (json.dumps(hparams).encode(), found.encoder, found.bpe), strict=True))
    markers = _has_line_breaks(posts) or not _was_trained_on_lines(folder)
    return Origin(base, hparams, contents, markers, _habits(found), found.tensors)


def unfinished(base: str, folder: Path, *, markers: bool, best: bool) -> Origin:
    """An unfinished run: everything is in its folder, the weights only if they are not restored otherwise.

    Raises:
        FileError: a file is missing or damaged.
    """
    contents = {name: files.read(folder / name) or b"" for name in _CONSTANT}
    try:
        hparams = json.loads(contents["hparams.json"])
    except ValueError as error:
        raise FileError(
            f"{folder / 'hparams.json'} is damaged: {error}", "begin anew with --fresh"
        ) from error
    tensors: Callable[[], Iterable[tuple[str, Any]]] = open_checkpoint(folder).tensors if best else lambda: ()
    return Origin(base, hparams, contents, markers, plan.FROM_BASE, tensors)


def weights(hparams: Mapping[str, int]) -> int:
    """Return the number of weights of a GPT-2: per layer attention 4, MLP 8 squares; biases 9, norms 4."""
    wide = hparams["n_embd"]
    layer = 12 * wide**2 + 13 * wide
    return hparams["n_layer"] * layer + (hparams["n_vocab"] + hparams["n_ctx"] + 2) * wide


def _has_line_breaks(posts: Sequence[str]) -> bool:
    return any("\n" in post for post in posts)


def _was_trained_on_lines(folder: Path) -> bool:
    """Whether a run's botus.json says that it knows no markers."""
    return folder.is_dir() and RunFolder(folder).description().get("markers") is False


def _habits(found: Checkpoint) -> plan.Habits:
    """A small model is trained on as it was trained, with a quarter of the learning rate."""
    sizes = vars(found.hparams)
    if weights(sizes) > _SMALL:
        return plan.FROM_BASE
    like = next((one for one in plan.SIZES.values() if one.n_embd >= sizes["n_embd"]), plan.SIZES["small"])
    return plan.Habits(like.batch, like.rate / 4, plan.FROM_BASE.passes, plan.FROM_BASE.fewest_steps)
