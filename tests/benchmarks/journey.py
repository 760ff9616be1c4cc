"""What one post passes through from sample to log entry: `python -m tests.benchmarks.journey`.

Runs `generate`, `curate --keep` and `post` in this process, the last one against a server on this machine,
and prints how many modules of botus were entered, how many different calls (function to function) crossed
the border of a module, and which classes of botus were made on the way. Asserts nothing.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from tests.support.servers import MastodonServer


class Journey:
    """Counts while Python's profiler calls it."""

    def __init__(self) -> None:
        self.modules: set[str] = set()
        self.calls: set[tuple[str, str, str, str]] = set()
        self.classes: set[str] = set()

    @contextmanager
    def watched(self) -> Iterator[None]:
        sys.setprofile(self._call)
        try:
            yield
        finally:
            sys.setprofile(None)

    def _call(self, frame: FrameType, event: str, argument: Any) -> None:  # noqa: ANN401
        name = frame.f_globals.get("__name__", "")
        function = frame.f_code.co_name
        if event != "call" or not name.startswith("botus") or function == "<module>":
            return
        self.modules.add(name)
        if function == "__init__":
            self.classes.add(f"{name}.{type(next(iter(frame.f_locals.values()))).__name__}")
        caller: FrameType | None = frame.f_back
        while caller and not caller.f_globals.get("__name__", "").startswith("botus"):
            caller = caller.f_back
        if caller and caller.f_globals["__name__"] != name:
            self.calls.add((caller.f_globals["__name__"], caller.f_code.co_name, name, function))


def botus(*words: str) -> None:
    """Run a command in this process."""
    from botus.cli.main import main

    sys.argv = ["botus", *words]
    try:
        main()
    except SystemExit as end:
        if end.code:
            raise


def main() -> None:
    with tempfile.TemporaryDirectory() as data, MastodonServer() as server:
        here = Path(data)
        os.environ |= {
            "BOTUS_DATA": data,
            "MASTODON_BASE_URL": server.url,
            "MASTODON_ACCESS_TOKEN": server.token,
        }
        steps = (
            ("generate", "--temp", "0.9", "-n", "1", "--seed", "1", "-q"),
            ("curate", "--keep", "1"),
            ("post",),
        )
        whole = Journey()
        for words in steps:
            step = Journey()
            with step.watched():
                botus(*words)
            print(f"{words[0]:10} {len(step.modules):3} modules {len(step.calls):4} calls across a border")
            whole.modules |= step.modules
            whole.calls |= step.calls
            whole.classes |= step.classes
        assert (here / "tweeted.json").exists()
        print(f"{'together':10} {len(whole.modules):3} modules {len(whole.calls):4} calls across a border")
        print(f"{len(whole.classes)} classes made: {', '.join(sorted(whole.classes))}")


if __name__ == "__main__":
    main()
