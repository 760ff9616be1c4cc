"""Where is the model? The default, the only other one, or a sentence; the demo where there is none."""

from __future__ import annotations

import os
import re
import shutil
import tarfile
from pathlib import Path

import pytest

from botus import demo
from botus.checkpoints.checkpoint import open_checkpoint
from botus.checkpoints.nearby import Nearby, find
from botus.errors import FileError, SettingsError
from tests.support.command import botus

RUN = "model-7.index model-7.data-00000-of-00001 hparams.json encoder.json vocab.bpe checkpoint counter"
KINDS = {  # what stands for these files in the names below
    "RUN": RUN,
    "HALF": "model-7.data-00000-of-00001",
    "OPENAI": "model.ckpt.index model.ckpt.data-00000-of-00001 hparams.json encoder.json vocab.bpe",
    "HF": "model.safetensors config.json vocab.json merges.txt",
    "AITEXTGEN": "pytorch_model.bin config.json",
    "SHARDS": "model-00001-of-00002.safetensors model-00002-of-00002.safetensors config.json",
    "TRAINER": "model.safetensors config.json training_args.bin trainer_state.json optimizer.pt",
    "CT2": "model.bin config.json vocabulary.json",
    "TOKENIZER": "config.json vocab.json merges.txt",
    "LORA": "adapter_config.json adapter_model.safetensors",
}


def make(folder: Path, *names: str) -> None:
    for name in names:
        at = folder / name
        at.parent.mkdir(parents=True, exist_ok=True)
        for part in KINDS.get(at.name, at.name).split("+"):
            for one in part.split(" ") if at.name in KINDS else [part]:
                at.with_name(one).touch()
    (folder / "data").mkdir(exist_ok=True)


def pack(folder: Path, tar: str, *names: str) -> None:
    make(folder / "packed", *names)
    (folder / tar).parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(folder / tar, "w") as archive:
        archive.add(folder / "packed", ".")
    shutil.rmtree(folder / "packed")


def found(folder: Path) -> str | None:
    path = find(folder / "data", folder).path
    return path and str(path.relative_to(folder))


