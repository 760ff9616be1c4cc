"""`python -m botus` as a process of its own, with an environment that holds nothing but what a test says."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import botus as package
from tests.support.warm import Warm

ROOT = str(Path(package.__file__).parent.parent)
COMMAND = (sys.executable, "-m", "botus")
X_SECRETS = {
    "CONSUMER_KEY": "x-key",
    "CONSUMER_SECRET": "x-secret",
    "ACCESS_TOKEN": "42-token",
    "ACCESS_TOKEN_SECRET": "x-token-secret",
}


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def value(self) -> Any:  # noqa: ANN401
        """What it printed as JSON."""
        return json.loads(self.out)


def environment(**settings: str) -> dict[str, str]:
    """What every process needs, and these settings."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return kept | {"PYTHONPATH": ROOT, "LANG": "C.UTF-8", "NO_PROXY": "*"} | settings


def botus(*arguments: str | Path, cwd: Path | None = None, **settings: str) -> Ended:
    """Run a command to its end."""
    words, variables, warm = [*map(str, arguments)], environment(**settings), _warm()
    if warm.can(variables):
        code, out, err = warm.run(words, cwd, variables)
        return Ended(code, out.decode(), err.decode())
    ended = subprocess.run(
        [*COMMAND, *words],
        cwd=cwd,
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
    )
    return Ended(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


@cache
def _warm() -> Warm:
    warm = Warm(environment())
    atexit.register(warm.end)
    return warm


def start(*arguments: str | Path, cwd: Path | None = None, **settings: str) -> subprocess.Popen[str]:
    """Start a command; its output is read line by line."""
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        env=environment(**settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def until(condition: Callable[[], bool], patience: float = 30.0) -> None:
    """Wait until something has happened."""
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def picture(folder: Path) -> dict[str, bytes | None]:
    """Everything below a folder: files with their bytes, folders."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }
