"""The format of gpt-2-simple: a run folder, OpenAI's own folder of a base model, or a tar of one.

A folder may hold an older step beside the newest, so the small text file `checkpoint` decides which of them
counts. All but the tensors' values is checked when it is opened.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import astuple
from itertools import pairwise
from pathlib import Path

from botus.checkpoints import run_info
from botus.checkpoints.folder_or_tar import AGAIN, StoredFile, refuse_placeholder
from botus.checkpoints.formats.bundle import Entry, read_index, read_tensor
from botus.checkpoints.gpt2 import Checkpoint, Floats, check_shapes, check_vocabulary, read_hparams
from botus.errors import FileError

_FOLDER_HINT = (
    "a checkpoint folder holds checkpoint, model-<step>.index, model-<step>.data-00000-of-00001, "
    "hparams.json, encoder.json and vocab.bpe: copy all of them"
)
_TRAINING_HINT = (
    "wait for its first look at the held-out posts; if it was stopped, the same botus finetune begins again"
)
_SMALL = 8 << 20  # bytes; of the files that are read whole the largest is an encoder.json of 1 MB
_NAMED = re.compile(r'^[ \t]*model_checkpoint_path:[ \t]*"([^"\n]{1,4096})"', re.MULTILINE)
_STEP = re.compile(r"-(\d{1,18})$")  # of a run folder's prefix, model-500; a base model's is model.ckpt


def is_one(stored: Mapping[str, StoredFile]) -> bool:
    """Tell whether such files, by name, are a run folder or a base model's."""
    return "hparams.json" in stored or any(name.endswith(".index") for name in stored)


def read(path: Path, stored: Mapping[str, StoredFile]) -> Checkpoint:
    """Read the checkpoint in a folder or tar, whose files by name are `stored`.

    Raises:
        FileError: a file is missing, truncated, damaged or of another model; says which and what to do.
    """
    prefix = _newest(stored, path)
    hparams = read_hparams(_content(stored, "hparams.json", path), stored["hparams.json"].label)
    encoder, bpe = _content(stored, "encoder.json", path), _content(stored, "vocab.bpe", path)
    check_vocabulary(encoder, bpe, hparams, (stored["encoder.json"].label, stored["vocab.bpe"].label))
    index = _content(stored, f"{prefix}.index", path)
    label = stored[f"{prefix}.index"].label
    count, entries = read_index(index, label)
    names = check_shapes({name: entry.shape for name, entry in entries.items()}, hparams, label)
    wanted = [entry for name, entry in entries.items() if name in names]
    if any(entry.shard >= count for entry in wanted):
        raise FileError(f"{label} is damaged: it names a shard too many", AGAIN)
    shards = [_shard(stored, f"{prefix}.data-{i:05d}-of-{count:05d}", path, i, wanted) for i in range(count)]

    def tensors() -> Iterator[tuple[str, Floats]]:
        for entry in wanted:
            yield entry.name, read_tensor(entry, shards[entry.shard])

    # The index has the crc of every tensor, so the weights need not be read to tell two checkpoints apart.
    digest = hashlib.sha256(repr(astuple(hparams)).encode())
    for content in (index, encoder, bpe):
        digest.update(hashlib.sha256(content).digest())
    return Checkpoint(
        step=_step(prefix),
        hparams=hparams,
        encoder=encoder,
        bpe=bpe,
        fingerprint=digest.hexdigest()[:32],
        tensors=tensors,
        botus_json=stored.get(run_info.NAME),
    )


def _newest(stored: Mapping[str, StoredFile], path: Path) -> str:
    """Return the prefix of the newest step, as `checkpoint` (a CheckpointState in text form) names it."""
    prefixes = [name.removesuffix(".index") for name in stored if name.endswith(".index")]
    newest = max(prefixes, key=lambda prefix: (_step(prefix), prefix), default="")
    if "checkpoint" not in stored:
        if not newest and (path / "resume").is_dir():
            raise FileError(f"the training in {path} has not come to its first checkpoint", _TRAINING_HINT)
        if not newest:
            others = "docs/checkpoints.md tells which other folders are read"
            raise FileError(
                f"{path} holds no checkpoint: there is no .index file in it", f"{_FOLDER_HINT}; {others}"
            )
        return newest
    label = stored["checkpoint"].label
    named = _NAMED.search(_content(stored, "checkpoint", path).decode("utf-8", "replace"))
    if not named:
        raise FileError(f"{label} names no model_checkpoint_path", AGAIN)
    prefix = re.split(r"[/\\]", named[1])[-1]  # it may be the full path on the machine of the training
    if prefix not in prefixes:
        other = f"copy {prefix}.*, or write {newest} into the first line of that file"
        hint = other if newest else _FOLDER_HINT
        raise FileError(f"{label} names {prefix}, but {prefix}.index is missing", hint)
    return prefix


def _step(prefix: str) -> int:
    found = _STEP.search(prefix)
    return int(found[1]) if found else 0


def _content(stored: Mapping[str, StoredFile], name: str, path: Path) -> bytes:
    if name not in stored:
        raise FileError(f"{path} has no {name}", _FOLDER_HINT)
    return stored[name].content(_SMALL)


def _shard(
    stored: Mapping[str, StoredFile], name: str, path: Path, number: int, wanted: list[Entry]
) -> StoredFile:
    """Return a shard that is long enough for all tensors in it."""
    if name not in stored:
        raise FileError(f"{path} has no {name}", "it holds the weights: copy or download it too")
    file = stored[name]
    refuse_placeholder(file.beginning(), file.label)
    pieces = sorted((entry.offset, entry.offset + entry.size) for entry in wanted if entry.shard == number)
    end = max((end for _, end in pieces), default=0)
    if end > file.size:
        raise FileError(f"{file.label} is {end - file.size} bytes short: {file.size} of {end}", AGAIN)
    if any(begin < before for (_, before), (begin, _) in pairwise(pieces)):
        raise FileError(f"{file.label} is damaged: by the .index two tensors lie in the same place", AGAIN)
    return file