@pytest.mark.parametrize(
    ("there", "place"),
    [
        # The default, in its places.
        (["data/checkpoint/run1/x", "data/checkpoint_run1.tar", "checkpoint/run1/x"], "data/checkpoint/run1"),
        (["data/checkpoint_run1.tar", "checkpoint/run1/x"], "data/checkpoint_run1.tar"),
        (["data/checkpoint/checkpoint_run1.tar"], "data/checkpoint/checkpoint_run1.tar"),
        (["checkpoint/run1/x", "checkpoint_run1.tar"], "checkpoint/run1"),
        (["checkpoint_run1.tar"], "checkpoint_run1.tar"),
        (["data/run1/RUN", "data/kettle/RUN"], "data/run1"),
        (["data/run1/RUN", "data/checkpoint/run1/RUN"], "data/checkpoint/run1"),
        (["data/Checkpoint/run1/RUN"], "data/Checkpoint/run1"),
        (["data/CHECKPOINT/Run1/RUN", "data/pier/RUN"], "data/CHECKPOINT/Run1"),
        (["data/Checkpoint_Run1.TAR", "data/pier/RUN"], "data/Checkpoint_Run1.TAR"),
        (["data/checkpoint/run1/checkpoint-500/HF", "data/pier/RUN"], "data/checkpoint/run1/checkpoint-500"),
        # Another name.
        (["checkpoint/run2/x"], None),
        (["checkpoint/run2/RUN"], "checkpoint/run2"),
        (["data/checkpoint/kettle/RUN"], "data/checkpoint/kettle"),
        (["data/checkpoint/kettle/RUN", "checkpoint/run1/RUN"], "data/checkpoint/kettle"),
        (["data/checkpoint/kettle/RUN", "data/checkpoint/run1/RUN"], "data/checkpoint/run1"),
        (["data/checkpoint/kettle/RUN", "data/checkpoint/kettle-before-1/RUN"], "data/checkpoint/kettle"),
        (["data/checkpoint/kettle-before-1/RUN"], "data/checkpoint/kettle-before-1"),
        (["data/kettle/RUN"], "data/kettle"),
        (["data/RUN"], "data"),
        (["RUN"], "."),
        (["data/checkpoint/RUN"], "data/checkpoint"),
        (["checkpoint/RUN"], "checkpoint"),
        (["checkpoints/kettle/RUN"], "checkpoints/kettle"),
        (["data/models/kettle/RUN", "models/124M/OPENAI"], "data/models/kettle"),
        (["data/checkpoint_run1/checkpoint/run1/RUN"], "data/checkpoint_run1/checkpoint/run1"),
        (["data/checkpoint_kettle.tar"], "data/checkpoint_kettle.tar"),
        (["data/checkpoint_run1 (1).tar"], "data/checkpoint_run1 (1).tar"),
        (["data/checkpoint_run1.tar", "data/checkpoint_run1 (1).tar"], "data/checkpoint_run1.tar"),
        # Other formats.
        (["trained_model/AITEXTGEN"], "trained_model"),
        (["data/trained_model/HF"], "data/trained_model"),
        (["ATG_20261101_010203/AITEXTGEN"], "ATG_20261101_010203"),
        (["data/kettle/SHARDS"], "data/kettle"),
        (["data/checkpoint/kettle/CT2"], "data/checkpoint/kettle"),
        (["data/HF"], "data"),
        (["output/checkpoint-500/TRAINER"], "output/checkpoint-500"),
        (["output/checkpoint-500/HF", "output/checkpoint-1500/HF"], "output/checkpoint-1500"),
        (["output/checkpoint-500/HF", "output/checkpoint-1500/config.json"], "output/checkpoint-500"),
        (["output/checkpoint-500/HF", "output/HF"], "output"),
        (["data/checkpoint-500/HF", "data/checkpoint-90/HF"], "data/checkpoint-500"),
        (["data/checkpoint/checkpoint-500/HF"], "data/checkpoint/checkpoint-500"),
        # A whole one goes before what is not.
        (["data/checkpoint/kettle/HALF", "data/checkpoint/pier/RUN"], "data/checkpoint/pier"),
        (["data/checkpoint_run1.zip", "data/unpacked/RUN"], "data/unpacked"),
        (["data/trained_model/LORA", "checkpoint/kettle/RUN"], "checkpoint/kettle"),
        (["data/kettle.gguf", "checkpoint/kettle/RUN"], "checkpoint/kettle"),
        # Opening these says what is wrong.
        (["data/checkpoint/kettle/HALF"], "data/checkpoint/kettle"),
        (["data/HALF"], "data"),
        (["data/checkpoint/kettle/resume/state.json"], "data/checkpoint/kettle"),
        (["data/Checkpoint_Kettle.tar.gz"], "data/Checkpoint_Kettle.tar.gz"),
        (["checkpoint-20261101T0102.zip"], "checkpoint-20261101T0102.zip"),
        (["data/checkpoint_run1.tar.crdownload"], "data/checkpoint_run1.tar.crdownload"),
        (["data/run1.tar.gz"], "data/run1.tar.gz"),
        (["data/checkpoint/run2-20261101T0102Z-001.zip"], "data/checkpoint/run2-20261101T0102Z-001.zip"),
        (["trained_model/pytorch_model.bin"], "trained_model"),
        (["trained_model/TOKENIZER"], "trained_model"),
        (["trained_model/config.json"], "trained_model"),
        (["data/checkpoint/kettle/LORA"], "data/checkpoint/kettle"),
        (["data/pytorch_model.bin"], "data"),
        (["data/kettle/model.safetensors.index.json"], "data/kettle"),
        (["output/checkpoint-500/LORA", "output/checkpoint-90/LORA"], "output/checkpoint-500"),
        (["checkpoint-500/model.safetensors"], "checkpoint-500"),
        (["output/checkpoint-500/LORA", "data/checkpoint-90/HF"], "data/checkpoint-90"),
        (["data/kettle_weights.hdf5"], "data/kettle_weights.hdf5"),
        (["kettle.Q4_K_M.gguf"], "kettle.Q4_K_M.gguf"),
        # Nobody's own, or no model.
        ([], None),
        (["models/124M/OPENAI", "124M/OPENAI"], None),
        (["gpt2/HF", "models/gpt2-medium/HF", "DialoGPT-small/AITEXTGEN", "distilgpt2/TOKENIZER"], None),
        (["gpt2/TRAINER"], "gpt2"),
        (["124M/RUN"], "124M"),
        (["models/124M/RUN", "models/gpt2/TRAINER"], None),
        (["kettle/gpt2/HF", ".cache/kettle/RUN", ".kettle/RUN", "a/b/kettle/RUN"], None),
        (["data/photos.tar", "data/backup.zip", "notes/checkpoint", "notes/counter.txt"], None),
        (["data/tweets.txt", "data/corpus.txt", "data/config.json", "data/model.py"], None),
    ],
)
def test_the_places(tmp_path: Path, there: list[str], place: str | None) -> None:
    make(tmp_path, *there)
    assert found(tmp_path) == place


