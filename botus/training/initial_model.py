"""What a training begins with: sizes, vocabulary and weights of a base model, a new or an unfinished one.

It also says how posts are written in training. A published GPT-2 is fine-tuned on posts between
`<|startoftext|>` and `<|endoftext|>`, as gpt-2-simple does with CSV files. A model from nothing learns plain
lines, which are shorter, unless many posts have line breaks; the few that have some are left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from botus.checkpoints.checkpoint import open_trainable
from botus.checkpoints.gpt2 import read_hparams
from botus.checkpoints.markers import END, START
from botus.checkpoints.vocabulary import Vocabulary
from botus.errors import FileError
from botus.store.durable import files
from botus.training import vocabulary
from botus.training.plan import FROM_BASE, SIZES, Recipe
from botus.training.run_folder import RunFolder

_CONSTANT = ("hparams.json", "encoder.json", "vocab.bpe")
_TOKENS_OF_MARKER = 7  # in GPT-2's own vocabulary
SMALL = 50_000_000  # weights; the base models have 124 million and more
MARKER_TOKENS = 5  # of both markers in a vocabulary that is learnt with them
# That is a sixth of a post of thirty tokens, in all of the training and in all that is ever written. Leaving
# one post in twenty out costs less: as many are held out anyway.
_LEFT_OUT = 0.05  # of the posts, at the most


@dataclass(frozen=True)
class InitialModel:
    """Where a training begins."""

    base: str  # the name or folder of the base model, or the size of a new one
    hparams: Mapping[str, int]  # the sizes
    contents: Mapping[str, bytes]  # the files of a run folder that stay as they are, by name
    markers: bool  # whether posts stand between markers
    recipe: Recipe
    # returns the weights to begin with; none for random ones
    tensors: Callable[[], Iterable[tuple[str, Any]]] = lambda: ()

    @property
    def weights(self) -> int:
        """The number of weights."""
        return count_weights(self.hparams)

    def vocabulary(self) -> Vocabulary:
        """Return the vocabulary."""
        return Vocabulary(self.contents["encoder.json"], self.contents["vocab.bpe"])


def new(size: str, posts: Sequence[str]) -> InitialModel:
    """A new model with random weights, and a vocabulary that is learnt from the posts."""
    markers = _need_markers(posts)
    # The markers are in it: written in the single letters of another vocabulary they would fill the rows.
    texts = (written(post, markers).removesuffix("\n") for post in posts if can_be_written(post, markers))
    learnt = vocabulary.learn(texts, SIZES[size].hparams["n_vocab"])
    hparams = {**SIZES[size].hparams, "n_vocab": learnt.size}
    texts_of_files = (json.dumps(hparams), learnt.encoder, learnt.merges)
    contents = {name: content.encode() for name, content in zip(_CONSTANT, texts_of_files, strict=True)}
    return InitialModel(size, hparams, contents, markers, SIZES[size].recipe)


def based_on(base: str, folder: Path, posts: Sequence[str]) -> InitialModel:
    """A base model, or an earlier run.

    Raises:
        FileError: a file is missing or damaged.
    """
    found = open_trainable(folder)
    names = ("n_vocab", "n_ctx", "n_embd", "n_head", "n_layer")
    hparams = {name: getattr(found.hparams, name) for name in names}
    contents = dict(zip(_CONSTANT, (json.dumps(hparams).encode(), found.encoder, found.bpe), strict=True))
    model = InitialModel(base, hparams, contents, _need_markers(posts), _recipe(hparams), found.tensors)
    if found.bos is not None:  # it has another trainer's tokens, and markers only as far as they are short
        knows_markers = len(model.vocabulary().encode(START)) <= _TOKENS_OF_MARKER
    else:  # the botus.json of a run says whether it knows markers
        knows_markers = not folder.is_dir() or RunFolder(folder).description().get("markers") is not False
    return replace(model, markers=model.markers or knows_markers)


def unfinished(base: str, folder: Path, *, markers: bool, best: bool) -> InitialModel:
    """An unfinished run: everything is in its folder.

    Args:
        best: whether to begin with the weights of its checkpoint; otherwise others are restored.

    Raises:
        FileError: a file is missing or damaged.
    """
    contents = {name: files.read(folder / name) or b"" for name in _CONSTANT}
    try:
        hparams = asdict(read_hparams(contents["hparams.json"], str(folder / "hparams.json")))
    except FileError as error:
        raise FileError(error.message, "begin anew with --fresh") from error
    model = InitialModel(base, hparams, contents, markers, FROM_BASE)
    return replace(model, tensors=open_trainable(folder).tensors) if best else model


def written(post: str, markers: bool) -> str:
    """Return a post as it stands in the training text.

    A marker inside it would end it, so it is taken out. Without markers a line break ends it, see
    `can_be_written`.
    """
    if not markers:
        return f"{post}\n"
    for marker in (START, END):
        post = post.replace(marker, "")
    return f"{START}{post}{END}\n"


def can_be_written(post: str, markers: bool) -> bool:
    """Tell whether a post is one post also where it stands in the training text."""
    return markers or "\n" not in post


def count_weights(hparams: Mapping[str, int]) -> int:
    """Return the number of weights of a GPT-2, as openai/gpt-2's src/model.py makes them."""
    wide = hparams["n_embd"]
    # c_attn 3 squares and c_proj 1, the MLP 4 up and 4 down; their biases 3 + 1 + 4 + 1, two norms 2 * 2.
    layer = 12 * wide**2 + 13 * wide
    return hparams["n_layer"] * layer + (hparams["n_vocab"] + hparams["n_ctx"] + 2) * wide


def _need_markers(posts: Sequence[str]) -> bool:
    return sum("\n" in post for post in posts) > _LEFT_OUT * len(posts)


def _recipe(hparams: Mapping[str, int]) -> Recipe:
    """A small model is trained on as it was trained, with a quarter of the learning rate."""
    if count_weights(hparams) > SMALL:
        return FROM_BASE
    like = next((one for one in SIZES.values() if one.hparams["n_embd"] >= hparams["n_embd"]), SIZES["small"])
    return replace(FROM_BASE, batch=like.recipe.batch, rate=like.recipe.rate / 4)
