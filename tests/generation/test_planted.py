"""A run folder or data directory that was downloaded may hold a converted model of somebody else's, which is
not used. One that was made here stays, whatever happens to the folders above it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from botus.checkpoints.checkpoint import open_checkpoint
from botus.generation.sampling.converted import converted
from tests.support import bundle
from tests.support.command import botus

KEY = f"{'0' * 32}-1.0-int8"


def model_that_says(word: str, folder: Path) -> Path:
    first = {"Ċ": {f"The{word}": 1.0}, f"The{word}": {"Ġkettle": 0.5, "Ġlamp": 0.5}}
    return bundle.write_bigrams(folder, ["Themine", "Theyours", "Ġkettle", "Ġlamp"], first)


def said(run: Path, data: Path) -> str:
    ended = botus("generate", "--checkpoint", run, "-n", "2", "--seed", "1", "--data", data)
    assert ended.code == 0, ended
    lines = (data / "tweets.txt").read_text()
    (data / "tweets.txt").unlink()
    return lines + ended.err


def test_a_cache_within_a_checkpoint_is_not_used(tmp_path: Path) -> None:
    run, foreign = model_that_says("mine", tmp_path / "run1"), model_that_says("yours", tmp_path / "foreign")
    assert "Theyours" in said(foreign, tmp_path / "theirs")
    (model,) = (path.parent for path in tmp_path.rglob("model.bin"))
    key = re.sub("^[0-9a-f]+", open_checkpoint(run).fingerprint, model.name)
    for place in (run, tmp_path):  # beside a tar it lay in the folder above
        shutil.copytree(model, place / ".botus-ct2" / key)
    before = sorted(tmp_path.rglob("*"))
    out = said(run, tmp_path / "data")
    assert "Themine" in out
    assert "Theyours" not in out
    new = [path for path in sorted(tmp_path.rglob("*")) if path not in before]
    assert all(path.is_relative_to(tmp_path / "data") for path in new)


def writes(content: bytes) -> Callable[[Path], None]:
    def build(folder: Path) -> None:
        (folder / "model.bin").write_bytes(content)

    return build


def never(folder: Path) -> None:
    raise AssertionError("converted again")


def unpacked(data: Path, place: Path, seal: Callable[[Path], object]) -> Path:
    """A data directory as it comes out of an archive that somebody has made."""
    shutil.copytree(data, place.with_suffix(".made"))
    (model,) = (path.parent for path in place.with_suffix(".made").rglob("model.bin"))
    seal(model)
    subprocess.run(["tar", "-cf", f"{place}.tar", "-C", place.with_suffix(".made"), "."], check=True)
    place.mkdir()
    subprocess.run(["tar", "-xpf", f"{place}.tar", "-C", place], check=True)
    return place


def seal_that_says(changed: Callable[[Path], object]) -> Callable[[Path], object]:
    """Seals a model with true sums, and some time of change for each file."""

    def seal(model: Path) -> None:
        values = json.loads((model / "seal.json").read_text())
        told = {name: [size, crc, changed(model / name)] for name, (size, crc, _) in values.items()}
        (model / "seal.json").write_text(json.dumps(told))

    return seal


@pytest.mark.parametrize(
    "seal",
    [
        lambda model: None,
        seal_that_says(lambda path: path.stat().st_ctime_ns),
        seal_that_says(lambda path: path.stat().st_mtime_ns),
        seal_that_says(lambda path: None),
    ],
    ids=["as it was", "its ctime", "its mtime", "none"],
)
def test_a_cache_that_was_unpacked_is_not_used(tmp_path: Path, seal: Callable[[Path], object]) -> None:
    os.close(converted([tmp_path / "theirs"], KEY, writes(b"foghorn")).held)
    data = unpacked(tmp_path / "theirs", tmp_path / "mine", seal)
    made = converted([data], KEY, writes(b"kettle"))
    os.close(made.held)
    assert made.instead == data / KEY
    assert (made.folder / "model.bin").read_bytes() == b"kettle"
    assert converted([data], KEY, never).folder == made.folder


def test_the_cache_of_another_data_directory_is_not_used(tmp_path: Path) -> None:
    run, foreign = model_that_says("mine", tmp_path / "run1"), model_that_says("yours", tmp_path / "foreign")
    assert "Theyours" in said(foreign, tmp_path / "theirs")
    (model,) = (path.parent for path in tmp_path.rglob("model.bin"))
    model.rename(model.with_name(re.sub("^[0-9a-f]+", open_checkpoint(run).fingerprint, model.name)))
    out = said(run, unpacked(tmp_path / "theirs", tmp_path / "data", lambda model: None))
    assert "Themine" in out
    assert "Theyours" not in out
    assert "was made elsewhere or copied: the checkpoint has been converted anew" in out


def test_where_files_have_no_time_of_change_nothing_is_believed(tmp_path: Path) -> None:
    """As on FAT, where it is that of the last writing; files that a test writes last look the same."""
    made = converted([tmp_path], KEY, writes(b"kettle"))
    os.close(made.held)
    model = made.folder / "model.bin"
    while model.stat().st_ctime_ns != model.stat().st_mtime_ns:
        model.write_bytes(b"kettle")
    seal_that_says(lambda path: path.stat().st_ctime_ns)(made.folder)
    again = converted([tmp_path], KEY, writes(b"kettle"))
    os.close(again.held)
    assert again.instead == made.folder


def test_what_was_made_here_stays_where_folders_move_and_it_is_read_and_used(tmp_path: Path) -> None:
    made = converted([tmp_path / "data" / "ct2"], KEY, writes(b"kettle"))
    os.close(made.held)
    (tmp_path / "data").rename(tmp_path / "moved")
    os.chmod(tmp_path / "moved", 0o700)
    for _ in range(2):
        again = converted([tmp_path / "moved" / "ct2"], KEY, never)
        assert (again.folder / "model.bin").read_bytes() == b"kettle"
        os.close(again.held)


def test_a_pipe_in_the_place_of_a_seal_is_not_waited_for(tmp_path: Path) -> None:
    for key in (KEY, KEY.replace("0", "1"), KEY.replace("0", "2")):
        (tmp_path / key).mkdir()
        os.mkfifo(tmp_path / key / "seal.json")
    made = converted([tmp_path], KEY, writes(b"kettle"))
    os.close(made.held)
    assert made.instead is None