@pytest.mark.parametrize(
    ("tar", "inside", "place"),
    [
        ("pier.tar", "checkpoint/kettle/RUN", "pier.tar"),
        ("data/Kettle.TAR", "trained_model/HF", "data/Kettle.TAR"),
        ("data/checkpoint/kettle.tar", "kettle/CT2", "data/checkpoint/kettle.tar"),
        ("data/kettle.tar", "output/checkpoint-500/TRAINER", "data/kettle.tar"),
        ("data/kettle.tar", "kettle/HALF", "data/kettle.tar"),
        ("data/gpt2.tar", "gpt2/HF", None),
        ("data/124M.tar", "124M/OPENAI", None),
        ("data/photos.tar", "photos/kettle.jpeg", None),
    ],
)
def test_a_tar_is_known_by_its_members(tmp_path: Path, tar: str, inside: str, place: str | None) -> None:
    make(tmp_path)
    pack(tmp_path, tar, inside)
    assert found(tmp_path) == place


def test_an_empty_run_folder_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "data/checkpoint/run1").mkdir(parents=True)
    assert find(tmp_path / "data", tmp_path) == Nearby(None)


@pytest.mark.parametrize(
    "there",
    [
        ["data/checkpoint/kettle/RUN", "data/pier/HF"],
        ["data/checkpoint/kettle/RUN", "data/Checkpoint/pier/RUN"],
        ["checkpoint/kettle/CT2", "trained_model/AITEXTGEN", "pier/RUN"],
    ],
)
def test_several_without_a_default_are_a_question(tmp_path: Path, there: list[str]) -> None:
    make(tmp_path, *there)
    with pytest.raises(SettingsError, match="there are several checkpoints") as caught:
        found(tmp_path)
    for one in there:
        assert str((tmp_path / one).parent) in caught.value.message
    assert "--checkpoint" in caught.value.hint


def test_of_very_many_some_are_named(tmp_path: Path) -> None:
    make(tmp_path, *(f"data/checkpoint/kettle{number:02}/RUN" for number in range(30)))
    with pytest.raises(SettingsError, match=r"kettle00, .*kettle09 and 20 more$"):
        found(tmp_path)


def test_the_others_are_named(tmp_path: Path) -> None:
    make(tmp_path, "data/checkpoint/run1/RUN", "data/checkpoint/kettle/RUN", "checkpoint_run1.tar")
    make(tmp_path, "data/checkpoint/run1-before-1/RUN", "data/kettle.gguf", "trained_model/HF")
    others = find(tmp_path / "data", tmp_path).others
    named = ("data/checkpoint/kettle", "checkpoint_run1.tar", "trained_model")
    assert others == tuple(tmp_path / name for name in named)


