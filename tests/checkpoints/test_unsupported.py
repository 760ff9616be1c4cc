"""Models that botus does not read: named as what they are, never called damaged."""

from __future__ import annotations

import struct
import tarfile
import zipfile
from pathlib import Path

import pytest

from botus.checkpoints.checkpoint import open_checkpoint
from botus.errors import FileError

SAFETENSORS = struct.pack("<Q", 64) + b'{"__metadata__":{"format":"pt"}}'
HDF5 = b"\x89HDF\r\n\x1a\n" + bytes(40)


def refusal(path: Path) -> FileError:
    with pytest.raises(FileError) as caught:
        open_checkpoint(path)
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["config.json", "merges.txt", "vocab.json", "tf_model.h5"], "TensorFlow or Flax"),
        (["config.json", "tokenizer.json", "kettle.safetensors"], "Hugging Face"),
        (["adapter_config.json", "adapter_model.safetensors", "tokenizer.json"], "LoRA"),
        (["textgenrnn_weights.hdf5", "textgenrnn_vocab.json"], "Keras"),
        (["kettle.Q4_K_M.gguf"], "GGUF"),
        (["ckpt.pt"], "nanoGPT"),
        (["model.onnx", "config.json"], "ONNX"),
        (["model.bin", "config.json", "vocabulary.json"], "CTranslate2"),
        (["saved_model.pb"], "SavedModel"),
    ],
)
def test_a_folder_is_named(tmp_path: Path, names: list[str], kind: str) -> None:
    for name in names:
        (tmp_path / name).write_bytes(b"kettle")
    error = refusal(tmp_path)
    assert kind in error.message
    assert "will not help" in error.hint
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name in names:
            archive.add(tmp_path / name, f"trained_model/{name}")
    assert kind in refusal(tmp_path / "a.tar").message


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("pytorch_model.bin", b"PK-not-really", "Hugging Face"),
        ("kettle.hdf5", HDF5, "Keras"),
        ("checkpoint_run1.tar", HDF5, "Keras"),
        ("kettle", b"GGUF\x03\0\0\0" + bytes(40), "GGUF"),
        ("kettle.tar", SAFETENSORS, "safetensors"),
        ("ckpt.pt", b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", "nanoGPT"),
        ("kettle.onnx", b"\x08\x07\x12\x07pytorch", "ONNX"),
        ("adapter_model.bin", b"kettle", "LoRA"),
    ],
)
def test_a_file_is_named(tmp_path: Path, name: str, content: bytes, kind: str) -> None:
    (tmp_path / name).write_bytes(content)
    error = refusal(tmp_path / name)
    assert kind in error.message
    assert "will not help" in error.hint


def test_a_zip_is_a_model_of_pytorch_or_a_zip(tmp_path: Path) -> None:
    for inside, says in (("archive/data.pkl", "PyTorch"), ("run1/counter", "zip file")):
        with zipfile.ZipFile(tmp_path / "a.tar", "w") as archive:
            archive.writestr(inside, "kettle")
        assert says in refusal(tmp_path / "a.tar").message


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'{"url":"https://docs.google.com/open?id=kettle","doc_id":"kettle"}', "pointer of Google Drive"),
        (b"<!DOCTYPE html><title>Google Drive - Virus scan warning</title>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
    ],
)
@pytest.mark.parametrize("name", ["checkpoint_run1.tar", "model.safetensors", "kettle.gguf"])
def test_what_a_download_leaves_is_told_as_that(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert says in refusal(tmp_path / name).message


def test_an_empty_folder(tmp_path: Path) -> None:
    assert "is empty" in refusal(tmp_path).message
