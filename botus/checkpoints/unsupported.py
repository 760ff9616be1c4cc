"""Names the models that botus does not read, each as what it is and with a way out.

By their files' first bytes and names, so that nobody downloads a whole file again because botus calls it
damaged.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from botus.errors import FileError


class Kind(NamedTuple):
    """A kind of model: what it is, and what its owner can do."""

    name: str
    way: str


_SAVE = "in the program that trained it, write a folder that botus reads: model.save_pretrained(FOLDER)"
_SOURCE = "give the folder of the model that it was made of, with model.safetensors or pytorch_model.bin"

_LORA = Kind("a LoRA adapter", "merge it into its model first: docs/checkpoints.md has the command")
_GGUF = Kind("a GGUF (llama.cpp) model", f"{_SOURCE}; docs/checkpoints.md tells which are read as they are")
_ONNX = Kind("an ONNX model", _SOURCE)
_TFLITE = Kind("a TensorFlow Lite model", _SOURCE)
_SAVED_MODEL = Kind("a TensorFlow SavedModel", "give the checkpoint or folder that it was exported from")
_OF_TENSORFLOW = Kind(
    "a Hugging Face model for TensorFlow or Flax",
    "save it as safetensors: docs/checkpoints.md has the command",
)
_WEIGHTS = Kind(
    "the weights of a Hugging Face model without the rest of it",
    "give a folder with config.json, model.safetensors or pytorch_model.bin, and the vocabulary",
)
_NANOGPT = Kind("a nanoGPT checkpoint", "save it as transformers does: docs/checkpoints.md has the script")
_KERAS = Kind(
    "a Keras model (textgenrnn's are such)",
    "train a GPT-2 on the same texts with botus finetune; what it wrote you can prune: botus queue add FILE",
)
_DEEPSPEED = Kind(
    "a DeepSpeed checkpoint", "the zero_to_fp32.py beside it writes a pytorch_model.bin, which botus reads"
)
_LIGHTNING = Kind("a PyTorch Lightning checkpoint", _SAVE)
_PYTORCH = Kind("a PyTorch model", _SAVE)

# Of a folder the first that fits one of its files counts: an adapter holds safetensors too.
_NAMES = (
    (r"adapter_(config\.json|model\..+)", _LORA),
    (r".*\.gguf|ggml.*\.bin|.*\.llamafile", _GGUF),
    (r".*\.onnx", _ONNX),
    (r"tf_model\.h5|flax_model\.msgpack", _OF_TENSORFLOW),
    (r"zero_to_fp32\.py|mp_rank_\d+_model_states\.pt|.*zero_pp_rank_.*\.pt", _DEEPSPEED),
    (r"pytorch_model.*|.*\.safetensors", _WEIGHTS),
    (r".*ckpt\.pt", _NANOGPT),
    (r".*\.(h5|hdf5|keras)", _KERAS),
    (r"saved_model\.pb(txt)?", _SAVED_MODEL),
    (r".*\.tflite", _TFLITE),
    # TensorFlow's files of a checkpoint have .ckpt in their names, and something behind it.
    (r"(?!model\.ckpt).*\.ckpt", _LIGHTNING),
    # Not what a trainer keeps beside the model.
    (r"(?!optimizer|scheduler|scaler|rng_state).*\.(pt|pth)", _PYTORCH),
)
_MAGIC = (
    (re.compile(rb"\x89HDF\r\n\x1a\n"), _KERAS),
    (re.compile(rb"GGUF|lmgg|fmgg|tjgg|algg"), _GGUF),
    (re.compile(rb"PK\x03\x04.{0,300}data\.pkl|\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9", re.DOTALL), _PYTORCH),
    (re.compile(rb"PK\x03\x04.{26}metadata\.json", re.DOTALL), _KERAS),
    (re.compile(rb'.{3}[\x00-\x05]\x00{4}\{\s*"', re.DOTALL), _WEIGHTS),
    (re.compile(rb".{4}TFL3", re.DOTALL), _TFLITE),
)
_DRIVE = re.compile(rb'\s*\{.*("doc_id"|docs\.google\.com|drive\.google\.com)', re.DOTALL)
_OURS = re.compile(
    r".*\.index|checkpoint|hparams\.json|.*\.data-\d+-of-\d+"
    r"|(model|model-\d+-of-\d+)\.safetensors|(pytorch_model|pytorch_model-\d+-of-\d+)\.bin|.*\.index\.json"
    r"|model\.bin"
)
# What tarfile raises at crafted headers besides its own: sizes of 80 bits, thousands of long names in a row.
TAR_ERRORS = (tarfile.TarError, ValueError, OverflowError, MemoryError, RecursionError)


def kind_of_names(names: Iterable[str]) -> Kind | None:
    """Say what model the files of a folder are, by their names; None where botus may read it."""
    there = list(names)
    if any(_OURS.fullmatch(name) for name in there):
        return None
    for pattern, kind in _NAMES:
        if any(re.fullmatch(pattern, name, re.IGNORECASE) for name in there):
            return kind
    return None


def kind_of_file(name: str, beginning: bytes) -> Kind | None:
    """Say what model a file is, by its first 512 bytes, and by its name where those tell nothing."""
    for pattern, kind in _MAGIC:
        if pattern.match(beginning):
            return _named(name) or kind
    if beginning.startswith((b"PK\x03\x04", b"\x1f\x8b")) or _is_text(beginning):
        return None
    return _named(name)


def refuse_kind(kind: Kind | None, label: Path | str) -> None:
    """Refuse a model that botus does not read.

    Raises:
        FileError: there is a kind.
    """
    if kind:
        raise FileError(f"{label} is {kind.name}, which botus does not read", kind.way)


def refuse_pointer(beginning: bytes, label: Path | str) -> None:
    """Refuse what Google Drive's program leaves on a disk in the place of a file.

    Raises:
        FileError: it is such a file.
    """
    if _DRIVE.match(beginning):
        raise FileError(
            f"{label} is only a pointer of Google Drive", "download the file itself in the browser"
        )


def _named(name: str) -> Kind | None:
    return next((kind for pattern, kind in _NAMES if re.fullmatch(pattern, name, re.IGNORECASE)), None)


def _is_text(beginning: bytes) -> bool:
    """A web page or a pointer under a model's name, which is told as that."""
    return (
        beginning.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<", b"{", b"version https://git-lfs"))
    )
