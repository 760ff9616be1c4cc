"""The code that Bluesky's servers run, in memory.

PDS names a folder into which `npm install @atproto/dev-env@0.3.215` has been done; `.ci/run` does that.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def node(script: str, folder: Path) -> subprocess.Popen[str]:
    modules = Path(os.environ["PDS"]) / "node_modules"
    environment = {**os.environ, "NODE_PATH": str(modules), "TMPDIR": str(folder)}
    return subprocess.Popen(
        ["node", str(HERE / script)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def pds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A server with one account: url, handle, password, the account's own one, the directory of DIDs."""
    with node("serve.cjs", tmp_path_factory.mktemp("pds")) as process:
        assert process.stdout
        assert process.stdin
        yield json.loads(process.stdout.readline())
        process.stdin.close()  # it leaves then
