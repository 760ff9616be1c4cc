"""What people mount: single files, read-only folders, full disks. Real mounts, in their own namespace."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.servers import MastodonServer


@pytest.fixture
def server() -> MastodonServer:
    with MastodonServer() as server:
        yield server  # type: ignore[misc]


def post(data: Path, server: MastodonServer, preparation: str) -> subprocess.CompletedProcess[str]:
    """Run `botus post` where the preparation (shell) has mounted something."""
    script = f'{preparation}\nexec "{sys.executable}" -m botus post --data "{data}"'
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(sys.path),
        "MASTODON_BASE_URL": server.url,
        "MASTODON_ACCESS_TOKEN": server.token,
    }
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-ec", script]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def fill(data: Path) -> None:
    data.mkdir(exist_ok=True)
    (data / "tweets.txt").write_text("first\nsecond\n")
    (data / "tweeted.json").write_text("[]")


def test_a_log_mounted_as_a_single_file_is_refused_before_the_claim(
    tmp_path: Path, server: MastodonServer
) -> None:
    data, other = tmp_path / "data", tmp_path / "log.json"
    fill(data)
    other.write_text("[]")
    done = post(data, server, f'mount --bind "{other}" "{data}/tweeted.json"')
    assert done.returncode == 3, done.stderr
    assert "mount the folder, not the single file" in done.stderr
    assert server.texts == []
    assert (data / "tweets.txt").read_text() == "first\nsecond\n"


def test_a_queue_mounted_as_a_single_file_is_only_a_warning(tmp_path: Path, server: MastodonServer) -> None:
    data, other = tmp_path / "data", tmp_path / "queue.txt"
    fill(data)
    other.write_text("first\nsecond\n")
    for _ in range(3):
        done = post(data, server, f'mount --bind "{other}" "{data}/tweets.txt"')
        assert done.returncode == 0, done.stderr
    assert sorted(server.texts) == ["first", "second"]
    assert "mount the folder, not the single file" in done.stderr or "nothing to post" in done.stderr
    assert other.read_text() == "first\nsecond\n"


def test_a_read_only_folder_posts_nothing(tmp_path: Path, server: MastodonServer) -> None:
    data = tmp_path / "data"
    fill(data)
    done = post(data, server, f'mount --bind "{data}" "{data}"; mount -o remount,bind,ro "{data}"')
    assert done.returncode == 3, done.stderr
    assert "read-only" in done.stderr
    assert server.texts == []


@pytest.mark.parametrize("room", range(4, 72, 8))
def test_a_full_disk_loses_nothing_and_posts_nothing_twice(
    tmp_path: Path, server: MastodonServer, room: int
) -> None:
    """A disk of 80 KiB with `room` KiB left; afterwards there is room again."""
    data, kept = tmp_path / "data", tmp_path / "kept"
    data.mkdir()
    kept.mkdir()
    fill(kept)
    preparation = f"""
        mount -t tmpfs -o size=80k tmpfs "{data}"
        cp "{kept}/tweets.txt" "{kept}/tweeted.json" "{data}"
        head -c {72 - room}k /dev/zero > "{data}/ballast"
        cd "{tmp_path}"
        "{sys.executable}" -m botus post --data "{data}" > said 2>&1 || echo $? > code
        rm "{data}/ballast"
        for i in 1 2 3; do "{sys.executable}" -m botus post --data "{data}" -q; done
        cp "{data}/tweeted.json" "{kept}/tweeted.json" """
    done = post(data, server, preparation)
    assert done.returncode in (0, 3), done.stderr
    assert sorted(server.texts) == ["first", "second"], (tmp_path / "said").read_text()
    if (tmp_path / "code").exists():
        assert (tmp_path / "code").read_text().strip() == "3"
        assert "make room on the disk" in (tmp_path / "said").read_text()


@pytest.mark.parametrize(
    ("preparation", "said"),
    [
        ('mount --bind "$D" "$D"; mount -o remount,bind,ro "$D"', "cannot be written"),
        ('mount -t tmpfs -o size=40k tmpfs "$D"; head -c 60k /dev/zero > "$D/ballast" || true', "is full"),
    ],
)
def test_health_sees_that_nothing_can_be_written(
    tmp_path: Path, server: MastodonServer, preparation: str, said: str
) -> None:
    data, answer = tmp_path / "data", tmp_path / "answer"
    fill(data)
    health = f'"{sys.executable}" -m botus health --data "{data}" > "{answer}" || true'
    post(data, server, f'D="{data}"; {preparation}; {health}')
    assert said in answer.read_text()
