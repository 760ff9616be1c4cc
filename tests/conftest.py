"""What the whole suite shares."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run; HYPOTHESIS_PROFILE is not read.
settings.register_profile("botus", derandomize=True, deadline=None, database=None)
settings.load_profile("botus")

# What tests start is hung up on, also where nohup has started them.
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# Real kills need strace, real mounts a user namespace (both Linux). Where these are missing the files are
# not collected; .ci/run insists on both.
collect_ignore = []
if not shutil.which("strace"):
    collect_ignore += ["proofs/test_kills.py", "proofs/test_untouched.py"]
if not shutil.which("unshare") or subprocess.run(["unshare", "-Urm", "true"], capture_output=True).returncode:
    collect_ignore.append("proofs/test_mounts.py")


@pytest.fixture(scope="session", autouse=True)
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Leave a folder that has a bot: every command reads the `.env` where it is typed."""
    if Path(".env").exists():
        os.chdir(tmp_path_factory.mktemp("elsewhere"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what stands in proofs/: it kills, fills disks and runs for years, and has a command of its own."""
    proofs = Path(__file__).parent / "proofs"
    for item in items:
        if proofs in item.path.parents:
            item.add_marker("proof")


def pytest_collection_finish() -> None:
    """Let no later collection of garbage look through what pytest holds for thousands of tests to the end."""
    gc.collect()
    gc.freeze()
