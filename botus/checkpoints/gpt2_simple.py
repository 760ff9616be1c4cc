"""Owns the gpt-2-simple run folder: finds it, checks it, and reads its tensors without TensorFlow.

In comes a run folder (`checkpoint/run1`), a base-model folder (`models/124M`) or the `checkpoint_run1.tar`
that the Colab notebook leaves on Google Drive; out come the model's sizes, its vocabulary and its float32
tensors. The surprise: a folder may hold an older step beside the newest, so the small text file
`checkpoint` decides which of them counts.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import astuple, dataclass, field, replace
from pathlib import Path

from botus.checkpoints import run_info
from botus.checkpoints.bundle import Entry, Floats, read_index, read_tensor
from botus.checkpoints.pieces import AGAIN, Piece, find_pieces, refuse_strangers
from botus.errors import FileError

_TAR = "checkpoint_run1.tar"
_FOLDER_HINT = (
    "a checkpoint folder holds checkpoint, model-<step>.index, model-<step>.data-00000-of-00001, "
    "hparams.json, encoder.json and vocab.bpe: copy all of them"
)
_TRAINING_HINT = (
    "wait for its first look at the held-out posts; if it was stopped, the same botus finetune begins again"
)
_SAME_RUN = "copy the hparams.json that was saved with this run"
_SMALL = 64 << 20  # the files that are read whole are far smaller in any real checkpoint
_NAMED = re.compile(r'^\s*model_checkpoint_path:\s*"([^"\n]+)"', re.MULTILINE)


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
    """A checked checkpoint; its tensors are read only when `tensors` is called.

    Attributes:
        name: the folder's or tar's name, such as `run1`.
        path: the folder or the tar.
        step: the number of training steps; 0 for a base model.
        hparams: agree with the shapes of all tensors.
        encoder: the content of encoder.json: each token (bytes written as GPT-2 does) and its id.
        bpe: the content of vocab.bpe: the merges, after a line with the version.
        fingerprint: a key of the content, from the index (it has every tensor's crc) and the vocabulary.
    """

    name: str
    path: Path
    step: int
    hparams: Hparams
    encoder: bytes = field(repr=False)
    bpe: bytes = field(repr=False)
    fingerprint: str
    _entries: list[Entry] = field(repr=False)
    _shards: list[Piece] = field(repr=False)
    _record: Piece | None = field(repr=False, default=None)

    def tensors(self) -> Iterator[tuple[str, Floats]]:
        """Yield every tensor of the model: its published name (`model/wte`...) and its float32 values.

        Raises:
            FileError: a tensor's crc is wrong or its values are no numbers; names the file and the tensor.
        """
        for entry in self._entries:
            yield entry.name, read_tensor(entry, self._shards[entry.shard])

    def trained(self) -> run_info.Trained | None:
        """Return what the model was trained on; None where nothing beside it tells.

        Raises:
            FileError: botus.json is damaged, or tells of another step.
        """
        if self._record is None:
            return None
        found = run_info.read(self._record)
        if found.step != self.step:
            raise FileError(
                f"{self._record.label} tells of step {found.step}, and this is step {self.step}: "
                "nobody knows what it was trained on"
            )
        return found


def find(data: Path, cwd: Path) -> Path | None:
    """Return the default checkpoint of a data directory or, after that, of the working directory.

    Args:
        data: looked at for `checkpoint/run1` and a `checkpoint_run1.tar` beside `checkpoint` or in it.
        cwd: looked at in the same way.
    """
    for base in (data, cwd):
        folder = base / "checkpoint" / "run1"
        if folder.is_dir() and any(folder.iterdir()):
            return folder
        for tar in (base / _TAR, base / "checkpoint" / _TAR):
            if tar.is_file():
                return tar
    return None


def open_checkpoint(path: Path) -> Checkpoint:
    """Open a run folder, a base-model folder or an uncompressed tar, and check all but the tensors' values.

    Raises:
        FileError: a piece is missing, truncated, damaged or of another model; says which and what to do.
    """
    pieces = find_pieces(path)
    prefix = _newest(pieces, path)
    hparams = _hparams(_content(pieces, "hparams.json", path), pieces["hparams.json"].label)
    encoder, bpe = _content(pieces, "encoder.json", path), _content(pieces, "vocab.bpe", path)
    _check_vocabulary(encoder, bpe, hparams, pieces)
    index = _content(pieces, f"{prefix}.index", path)
    count, entries = read_index(index, pieces[f"{prefix}.index"].label)
    wanted = _check_shapes(entries, hparams, pieces[f"{prefix}.index"].label)
    if any(entry.shard >= count for entry in wanted):
        raise FileError(f"{pieces[f'{prefix}.index'].label} is damaged: it names a shard too many", AGAIN)
    shards = [_shard(pieces, f"{prefix}.data-{i:05d}-of-{count:05d}", path, i, wanted) for i in range(count)]
    digest = hashlib.sha256(repr(astuple(hparams)).encode())
    for content in (index, encoder, bpe):
        digest.update(hashlib.sha256(content).digest())
    step = int(prefix.rpartition("-")[2]) if re.search(r"-\d+$", prefix) else 0
    name = path.resolve().name.removesuffix(".tar")
    mark, record = digest.hexdigest()[:32], pieces.get(run_info.NAME)
    return Checkpoint(name, path, step, hparams, encoder, bpe, mark, wanted, shards, record)


def _newest(pieces: dict[str, Piece], path: Path) -> str:
    """Return the prefix of the newest step, as `checkpoint` (a CheckpointState in text form) names it."""
    indexes = sorted((name[:-6] for name in pieces if name.endswith(".index")), key=_step_key)
    if "checkpoint" not in pieces:
        if not indexes and (path / "resume").is_dir():
            raise FileError(f"the training in {path} has not come to its first checkpoint", _TRAINING_HINT)
        if not indexes:
            raise FileError(f"{path} holds no checkpoint: there is no .index file in it", _FOLDER_HINT)
        return indexes[-1]
    content = _content(pieces, "checkpoint", path).decode("utf-8", "replace")
    named = _NAMED.search(content)
    if not named:
        raise FileError(f"{pieces['checkpoint'].label} names no model_checkpoint_path", AGAIN)
    prefix = re.split(r"[/\\]", named[1])[-1]  # it may be the full path on the machine of the training
    if f"{prefix}.index" not in pieces:
        hint = _FOLDER_HINT
        if indexes:
            hint = f"copy {prefix}.*, or write {indexes[-1]} into the first line of that file"
        raise FileError(f"{pieces['checkpoint'].label} names {prefix}, but {prefix}.index is missing", hint)
    return prefix


def _step_key(prefix: str) -> tuple[int, str]:
    number = re.search(r"-(\d+)$", prefix)
    return (int(number[1]) if number else 0, prefix)


def _content(pieces: dict[str, Piece], name: str, path: Path) -> bytes:
    if name not in pieces:
        raise FileError(f"{path} has no {name}", _FOLDER_HINT)
    piece = pieces[name]
    if not 0 < piece.size <= _SMALL:
        raise FileError(f"{piece.label} has {piece.size} bytes, which cannot be right", AGAIN)
    content = piece.read()
    refuse_strangers(content[:512], piece.label)
    return content


def _hparams(content: bytes, label: str) -> Hparams:
    values = _json_object(content, label)
    sizes = {name: values.get(name) for name in Hparams.__dataclass_fields__}
    wrong = [name for name, size in sizes.items() if type(size) is not int or size < 1]
    if wrong:
        raise FileError(
            f"{label}: {', '.join(wrong)} missing or not a positive whole number",
            _SAME_RUN,
        )
    hparams = Hparams(**{name: int(str(size)) for name, size in sizes.items()})
    if hparams.n_embd % hparams.n_head:
        raise FileError(
            f"{label}: n_embd {hparams.n_embd} does not divide into {hparams.n_head} heads",
            _SAME_RUN,
        )
    return hparams


def _json_object(content: bytes, label: str) -> dict[str, object]:
    try:
        values = json.loads(content.decode())
    except ValueError as error:
        raise FileError(f"{label} is damaged: {error}", AGAIN) from error
    if not isinstance(values, dict):
        raise FileError(f"{label} is not a JSON object", AGAIN)
    return values


def _check_vocabulary(encoder: bytes, bpe: bytes, hparams: Hparams, pieces: dict[str, Piece]) -> None:
    label = pieces["encoder.json"].label
    ids = _json_object(encoder, label)
    if len(ids) != hparams.n_vocab:
        raise FileError(
            f"{label} has {len(ids)} tokens, but hparams.json says n_vocab {hparams.n_vocab}",
            "copy encoder.json and hparams.json from the same run",
        )
    if any(type(number) is not int for number in ids.values()) or set(ids.values()) != set(range(len(ids))):
        raise FileError(f"{label}: the ids are not the numbers 0 to {len(ids) - 1}, each once", AGAIN)
    label = pieces["vocab.bpe"].label
    try:
        lines = bpe.decode().split("\n")
    except UnicodeDecodeError as error:
        raise FileError(f"{label} is not UTF-8: {error}", AGAIN) from error
    for number, line in enumerate(lines[1:], 2):  # the first line is a version, as in OpenAI's encoder.py
        parts = line.rstrip("\r").split(" ")
        if line.strip("\r") and (len(parts) != 2 or not {*parts, "".join(parts)} <= ids.keys()):
            raise FileError(f"{label}, line {number}: not a merge of tokens of encoder.json", AGAIN)


def _check_shapes(entries: dict[str, Entry], hparams: Hparams, label: str) -> list[Entry]:
    """Return the entries of the model alone (an optimizer's variables are passed over), in their order."""
    # A nonsensical number of layers must not make a nonsensical number of names.
    shapes = _shapes(replace(hparams, n_layer=min(hparams.n_layer, len(entries))))
    missing = [name for name in shapes if name not in entries]
    if missing:
        raise FileError(
            f"{label} has no tensor {missing[0]} ({len(missing)} of {len(shapes)} are missing)",
            "hparams.json is of another model, or this is no GPT-2: copy all files of one run",
        )
    if any(name.startswith(f"model/h{hparams.n_layer}/") for name in entries):
        raise FileError(f"{label} has more layers than n_layer {hparams.n_layer} of hparams.json", _SAME_RUN)
    for name, shape in shapes.items():
        if entries[name].shape != shape:
            raise FileError(
                f"{label}: {name} is {list(entries[name].shape)}, but by hparams.json it is {list(shape)}",
                _SAME_RUN,
            )
    return [entry for name, entry in entries.items() if name in shapes]


def _shapes(hparams: Hparams) -> dict[str, tuple[int, ...]]:
    """Return the name and shape of every tensor, as openai/gpt-2's src/model.py makes them."""
    wide = hparams.n_embd
    shapes: dict[str, tuple[int, ...]] = {}
    shapes |= {"model/wte": (hparams.n_vocab, wide), "model/wpe": (hparams.n_ctx, wide)}
    norms = ["model/ln_f"]
    for layer in (f"model/h{i}" for i in range(hparams.n_layer)):
        norms += [f"{layer}/ln_1", f"{layer}/ln_2"]
        for part, inward, outward in (
            ("attn/c_attn", wide, 3 * wide),
            ("attn/c_proj", wide, wide),
            ("mlp/c_fc", wide, 4 * wide),
            ("mlp/c_proj", 4 * wide, wide),
        ):
            shapes |= {f"{layer}/{part}/w": (1, inward, outward), f"{layer}/{part}/b": (outward,)}
    return shapes | {f"{norm}/{part}": (wide,) for norm in norms for part in "gb"}


def _shard(pieces: dict[str, Piece], name: str, path: Path, number: int, wanted: list[Entry]) -> Piece:
    """Return a shard that is long enough for all tensors in it."""
    if name not in pieces:
        raise FileError(f"{path} has no {name}", "it holds the weights: copy or download it too")
    piece = pieces[name]
    refuse_strangers(Piece(piece.label, piece.path, piece.start, min(512, piece.size)).read(), piece.label)
    end = max((entry.offset + entry.size for entry in wanted if entry.shard == number), default=0)
    if end > piece.size:
        raise FileError(f"{piece.label} is {end - piece.size} bytes short: {piece.size} of {end}", AGAIN)
    return piece
