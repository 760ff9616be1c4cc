"""What a GPT-2 consists of: sizes, tensors and vocabulary, and the checks that they belong together.

Every format is read into the names and shapes of openai/gpt-2 (src/model.py), so whoever uses a `Checkpoint`
need not know how it was stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from botus.checkpoints import run_info
from botus.checkpoints.folder_or_tar import AGAIN, StoredFile
from botus.errors import FileError
from botus.store.durable.document import decoded
from botus.text import printable

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Floats: TypeAlias = "npt.NDArray[np.float32]"

_SAME_RUN = "copy the hparams.json that was saved with this run"
# Far more than any GPT-2 has; a layer has 12 tensors.
_MOST = {"n_vocab": 1_000_000, "n_ctx": 1 << 17, "n_embd": 1 << 16, "n_head": 1 << 10, "n_layer": 512}
_LONGEST_SHOWN = 60  # characters
_MOST_BRACKETS = 100_000  # of a JSON file, which is one flat object; a few hundred tokens have some


@dataclass(frozen=True)
class Hparams:
    """The sizes of a GPT-2, under the names of its hparams.json."""

    n_vocab: int
    n_ctx: int
    n_embd: int
    n_head: int
    n_layer: int


@dataclass(frozen=True)
class Checkpoint:
    """A checked checkpoint.

    `tensors` reads every tensor when it is called and yields its published name (`model/wte`...) and its
    float32 values; it raises FileError where one is damaged or holds what is no number.
    """

    step: int  # of the training; 0 for a base model
    hparams: Hparams  # agree with the shapes of all tensors
    encoder: bytes = field(repr=False)  # encoder.json: each token (bytes written as GPT-2 does) and its id
    bpe: bytes = field(repr=False)  # vocab.bpe: the merges, after a line with the version
    fingerprint: str  # 32 digits; other tensors or another vocabulary have another one
    tensors: Callable[[], Iterator[tuple[str, Floats]]] = field(repr=False)
    botus_json: StoredFile | None = field(repr=False, default=None)  # what `finetune` wrote, if it is there
    # As encoder.json spells them, where other tokens than those of text stand around posts:
    bos: str | None = None  # the token before a text
    ends: tuple[str, ...] = ()  # the tokens at which it is over

    @property
    def n_ctx(self) -> int:
        """Tokens of a text at the most."""
        return self.hparams.n_ctx

    @property
    def cached_values(self) -> int:
        """Numbers that attention keeps per token of a text: a key and a value, n_embd wide, in each layer."""
        return self.hparams.n_layer * 2 * self.hparams.n_embd

    def trained(self) -> run_info.Trained | None:
        """Return what the model was trained on; None where nothing beside it tells.

        Raises:
            FileError: botus.json is damaged, or tells of another step.
        """
        return run_info.read(self.botus_json, self.step) if self.botus_json else None


def read_hparams(content: bytes, label: str) -> Hparams:
    """Read an hparams.json.

    Raises:
        FileError: it is damaged, or a size is missing or cannot be.
    """
    return sizes(json_object(content, label), label, {}, _SAME_RUN)


def sizes(values: Mapping[str, object], label: str, spelled: Mapping[str, str], hint: str) -> Hparams:
    """Return the sizes among the values of a JSON file; `spelled` has the names that are others there.

    Raises:
        FileError: with this hint, where a size is missing or cannot be.
    """
    names = {name: spelled.get(name, name) for name in Hparams.__dataclass_fields__}
    found = {name: value for name, key in names.items() if type(value := values.get(key)) is int}
    wrong = [key for name, key in names.items() if found.get(name, 0) < 1]
    if wrong:
        raise FileError(f"{label}: {', '.join(wrong)} missing or not a positive whole number", hint)
    huge = [f"{names[name]} (at most {_MOST[name]})" for name, size in found.items() if size > _MOST[name]]
    if huge:
        raise FileError(f"{label}: larger than any GPT-2: {', '.join(huge)}", hint)
    hparams = Hparams(**found)
    if min(hparams.n_ctx, hparams.n_embd) < 2:
        small = f"{names['n_ctx']} and {names['n_embd']} have to be 2 or more"
        raise FileError(f"{label}: no model writes with so little: {small}", hint)
    if hparams.n_embd % hparams.n_head:
        wrong_heads = f"n_embd {hparams.n_embd} does not divide into {hparams.n_head} heads"
        raise FileError(f"{label}: {wrong_heads}", hint)
    return hparams


def check_vocabulary(encoder: bytes, bpe: bytes, hparams: Hparams, labels: tuple[str, str]) -> None:
    """Check that encoder.json and vocab.bpe are whole and belong together; `labels` name them in errors.

    Raises:
        FileError: they are damaged, or of another model than the hparams.
    """
    label = labels[0]
    ids = json_object(encoder, label)
    if len(ids) != hparams.n_vocab:
        raise FileError(
            f"{label} has {len(ids)} tokens, but hparams.json says n_vocab {hparams.n_vocab}",
            "copy encoder.json and hparams.json from the same run",
        )
    if any(type(number) is not int for number in ids.values()) or set(ids.values()) != set(range(len(ids))):
        raise FileError(f"{label}: the ids are not the numbers 0 to {len(ids) - 1}, each once", AGAIN)
    label = labels[1]
    try:
        lines = bpe.decode().split("\n")
    except UnicodeDecodeError as error:
        raise FileError(f"{label} is not UTF-8: {error}", AGAIN) from error
    for number, line in enumerate(lines[1:], 2):  # the first line is a version, as in OpenAI's encoder.py
        first, _, second = line.rstrip("\r").partition(" ")
        is_merge = " " not in second and first in ids and second in ids and first + second in ids
        if not is_merge and line.strip("\r"):
            raise FileError(f"{label}, line {number}: not a merge of tokens of {labels[0]}", AGAIN)


def check_shapes(
    found: Mapping[str, tuple[int, ...]],
    hparams: Hparams,
    label: str,
    source: str = "hparams.json",
    spelled: Callable[[str], str] = str,
) -> frozenset[str]:
    """Return the names of the model's tensors; what else is found, such as an optimizer's, is passed over.

    Args:
        found: the shapes, under the published names.
        hparams: the sizes.
        label: names the file of the tensors in errors.
        source: the file of the sizes.
        spelled: gives the name that a tensor has in its file.

    Raises:
        FileError: a tensor is missing or has another shape, or there are more layers.
    """
    shapes, hint = _shapes(hparams), f"copy the {source} that was saved with this model"
    missing = [spelled(name) for name in shapes if name not in found]
    if missing:
        raise FileError(
            f"{label} has no tensor {missing[0]} ({len(missing)} of {len(shapes)} are missing)",
            f"{source} is of another model, or this is no GPT-2: copy all files of one model",
        )
    if any(name.startswith(f"model/h{hparams.n_layer}/") for name in found):
        raise FileError(f"{label} has more layers than n_layer {hparams.n_layer} of {source}", hint)
    for name, shape in shapes.items():
        if found[name] != shape:
            wrong = f"{spelled(name)} is {list(found[name])}, but by {source} it is {list(shape)}"
            raise FileError(f"{label}: {wrong}", hint)
    return frozenset(shapes)


def _shapes(hparams: Hparams) -> dict[str, tuple[int, ...]]:
    """Return the name and shape of every tensor, as openai/gpt-2's src/model.py makes them.

    Each `w` is the kernel of a convolution of width 1, hence the 1 before rows and columns. The output layer
    has no tensor of its own: it is wte transposed.
    """
    wide = hparams.n_embd
    shapes: dict[str, tuple[int, ...]] = {
        "model/wte": (hparams.n_vocab, wide),  # a row per token
        "model/wpe": (hparams.n_ctx, wide),  # a row per place in the context
    }
    norms = ["model/ln_f"]
    for layer in (f"model/h{i}" for i in range(hparams.n_layer)):
        norms += [f"{layer}/ln_1", f"{layer}/ln_2"]
        for part, inward, outward in (
            ("attn/c_attn", wide, 3 * wide),  # query, key and value side by side, all heads in each
            ("attn/c_proj", wide, wide),
            ("mlp/c_fc", wide, 4 * wide),
            ("mlp/c_proj", 4 * wide, wide),
        ):
            shapes |= {f"{layer}/{part}/w": (1, inward, outward), f"{layer}/{part}/b": (outward,)}
    return shapes | {f"{norm}/{part}": (wide,) for norm in norms for part in "gb"}  # gain and bias


def json_value(content: bytes, label: str, brackets: int = _MOST_BRACKETS) -> object:
    """Return the JSON that a file is.

    Raises:
        FileError: it is damaged, or so nested that it could fill the memory.
    """
    try:
        if sum(content.count(bracket) for bracket in (b"[", b"{")) > brackets:
            raise ValueError("it is more than one flat object")
        value: object = decoded(content)
    except ValueError as error:
        raise FileError(f"{label} is damaged: {error}", AGAIN) from error
    return value


def shown(value: object) -> str:
    """Return what a file says, as it may stand in an error."""
    if not isinstance(value, str | int | float):
        return "something"
    text = str(value)[:_LONGEST_SHOWN].encode(errors="backslashreplace")  # half a letter
    return printable(text.decode())


def json_object(content: bytes, label: str, brackets: int = _MOST_BRACKETS) -> dict[str, object]:
    """Return the JSON object that a file is.

    Raises:
        FileError: it is none, or as `json_value` does.
    """
    values = json_value(content, label, brackets)
    if not isinstance(values, dict):
        raise FileError(f"{label} is not a JSON object", AGAIN)
    return values
