"""What is its owner's alone is so from the moment in which it is there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from botus.store.durable import files
from botus.store.durable.disk import Disk


class _Onlooker(Disk):
    """Looks at the mode of every file just when it has been made: who opens it then reads on."""

    def __init__(self) -> None:
        self.modes: list[int] = []

    def open(self, path: Path, flags: int, mode: int = 0o666) -> int:
        descriptor = super().open(path, flags, mode)
        self.modes.append(os.fstat(descriptor).st_mode & 0o777)
        return descriptor


@pytest.mark.parametrize(("mode", "seen"), [(0o600, 0o600), (0o777, 0o644)])
def test_nobody_else_can_open_a_secret_before_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, seen: int
) -> None:
    disk, before = _Onlooker(), os.umask(0o022)
    try:
        monkeypatch.setattr(files, "disk", disk)
        files.replace(tmp_path / ".env", b"a lamp", mode=mode)
    finally:
        os.umask(before)
    assert disk.modes == [seen]
    assert (tmp_path / ".env").stat().st_mode & 0o777 == seen
