"""Commands that start warm: a process has imported botus, and each command is a fork of it.

The fork has outputs, folder, environment and arguments of its own, runs what `python -m botus` runs, and ends
as that ends. What a command imports, and when, is tested in tests/cli with real starts.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_LONGEST = 60  # seconds that a command may take
_HEAVY = ("requests", "tweepy", "mastodon", "numpy", "botus.generation.setup")  # which many commands need
_READ_AT_THE_START = ("PYTHON", "LANG", "LC_", "LD_", "OMP_")  # variables that a fork would read too late


class Warm:
    """The process that has imported botus.

    Args:
        environment: with which it is started.
    """

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._socket, theirs = socket.socketpair()
        self._socket.settimeout(_LONGEST)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno())],
                env=environment,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )

    def can(self, environment: dict[str, str]) -> bool:
        """Whether a fork can have this environment."""
        return all(
            environment.get(name) == self._environment.get(name)
            for name in {**environment, **self._environment}
            if name.startswith(_READ_AT_THE_START)
        )

    def run(
        self, arguments: list[str], folder: Path | None, environment: dict[str, str]
    ) -> tuple[int, bytes, bytes]:
        """Run a command to its end; return its exit code, and what it wrote to both outputs."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            asked = json.dumps([arguments, str(folder or Path.cwd()), environment]).encode()
            socket.send_fds(self._socket, [len(asked).to_bytes(4)], [out.fileno(), err.fileno()])
            self._socket.sendall(asked)
            status = self._socket.recv(4)
            assert status, "the warm process is gone"
            out.seek(0)
            err.seek(0)
            return os.waitstatus_to_exitcode(int.from_bytes(status)), out.read(), err.read()

    def end(self) -> None:
        """End the process; what it was running goes on."""
        self._socket.close()
        self._process.communicate()


def _serve(asking: socket.socket) -> None:
    """Start commands until nobody asks any more."""
    gc.freeze()
    while True:
        size, outputs, _, _ = socket.recv_fds(asking, 4, 2)
        if not size:
            return
        asked = b""
        while len(asked) < int.from_bytes(size):
            asked += asking.recv(1 << 20)
        child = os.fork()
        if not child:
            asking.close()
            _become(outputs, *json.loads(asked))
            return
        for descriptor in outputs:
            os.close(descriptor)
        asking.sendall(os.waitpid(child, 0)[1].to_bytes(4))


def _become(outputs: list[int], arguments: list[str], folder: str, environment: dict[str, str]) -> None:
    for place, descriptor in enumerate(outputs, 1):
        os.dup2(descriptor, place)
        os.close(descriptor)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv[1:] = arguments
    runpy.run_module("botus", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    sys.path[0] = os.environ["PYTHONPATH"]
    for name in ("botus.cli.main", *_HEAVY):
        importlib.import_module(name)
    _serve(socket.socket(fileno=int(sys.argv[1])))
