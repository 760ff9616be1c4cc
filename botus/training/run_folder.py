"""Owns the run folder in training: the best checkpoint, the place to go on from, loss.csv, botus.json.

A checkpoint is written under a temporary name, brought to the disk and renamed; then the small text file
`checkpoint` is replaced, which decides what counts; then the older step goes. So there is a good checkpoint
at every moment, also when the disk is full. `resume/` beside it holds the newest weights and Adam's two
moments of each, three times the size of the checkpoint; it goes when the training is finished.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from botus.store.durable import document, files
from botus.training.graph import Network

_STATE, _SAVING = "state.json", ".saving"
_SUFFIXES = (".index", ".data-00000-of-00001")


@dataclass(frozen=True)
class LossRow:
    """One line of loss.csv: what is known of a training after a step."""

    step: int
    seconds: float  # of training up to it, without pauses
    train: float  # the mean training loss since the line before, nats per token
    held_out: float | None  # the loss on the held-out posts, where they were looked at
    learning_rate: float  # of this step
    tokens_per_second: float  # since the line before
    # the share of sampled posts that are copies of the corpus, where there was a sample
    copy_rate: float | None


class RunFolder:
    """A run folder in the making."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.resume = path / "resume"

    def is_empty(self) -> bool:
        """Tell whether there is nothing yet."""
        return not self.path.is_dir() or not any(self.path.iterdir())

    def set_aside(self) -> Path:
        """Rename the folder, so that a new run can have its name, and return where it is now."""
        number = 1
        while (target := self.path.with_name(f"{self.path.name}-before-{number}")).exists():
            number += 1
        files.move(self.path, target)
        return target

    def begin(self, contents: Mapping[str, bytes]) -> None:
        """Write the files that stay the same through the whole run, by name."""
        files.make_folder(self.path)
        for name, content in contents.items():
            files.replace(self.path / name, content)

    def state(self) -> dict[str, Any] | None:
        """Return the record of `save_state`; None where no run is unfinished.

        Raises:
            FileError: it is damaged.
        """
        return document.load(self.resume / _STATE, _object, "begin anew with --fresh")

    def save_state(self, record: Mapping[str, Any], network: Network | None) -> None:
        """Make durable where an unfinished run stands.

        Args:
            record: what `state` returns; its `weights` are set here.
            network: whose weights and moments are saved; None to begin with the best checkpoint, or with
                the base model where there is none.
        """
        files.make_folder(self.resume)
        weights = f"state-{record['step']}" if network else None
        if network and weights:
            self._write(network, self.resume, weights, everything=True)
        content = json.dumps({**record, "weights": weights}, indent=2)
        files.replace(self.resume / _STATE, content.encode() + b"\n")
        _remove_others(self.resume, "state", weights)

    def keep(self, network: Network, step: int) -> None:
        """Make the weights of a step the checkpoint of this folder.

        Raises:
            FileError: it cannot be written; the checkpoint before is still there.
        """
        name = f"model-{step}"
        self._write(network, self.path, name, everything=False)
        text = f'model_checkpoint_path: "{name}"\nall_model_checkpoint_paths: "{name}"\n'
        files.replace(self.path / "checkpoint", text.encode())
        files.replace(self.path / "counter", f"{step}\n".encode())
        _remove_others(self.path, "model", name)

    def history(self) -> list[LossRow]:
        """Return the lines of loss.csv; none where it is not there or cannot be read."""
        content = files.read(self.path / "loss.csv") or b""
        with suppress(ValueError, TypeError, KeyError):
            return [_row(line) for line in csv.DictReader(io.StringIO(content.decode()))]
        return []

    def write_history(self, rows: Iterable[LossRow]) -> None:
        """Write loss.csv."""
        out = io.StringIO()
        table = csv.DictWriter(out, [one.name for one in fields(LossRow)], lineterminator="\n")
        table.writeheader()
        table.writerows(asdict(row) for row in rows)
        files.replace(self.path / "loss.csv", out.getvalue().encode())

    def describe(self, record: Mapping[str, Any]) -> None:
        """Write botus.json: what the checkpoint came from."""
        content = json.dumps(record, indent=2, ensure_ascii=False)
        files.replace(self.path / "botus.json", content.encode() + b"\n")

    def description(self) -> dict[str, Any]:
        """Return what `describe` wrote; nothing where it is not there or damaged."""
        with suppress(ValueError):
            return _object(document.decoded(files.read(self.path / "botus.json") or b"{}"))
        return {}

    def sweep(self) -> None:
        """Remove what a save that was cut off has left."""
        for folder in (self.path, self.resume):
            shutil.rmtree(folder / _SAVING, ignore_errors=True)

    def finish(self) -> None:
        """Remove the place to go on from: `state.json` first, so that half of it is never gone on from."""
        files.remove(self.resume / _STATE)
        shutil.rmtree(self.resume, ignore_errors=True)

    def _write(self, network: Network, folder: Path, name: str, *, everything: bool) -> None:
        saving = folder / _SAVING
        shutil.rmtree(saving, ignore_errors=True)
        files.make_folder(saving)
        try:
            network.save(saving / name, everything=everything)
            for suffix in _SUFFIXES:
                _bring_to_disk(saving / f"{name}{suffix}")
            for suffix in reversed(_SUFFIXES):  # whoever finds an index finds the weights too
                files.move(saving / f"{name}{suffix}", folder / f"{name}{suffix}")
        finally:
            shutil.rmtree(saving, ignore_errors=True)


def _object(value: Any) -> dict[str, Any]:  # noqa: ANN401
    document.check(dict[str, Any], value)
    return dict(value)


def _row(line: Mapping[str, str]) -> LossRow:
    def number(name: str) -> float | None:
        return None if not line[name] and name in ("held_out", "copy_rate") else float(line[name])

    values: dict[str, Any] = {one.name: number(one.name) for one in fields(LossRow)}
    return LossRow(**values | {"step": int(line["step"])})


def _bring_to_disk(path: Path) -> None:
    """fsync: some disks say only now that they are full."""
    try:
        with open(path, "rb") as written:
            files.disk.fsync(written.fileno())
    except OSError as error:
        raise files.explain(error, path, "write") from error


def _remove_others(folder: Path, stem: str, kept: str | None) -> None:
    """Remove the files of other steps."""
    pattern = re.compile(rf"({stem}-\d+)\.(?:index|meta|data-\d+-of-\d+)")
    for path in folder.iterdir():
        found = pattern.fullmatch(path.name)
        if found and found[1] != kept:
            files.remove(path)