def test_links_pipes_and_what_is_there_twice(tmp_path: Path) -> None:
    make(tmp_path, "data/checkpoint/kettle/RUN")
    (tmp_path / "data/checkpoint/latest").symlink_to("kettle")
    (tmp_path / "data/checkpoint/round").symlink_to("..")
    (tmp_path / "data/ring").symlink_to("ring")
    (tmp_path / "checkpoint").symlink_to("data/checkpoint")
    os.mkfifo(tmp_path / "data/checkpoint_run1.tar")
    os.mkfifo(tmp_path / "data/checkpoint/pier.tar")
    assert find(tmp_path / "data", tmp_path) == Nearby(tmp_path / "data/checkpoint/kettle")
    assert find(tmp_path / "data", tmp_path / "data/checkpoint/kettle").others == ()


@pytest.mark.parametrize("name", ["checkpoint", "checkpoint_run1.tar", "checkpoint/run1"])
def test_a_link_to_a_drive_that_is_away_is_no_reason_for_the_demo(tmp_path: Path, name: str) -> None:
    make(tmp_path, "data/checkpoint/x" if "/" in name else "data/x")
    (tmp_path / "data" / name).symlink_to(tmp_path / "away")
    assert found(tmp_path) == f"data/{name}"
    with pytest.raises(FileError, match=r"is a link to .*away, and nothing is there"):
        open_checkpoint(tmp_path / "data" / name)


def test_a_folder_that_cannot_be_looked_into_is_no_reason_for_the_demo(tmp_path: Path) -> None:
    make(tmp_path, "data/checkpoint/run1/RUN", "locked/x")
    for name in ("locked", "data/checkpoint"):
        (tmp_path / name).chmod(0)
    try:
        assert found(tmp_path) == ("data/checkpoint/run1" if os.geteuid() == 0 else "data/checkpoint")
    finally:
        for name in ("locked", "data/checkpoint"):
            (tmp_path / name).chmod(0o700)


def test_a_crowded_place_costs_little(tmp_path: Path) -> None:
    make(tmp_path, "zebra/RUN", "checkpoint/kettle/RUN")
    for number in range(3000):
        (tmp_path / f"note {number}.txt").touch()
    for number in range(400):
        (tmp_path / f"album {number}").mkdir()
    assert found(tmp_path) == "checkpoint/kettle"  # names that say so come first, and few others after them


def test_the_command_takes_the_only_run(tmp_path: Path) -> None:
    shutil.copytree(demo.folder(), tmp_path / "checkpoint" / "kettle")
    done = botus("generate", "-n", "1", "--data", tmp_path)
    assert done.code == 0
    assert f"checkpoint: {tmp_path}/checkpoint/kettle" in done.err
    assert "demo" not in done.err


@pytest.mark.parametrize(
    ("there", "says"),
    [
        ("trained_model/kettle.gguf", "GGUF"),
        ("checkpoint/kettle/HALF", "hparams.json|no checkpoint|checkpoint"),
        ("checkpoint_kettle.zip", "tar"),
        ("trained_model/pytorch_model.bin", "config.json"),
    ],
)
def test_a_model_that_cannot_be_used_is_no_reason_for_the_demo(tmp_path: Path, there: str, says: str) -> None:
    make(tmp_path, f"data/{there}")
    done = botus("generate", "-n", "1", "--data", tmp_path / "data")
    assert done.code == 3
    assert re.search(says, done.err)
    assert "--checkpoint demo" in done.err
    assert not (tmp_path / "data" / "tweets.txt").exists()


def test_the_demo_says_that_it_joins_posts_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "trained_model").mkdir()
    (tmp_path / "trained_model" / "pytorch_model.bin").touch()
    (tmp_path / "tweets.txt").write_text("The kettle is on.\n")
    (tmp_path / "corpus.txt").write_text("The kettle sings at dawn.\n")  # quicker than the demo's own
    refused = botus("generate", "-n", "1", "--data", tmp_path)
    assert refused.code == 3
    assert (tmp_path / "tweets.txt").read_text() == "The kettle is on.\n"
    for own in (1, 1):  # its own lines are not counted
        done = botus("generate", "-n", "1", "--checkpoint", "demo", "--data", tmp_path)
        assert done.code == 0
        assert f"go into a queue that holds {own} of your own" in done.err
