"""A run folder that was downloaded may hold a converted model of somebody else's: it is not used."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from botus.checkpoints.checkpoint import open_checkpoint
from tests.support import bundle
from tests.support.command import botus


def model_that_says(word: str, folder: Path) -> Path:
    first = {"Ċ": {f"The{word}": 1.0}, f"The{word}": {"Ġkettle": 0.5, "Ġlamp": 0.5}}
    return bundle.write_bigrams(folder, ["Themine", "Theyours", "Ġkettle", "Ġlamp"], first)


def said(run: Path, data: Path) -> str:
    ended = botus("generate", "--checkpoint", run, "-n", "2", "--dry-run", "--seed", "1", "--data", data)
    assert ended.code == 0, ended
    return ended.out


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
