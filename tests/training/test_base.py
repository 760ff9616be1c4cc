"""A missing base model is fetched from a real server that cuts, stalls, changes its mind and lies."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from botus.checkpoints.checkpoint import open_checkpoint
from botus.cli.display.training import by_tenths
from botus.errors import BusyError, FileError, SettingsError, TemporaryError
from botus.posting.http.bounded import streaming
from botus.store.durable import files
from botus.training.base_model import fetch as base
from botus.training.base_model.download import Hooks
from tests.support.bundle import random_tensors, vocabulary, write_bundle, write_vocabulary
from tests.support.fileserver import Fault, FileServer

DATA, META = "model.ckpt.data-00000-of-00001", "model.ckpt.meta"
HPARAMS = {"n_vocab": 257, "n_ctx": 16, "n_embd": 64, "n_head": 2, "n_layer": 1}
CHUNK = 1 << 14  # what a cut connection may cost
PAGE = b"<!DOCTYPE html><html><title>Welcome to the hotel</title></html>"


def write_base(folder: Path, seed: int = 1) -> Path:
    """A base model as it lies on the server."""
    folder.mkdir(parents=True)
    write_bundle(folder / "model.ckpt", random_tensors(HPARAMS, seed))
    (folder / "hparams.json").write_text(json.dumps(HPARAMS))
    (folder / "checkpoint").write_text('model_checkpoint_path: "model.ckpt"\n')
    (folder / META).write_bytes(b"\x0a\x05graph")
    write_vocabulary(folder, *vocabulary())
    return folder


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = write_base(tmp_path_factory.mktemp("remote") / "124M")
    return {f"124M/{path.name}": path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def server(contents: dict[str, bytes]) -> Iterator[FileServer]:
    with FileServer(dict(contents)) as server:
        yield server


class Person:
    """Remembers what was said, and waits for nothing."""

    def __init__(self, patience: float = 60.0) -> None:
        self.said: list[str] = []
        self.pauses: list[float] = []
        self.progress: list[tuple[str, int, int]] = []
        self.hooks = Hooks(
            streaming,
            self.said.append,
            lambda *progress: self.progress.append(progress),
            self.pauses.append,
            timeouts=(patience, patience),
        )


def fetch(server: FileServer, models: Path, person: Person | None = None, name: str = "124M") -> Path:
    return base.fetch(name, models, server.url, (person or Person()).hooks)


def assert_whole(folder: Path, server: FileServer) -> None:
    """The same bytes as on the server, nothing else in the folder, and a model that loads."""
    files = [path for path in folder.iterdir() if ".botus-tmp" not in path.name]  # a killed one left it
    assert {f"124M/{path.name}": path.read_bytes() for path in files} == server.contents
    assert len(list(open_checkpoint(folder).tensors())) == 16


def test_all_files_are_fetched_and_the_weights_come_last(server: FileServer, tmp_path: Path) -> None:
    person = Person()
    folder = fetch(server, tmp_path / "models", person)
    assert folder == tmp_path / "models" / "124M"
    assert_whole(folder, server)
    assert [path for path, _ in server.requests] == [f"124M/{name}" for name in base.FILES]
    assert base.FILES[-1] == DATA
    assert person.said == [f"fetching all files of the base model 124M into {folder}"]
    size = len(server.contents[f"124M/{DATA}"])
    assert person.progress[-1] == (DATA, size, size)


def test_a_model_that_is_there_needs_no_network(tmp_path: Path) -> None:
    folder = write_base(tmp_path / "124M")
    (folder / META).unlink()
    person = Person()
    assert base.fetch("124M", tmp_path, "http://127.0.0.1:9", person.hooks) == folder
    assert person.said == []


@pytest.mark.parametrize("name", base.FILES)
def test_only_what_is_missing_is_fetched(server: FileServer, tmp_path: Path, name: str) -> None:
    folder = write_base(tmp_path / "124M")
    (folder / META).unlink()
    (folder / name).unlink(missing_ok=True)
    fetch(server, tmp_path)
    assert [path for path, _ in server.requests] == (
        [f"124M/{n}" for n in base.FILES if n in (name, META)] if name != META else []
    )


@pytest.mark.proof
@given(
    cuts=st.lists(st.integers(0, 300_000), max_size=3),
    validator=st.sampled_from(["etag", "date", ""]),
    piece=st.sampled_from([1000, CHUNK]),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_cut_at_any_byte_it_goes_on_from_there(
    server: FileServer, cuts: list[int], validator: str, piece: int
) -> None:
    server.validator, server.piece, size = validator, piece, len(server.contents[f"124M/{DATA}"])
    server.faults, server.requests = [Fault(DATA, cut=cut) for cut in cuts], []
    with TemporaryDirectory() as models:
        folder = fetch(server, Path(models), person := Person())
        assert_whole(folder, server)
    server.faults = []
    asked = [int(asked[6:-1] or 0) for path, asked in server.requests if DATA in path]
    for at, after, cut in zip(asked, asked[1:], cuts, strict=False):
        assert at + cut - CHUNK < after <= at + cut < size
    assert all(pause in (1.0, 3.0, 9.0) for pause in person.pauses)


def test_an_attempt_that_brings_nothing_waits_longer_each_time(server: FileServer, tmp_path: Path) -> None:
    server.faults = [Fault("hparams.json", cut=0) for _ in range(9)]
    person = Person()
    with pytest.raises(TemporaryError, match=r"hparams\.json could not be fetched: cut off") as caught:
        fetch(server, tmp_path, person)
    assert "goes on from there" in caught.value.hint
    assert person.pauses == [1.0, 3.0, 9.0]
    assert person.said[1] == "hparams.json: cut off, trying again in 1 s"


def test_the_next_command_goes_on(server: FileServer, tmp_path: Path) -> None:
    server.faults = [Fault(DATA, cut=50_000), *(Fault(DATA, cut=0) for _ in range(4))]
    with pytest.raises(TemporaryError):
        fetch(server, tmp_path)
    assert not (tmp_path / "124M" / DATA).exists()
    with pytest.raises(FileError):
        open_checkpoint(tmp_path / "124M")
    server.requests.clear()
    assert_whole(fetch(server, tmp_path), server)
    assert server.requests == [(f"124M/{DATA}", f"bytes={3 * CHUNK}-")]


def test_a_server_without_ranges_begins_anew(server: FileServer, tmp_path: Path) -> None:
    server.ranges = False
    server.faults = [Fault(DATA, cut=50_000), Fault(DATA, cut=40_000)]
    assert_whole(fetch(server, tmp_path), server)


@pytest.mark.parametrize("validator", ["etag", "date", ""])
def test_a_file_that_has_changed_is_fetched_anew(server: FileServer, tmp_path: Path, validator: str) -> None:
    """Between two attempts the server got another model of the same size."""
    server.validator = validator
    server.faults = [Fault(DATA, cut=50_000), *(Fault(DATA, cut=0) for _ in range(4))]
    with pytest.raises(TemporaryError):
        fetch(server, tmp_path)
    other = write_base(tmp_path / "other", seed=2)
    server.contents = {f"124M/{path.name}": path.read_bytes() for path in other.iterdir()}
    (tmp_path / "124M" / "model.ckpt.index").unlink()
    person = Person()
    assert_whole(fetch(server, tmp_path, person), server)
    assert any("damaged" in line for line in person.said) == (not validator)
    assert not any("changed on the server" in line for line in person.said)  # If-Range saves that answer


def test_a_server_that_gives_another_part_than_asked(server: FileServer, tmp_path: Path) -> None:
    size = len(server.contents[f"124M/{DATA}"])
    wrong = {"Content-Range": f"bytes 0-{size - 1}/{size}"}
    server.faults = [Fault(DATA, cut=50_000), Fault(DATA, headers=wrong), Fault(DATA, cut=60_000)]
    person = Person()
    assert_whole(fetch(server, tmp_path, person), server)
    assert f"{DATA}: the file has changed on the server, trying again in 1 s" in person.said
    assert not any("damaged" in line for line in person.said)


def test_a_server_that_gives_less_of_the_rest_than_asked(server: FileServer, tmp_path: Path) -> None:
    server.faults = [Fault(DATA, cut=50_000)]
    server.most = 100_000
    assert_whole(fetch(server, tmp_path), server)
    assert [asked for path, asked in server.requests if DATA in path] == [
        *("", f"bytes={3 * CHUNK}-", f"bytes={3 * CHUNK + 100_000}-", f"bytes={3 * CHUNK + 200_000}-")
    ]


def test_what_is_there_and_longer_than_the_file(server: FileServer, tmp_path: Path) -> None:
    folder = tmp_path / "124M"
    folder.mkdir()
    (folder / ".hparams.json.botus-part").write_bytes(b"x" * 999)
    (folder / ".hparams.json.botus-part.json").write_text('["", 0]')
    assert_whole(fetch(server, tmp_path), server)
    assert ("124M/hparams.json", "bytes=999-") in server.requests  # answered 416


@pytest.mark.parametrize("note", ["", "nonsense", "{}", "[1]", '["x", null]'])
def test_bytes_without_a_sound_note_are_not_believed(server: FileServer, tmp_path: Path, note: str) -> None:
    folder = tmp_path / "124M"
    folder.mkdir()
    (folder / f".{DATA}.botus-part").write_bytes(b"\0" * 5000)
    (folder / f".{DATA}.botus-part.json").write_text(note)
    assert_whole(fetch(server, tmp_path), server)
    assert (f"124M/{DATA}", "") in server.requests


def test_damage_in_what_was_there_is_found_by_the_checksums(server: FileServer, tmp_path: Path) -> None:
    content = server.contents[f"124M/{DATA}"]
    folder = tmp_path / "124M"
    folder.mkdir()
    (folder / f".{DATA}.botus-part").write_bytes(b"\0" * 5000)
    note = [server.version(content)["ETag"], len(content)]
    (folder / f".{DATA}.botus-part.json").write_text(json.dumps(note))
    person = Person()
    assert_whole(fetch(server, tmp_path, person), server)
    assert any("damaged, fetching it anew" in line for line in person.said)


def test_a_crash_before_the_check_costs_no_second_download(server: FileServer, tmp_path: Path) -> None:
    content = server.contents[f"124M/{DATA}"]
    fetch(server, tmp_path)
    folder = tmp_path / "124M"
    (folder / DATA).rename(folder / f".{DATA}.botus-part")
    note = [server.version(content)["ETag"], len(content)]
    (folder / f".{DATA}.botus-part.json").write_text(json.dumps(note))
    server.requests.clear()
    assert_whole(fetch(server, tmp_path), server)
    assert server.requests == []


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408])
def test_a_passing_failure_is_waited_for(server: FileServer, tmp_path: Path, status: int) -> None:
    server.faults = [Fault("vocab.bpe", status=status, body=PAGE)] * 2
    person = Person()
    assert_whole(fetch(server, tmp_path, person), server)
    assert f"vocab.bpe: the server answered {status}, trying again in 1 s" in person.said


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 204])
def test_another_no_is_told_at_once(server: FileServer, tmp_path: Path, status: int) -> None:
    server.faults = [Fault("encoder.json", status=status)]
    person = Person()
    with pytest.raises(
        TemporaryError, match=f"encoder.json could not be fetched: the server answered {status}"
    ) as no:
        fetch(server, tmp_path, person)
    assert "BASE_MODEL_URL" in no.value.hint
    assert person.pauses == []


@pytest.mark.parametrize("name", ["hparams.json", META, DATA])
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/html; charset=utf-8", PAGE),
        ("application/xml", b"\xef\xbb\xbf<?xml version='1.0'?><Error/>"),
        ("application/octet-stream", PAGE),
        ("application/octet-stream", b"\xef\xbb\xbf<?xml version='1.0'?><Error/>"),
        ("application/octet-stream", b"version https://git-lfs.github.com/spec/v1\n"),
        ("application/octet-stream", b""),
    ],
)
def test_a_page_in_the_place_of_a_file_is_refused(
    server: FileServer, tmp_path: Path, name: str, kind: str, body: bytes
) -> None:
    server.faults = [Fault(name, status=200, body=body, headers={"Content-Type": kind})]
    with pytest.raises(FileError, match=f"{server.url}/124M/{name} ") as caught:
        fetch(server, tmp_path)
    assert "BASE_MODEL_URL" in caught.value.hint
    assert not (tmp_path / "124M" / name).exists()
    assert_whole(fetch(server, tmp_path), server)  # nothing of the page is left to go on from


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("hparams.json", b'{"error": "no"}', "JSON, but of something else"),
        ("hparams.json", b"[1]", "JSON, but of something else"),
        ("encoder.json", b"welcome", "it is not JSON$"),
        ("checkpoint", b"all is well", "model_checkpoint_path"),
        ("model.ckpt.index", b"\x0a" * 500, "not a TensorFlow index"),
        ("encoder.json", b"[" * 300_000, "JSON, but of something else"),
        ("vocab.bpe", b"a" * ((16 << 20) + 1), "more bytes than such a file, 16,777,215"),
        (DATA, b"\0" * 270_336, "checksum is wrong"),
        (DATA, b"\0" * 270_337, "more bytes than such a file, 270,336"),
        (DATA, b'{"error": "no"}', "15 bytes, and"),
    ],
)
def test_another_content_is_refused(
    server: FileServer, tmp_path: Path, name: str, body: bytes, words: str
) -> None:
    server.contents[f"124M/{name}"] = body
    with pytest.raises(FileError, match=words):
        fetch(server, tmp_path)
    assert not (tmp_path / "124M" / name).exists()


def test_a_portal_that_redirects_to_its_page(server: FileServer, tmp_path: Path) -> None:
    server.contents["login"] = PAGE
    server.faults = [Fault("hparams.json", status=302, headers={"Location": "/login"})]
    with pytest.raises(FileError, match="not what it should be"):
        fetch(server, tmp_path)


def test_a_server_that_stalls_is_left_after_the_time_out(server: FileServer, tmp_path: Path) -> None:
    server.faults = [Fault(DATA, stall=3 * CHUNK)]
    person = Person(patience=2.0)
    assert_whole(fetch(server, tmp_path, person), server)
    assert f"{DATA}: timed out, trying again in 1 s" in person.said
    assert server.requests[-1] == (f"124M/{DATA}", f"bytes={3 * CHUNK}-")


def test_a_slow_server_is_waited_for(server: FileServer, tmp_path: Path) -> None:
    server.piece = 500
    person = Person()
    assert_whole(fetch(server, tmp_path, person), server)
    assert person.pauses == []


def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(TemporaryError, match="connection refused"):
        base.fetch("124M", tmp_path, "http://127.0.0.1:9", Person().hooks)


def test_compressed_though_asked_not_to_be(server: FileServer, tmp_path: Path) -> None:
    server.faults = [Fault("hparams.json", headers={"Content-Encoding": "gzip"})]
    with pytest.raises(FileError, match="compressed"):
        fetch(server, tmp_path)


def test_an_index_of_more_weights_than_any_model_has(server: FileServer, tmp_path: Path) -> None:
    write_bundle(tmp_path / "wide", random_tensors(HPARAMS, 1), start=8 << 30)
    server.contents["124M/model.ckpt.index"] = (tmp_path / "wide.index").read_bytes()
    with pytest.raises(FileError, match="no GPT-2 model has"):
        fetch(server, tmp_path)


def test_a_disk_that_is_too_small_is_told_before_anything_is_read(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9, 10**6))
    server.faults = [Fault(DATA, stall=0)]
    with pytest.raises(FileError, match=r"needs 0 MB, and .* has 1 MB free") as caught:
        fetch(server, tmp_path)
    assert "make room" in caught.value.hint


class Full(files.Disk):
    """A disk that takes so many bytes more."""

    def __init__(self, left: int) -> None:
        self.left = left

    def write(self, descriptor: int, data: bytes) -> None:
        super().write(descriptor, data[: self.left])
        self.left -= len(data)
        if self.left < 0:
            self.left = 0
            raise OSError(28, os.strerror(28))


def test_a_disk_that_fills_up_keeps_what_is_there(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = sum(len(content) for content in server.contents.values()) - 3000
    monkeypatch.setattr(files, "disk", Full(room))
    with pytest.raises(FileError, match="No space left"):
        fetch(server, tmp_path)
    assert not (tmp_path / "124M" / DATA).exists()
    monkeypatch.undo()
    server.requests.clear()
    assert_whole(fetch(server, tmp_path), server)
    assert server.requests[0][1] != ""


def test_damage_in_a_folder_that_is_there_says_how_to_fetch_anew(tmp_path: Path) -> None:
    folder = write_base(tmp_path / "124M")
    os.truncate(folder / DATA, 5000)
    with pytest.raises(FileError, match=rf"{DATA} is \d+ bytes short") as caught:
        base.fetch("124M", tmp_path, "http://127.0.0.1:9", Person().hooks)
    assert caught.value.hint == "remove that file: the same command fetches it again"


def test_a_model_that_nobody_offers(server: FileServer, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no base model '125M'") as caught:
        fetch(server, tmp_path, name="125M")
    assert "name an earlier run by its folder" in caught.value.hint
    with pytest.raises(SettingsError, match="no base model ''"):
        fetch(server, tmp_path, name="")
    folder = write_base(tmp_path / "mine")
    assert fetch(server, tmp_path, name="mine") == folder
    assert server.requests == []


def test_two_at_once(server: FileServer, tmp_path: Path) -> None:
    server.faults = [Fault("encoder.json", status=500)]
    seen: list[str] = []

    def meanwhile(_: float) -> None:
        with pytest.raises(BusyError, match="another botus that fetches"):
            fetch(server, tmp_path)
        seen.append("busy")

    base.fetch("124M", tmp_path, server.url, Hooks(streaming, pause=meanwhile))
    assert seen == ["busy"]


def until(happened: Callable[[], bool]) -> None:
    for _ in range(2000):
        if happened():
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen in 20 s")


SCRIPT = """
import sys
from pathlib import Path
from botus.training.base_model.fetch import fetch
from botus.training.base_model.download import Hooks
from botus.posting.http.bounded import streaming
fetch("124M", Path(sys.argv[1]), sys.argv[2], Hooks(streaming, on_progress=print))
"""


def end(child: subprocess.Popen[str], how: signal.Signals) -> tuple[str, str]:
    """Send a signal, and again where Python lost it: one that comes within a finalizer is passed over."""
    for _ in range(6):
        child.send_signal(how)
        with suppress(subprocess.TimeoutExpired):
            return child.communicate(timeout=10)
    raise AssertionError("it did not end")


@pytest.mark.proof
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_killed_anywhere_no_half_file_is_in_its_place(
    server: FileServer, tmp_path: Path, how: signal.Signals
) -> None:
    part = tmp_path / "124M" / f".{DATA}.botus-part"
    for at in (CHUNK, 3 * CHUNK, 1):
        server.faults = [Fault(DATA, stall=at)]
        command = [sys.executable, "-c", SCRIPT, str(tmp_path), server.url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            until(lambda at=at: not server.faults and part.exists() and part.stat().st_size >= at - 1)
            _, trouble = end(child, how)
        assert child.returncode != 0
        if how == signal.SIGINT:
            assert "Interrupted: stopped while fetching" in trouble
        assert not (tmp_path / "124M" / DATA).exists()
        for path in (tmp_path / "124M").glob("[!.]*"):
            assert path.read_bytes() == server.contents[f"124M/{path.name}"]
    server.requests.clear()
    assert_whole(fetch(server, tmp_path), server)


def test_a_large_file_is_told_by_tenths() -> None:
    said: list[str] = []
    show = by_tenths(said.append)
    for done in range(0, 498_000_001, 6_000_000):
        show(DATA, done, 498_000_000)
        show("vocab.bpe", done // 1000, 498_000)
    assert len(said) == 10
    assert said[0] == f"{DATA}: 54 of 498 MB"
    assert said[-1] == f"{DATA}: 498 of 498 MB"
