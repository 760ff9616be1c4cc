"""Where is the model? The default, the only other one, or a sentence; the demo where there is none."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path

import pytest

from botus import demo
from botus.checkpoints.nearby import Nearby, find
from botus.errors import SettingsError
from tests.support.command import botus


@pytest.mark.parametrize(
    ("there", "found"),
    [
        ([], None),
        (["data/checkpoint/run1/x", "data/checkpoint_run1.tar", "checkpoint/run1/x"], "data/checkpoint/run1"),
        (["data/checkpoint_run1.tar", "checkpoint/run1/x"], "data/checkpoint_run1.tar"),
        (["data/checkpoint/checkpoint_run1.tar"], "data/checkpoint/checkpoint_run1.tar"),
        (["checkpoint/run1/x", "checkpoint_run1.tar"], "checkpoint/run1"),
        (["checkpoint_run1.tar"], "checkpoint_run1.tar"),
        (["checkpoint/run2/x"], None),
        (["checkpoint/run2/RUN"], "checkpoint/run2"),
        (["data/checkpoint/kettle/RUN"], "data/checkpoint/kettle"),
        (["data/checkpoint/kettle/RUN", "checkpoint/run1/RUN"], "data/checkpoint/kettle"),
        (["data/checkpoint/kettle/RUN", "data/checkpoint/run1/RUN"], "data/checkpoint/run1"),
        (["data/checkpoint/kettle/RUN", "data/checkpoint/kettle-before-1/RUN"], "data/checkpoint/kettle"),
        (["data/checkpoint/kettle-before-1/RUN"], "data/checkpoint/kettle-before-1"),
        (["data/checkpoint/kettle/resume/state.json"], "data/checkpoint/kettle"),
        (["data/kettle/RUN"], "data/kettle"),
        (["data/RUN"], "data"),
        (["data/checkpoint/RUN"], "data/checkpoint"),
        (["checkpoint/RUN"], "checkpoint"),
        (["data/checkpoint_kettle.tar"], "data/checkpoint_kettle.tar"),
        (["data/checkpoint_run1 (1).tar"], "data/checkpoint_run1 (1).tar"),
        (["data/checkpoint_run1.tar", "data/checkpoint_run1 (1).tar"], "data/checkpoint_run1.tar"),
        (["data/Checkpoint_Kettle.tar.gz"], "data/Checkpoint_Kettle.tar.gz"),
        (["checkpoint-20261101T0102.zip"], "checkpoint-20261101T0102.zip"),
        (["models/124M/model.ckpt.index", "models/124M/hparams.json"], None),
        (["124M/model.ckpt.index", "124M/hparams.json"], None),
        (["data/photos.tar", "data/backup.zip", "notes/checkpoint"], None),
        (["data/tweets.txt", "data/corpus.txt", "data/config.json"], None),
    ],
)
def test_the_places(tmp_path: Path, there: list[str], found: str | None) -> None:
    make(tmp_path, *there)
    assert find(tmp_path / "data", tmp_path).path == (tmp_path / found if found else None)


def make(folder: Path, *names: str) -> None:
    for name in names:
        at = folder / name
        at.parent.mkdir(parents=True, exist_ok=True)
        if at.name == "RUN":
            for part in ("checkpoint", "counter", "model-7.index"):
                at.with_name(part).touch()
        else:
            at.touch()


def test_a_tar_of_any_name_is_known_by_its_members(tmp_path: Path) -> None:
    make(tmp_path, "kettle/hparams.json")
    with tarfile.open(tmp_path / "pier.tar", "w") as archive:
        archive.add(tmp_path / "kettle", "checkpoint/kettle")
    assert find(tmp_path / "data", tmp_path).path == tmp_path / "pier.tar"


def test_an_empty_run_folder_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "data/checkpoint/run1").mkdir(parents=True)
    assert find(tmp_path / "data", tmp_path) == Nearby(None)


def test_several_without_a_default_are_a_question(tmp_path: Path) -> None:
    make(tmp_path, "data/checkpoint/kettle/RUN", "data/checkpoint_pier.tar")
    with pytest.raises(SettingsError) as caught:
        find(tmp_path / "data", tmp_path)
    assert "kettle" in caught.value.message
    assert "checkpoint_pier.tar" in caught.value.message
    assert "--checkpoint" in caught.value.hint


def test_the_others_are_named(tmp_path: Path) -> None:
    make(tmp_path, "data/checkpoint/run1/RUN", "data/checkpoint/kettle/RUN", "checkpoint_run1.tar")
    others = find(tmp_path / "data", tmp_path).others
    assert others == (tmp_path / "data/checkpoint/kettle", tmp_path / "checkpoint_run1.tar")


@pytest.mark.parametrize(
    "there",
    [
        "trained_model/kettle.gguf",
        "data/checkpoint/run1x/kettle.onnx",
        "data/kettle_weights.hdf5",
    ],
)
def test_a_model_that_is_not_read_is_named_and_no_demo_comes(tmp_path: Path, there: str) -> None:
    make(tmp_path, there)
    with pytest.raises(SettingsError, match="which botus does not read") as caught:
        find(tmp_path / "data", tmp_path)
    assert "--checkpoint demo" in caught.value.hint


@pytest.mark.parametrize(
    "weights", ["pytorch_model.bin", "model.safetensors", "model.safetensors.index.json"]
)
def test_a_folder_of_transformers_is_a_model_of_ones_own(tmp_path: Path, weights: str) -> None:
    make(tmp_path, f"trained_model/{weights}", "trained_model/config.json", "trained_model/optimizer.pt")
    assert find(tmp_path / "data", tmp_path).path == tmp_path / "trained_model"


def test_the_command_takes_the_only_run(tmp_path: Path) -> None:
    shutil.copytree(demo.folder(), tmp_path / "checkpoint" / "kettle")
    done = botus("generate", "-n", "1", "--data", tmp_path)
    assert done.code == 0
    assert f"checkpoint: {tmp_path}/checkpoint/kettle" in done.err
    assert "demo" not in done.err


def test_the_demo_says_that_it_joins_posts_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "trained_model").mkdir()
    (tmp_path / "trained_model" / "kettle.gguf").touch()
    (tmp_path / "tweets.txt").write_text("The kettle is on.\n")
    (tmp_path / "corpus.txt").write_text("The kettle sings at dawn.\n")  # quicker than the demo's own
    refused = botus("generate", "-n", "1", "--data", tmp_path)
    assert refused.code == 2
    assert (tmp_path / "tweets.txt").read_text() == "The kettle is on.\n"
    for own in (1, 1):  # its own lines are not counted
        done = botus("generate", "-n", "1", "--checkpoint", "demo", "--data", tmp_path)
        assert done.code == 0
        assert f"go into a queue that holds {own} of your own" in done.err
