"""Models that botus does not read: named as what they are, never called damaged, with a way out."""

from __future__ import annotations

import json
import struct
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from botus.checkpoints.checkpoint import open_checkpoint
from botus.errors import FileError
from tests.support.command import botus

SAFETENSORS = struct.pack("<Q", 64) + b'{"__metadata__":{"format":"pt"}}'
TORCH = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
HDF5 = b"\x89HDF\r\n\x1a\n" + bytes(40)


# The files of a folder, what botus says that it is, and what it says to do.
FOLDERS = {
    "tensorflow": (
        ["config.json", "merges.txt", "vocab.json", "tf_model.h5"],
        "TensorFlow or Flax",
        "the command",
    ),
    "flax": (["config.json", "flax_model.msgpack"], "TensorFlow or Flax", "the command"),
    "renamed": (["config.json", "tokenizer.json", "kettle.safetensors"], "Hugging Face", "model.safetensors"),
    "aitextgen-renamed": (["config_A.json", "pytorch_model_A.bin"], "Hugging Face", "model.safetensors"),
    "lora": (["adapter_config.json", "adapter_model.safetensors", "tokenizer.json"], "LoRA", "merge it"),
    "textgenrnn": (["textgenrnn_weights.hdf5", "textgenrnn_vocab.json"], "textgenrnn", "botus finetune"),
    "keras": (["kettle.keras"], "Keras", "botus queue add"),
    "gguf": (["kettle.Q4_K_M.gguf", "config.json"], "GGUF", "that it was made of"),
    "llamafile": (["kettle.llamafile"], "llama.cpp", "that it was made of"),
    "nanogpt": (["ckpt.pt"], "nanoGPT", "the script"),
    "onnx": (["model.onnx", "config.json"], "ONNX", "that it was made of"),
    "tflite": (["kettle.tflite"], "TensorFlow Lite", "that it was made of"),
    "savedmodel": (["saved_model.pb"], "SavedModel", "exported from"),
    "lightning": (["epoch=3-step=500.ckpt"], "Lightning", "model.save_pretrained"),
    "deepspeed": (["zero_to_fp32.py", "latest", "config.json"], "DeepSpeed", "zero_to_fp32.py"),
    "deepspeed-step": (
        ["mp_rank_00_model_states.pt", "zero_pp_rank_0_mp_rank_00_optim_states.pt"],
        "DeepSpeed",
        "zero_to_fp32.py",
    ),
    "pytorch": (["kettle.pth"], "PyTorch", "model.save_pretrained"),
}
FILES = {
    "pytorch_model.bin": (b"PK-not-really", "Hugging Face", "give a folder"),
    "kettle.safetensors": (SAFETENSORS, "Hugging Face", "give a folder"),
    "kettle.tar": (SAFETENSORS, "Hugging Face", "give a folder"),
    "kettle.hdf5": (HDF5, "Keras", "botus finetune"),
    "checkpoint_run1.tar": (HDF5, "Keras", "botus finetune"),
    "kettle": (b"GGUF\x03\0\0\0" + bytes(40), "GGUF", "that it was made of"),
    "ckpt.pt": (TORCH, "nanoGPT", "the script"),
    "last.ckpt": (TORCH, "Lightning", "model.save_pretrained"),
    "kettle.dat": (TORCH, "PyTorch", "model.save_pretrained"),
    "kettle.onnx": (b"\x08\x07\x12\x07pytorch", "ONNX", "that it was made of"),
    "adapter_model.bin": (b"kettle", "LoRA", "merge it"),
}


def refusal(path: Path) -> FileError:
    with pytest.raises(FileError) as caught:
        open_checkpoint(path)
    assert caught.value.hint
    return caught.value


def make(folder: Path, names: Iterable[str]) -> Path:
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes(b"kettle")
    return folder


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_is_named(tmp_path: Path, name: str) -> None:
    names, kind, way = FOLDERS[name]
    folder = make(tmp_path / "model", names)
    error = refusal(folder)
    assert kind in error.message
    assert way in error.hint
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        archive.add(folder, "trained_model")
    assert refusal(tmp_path / "a.tar").message == error.message.replace(str(folder), str(tmp_path / "a.tar"))


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_named(tmp_path: Path, name: str) -> None:
    content, kind, way = FILES[name]
    (tmp_path / name).write_bytes(content)
    error = refusal(tmp_path / name)
    assert kind in error.message
    assert way in error.hint


@pytest.mark.parametrize("name", ["textgenrnn", "gguf", "lora"])
def test_the_command_says_it_in_a_sentence(tmp_path: Path, name: str) -> None:
    names, kind, way = FOLDERS[name]
    folder = make(tmp_path / name, names)
    ended = botus("generate", "--data", tmp_path, "--checkpoint", folder, "-n", "1", "--dry-run")
    said = " ".join(ended.err.split())
    assert (ended.code, ended.out) == (3, "")
    assert said.startswith(f"botus: {folder} is a")
    assert kind in said
    assert way in said


def test_what_a_trainer_keeps_beside_a_model_is_no_model(tmp_path: Path) -> None:
    names = ["config.json", "optimizer.pt", "scheduler.pt", "rng_state.pth", "training_args.bin"]
    folder = make(tmp_path / "checkpoint-500", names)
    sizes = {"vocab_size": 300, "n_positions": 64, "n_embd": 8, "n_head": 2, "n_layer": 1}
    (folder / "config.json").write_text(json.dumps({"model_type": "gpt2"} | sizes))
    assert "no weights" in refusal(folder).message


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


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("kettle.json", "give the folder"),
        ("checkpoint_900.t7", "give the folder"),
        ("kettle.tar", "download it again"),
        ("kettle/checkpoint_900.t7", "docs/checkpoints.md tells which other folders are read"),
    ],
)
def test_what_is_of_no_kind_that_botus_knows(tmp_path: Path, name: str, way: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text('{"fog": ["gull", "kettle"]}')
    assert way in refusal(path if path.parent == tmp_path else path.parent).hint
