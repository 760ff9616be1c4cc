"""Which addresses of a cluster are used, and which workers; tests/proofs/test_cluster.py has real ones."""

from __future__ import annotations

import logging
import os
import pickle
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import dask.config
import pytest

from botus.checkpoints.checkpoint import open_checkpoint
from botus.errors import RefusedError, SettingsError, TemporaryError
from botus.generation.job import Sample, SamplingOptions
from botus.generation.sampling.cluster import coordinator, worker
from botus.generation.sampling.cluster.address import checked
from botus.generation.sampling.cluster.coordinator import Cluster
from botus.generation.sampling.cluster.welcome import Welcome
from botus.generation.sampling.cluster.worker import Greeting
from botus.generation.sampling.sampler import Sampler
from botus.generation.sampling.units import Plan, Writer
from tests.support import bundle
from tests.support.command import botus


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1:8786", "tcp://127.0.0.1:8786"),
        ("tcp://localhost:8786", "tcp://localhost:8786"),
        ("tcp://127.9.9.9:1", "tcp://127.9.9.9:1"),
        ("tcp://[::1]:8786", "tcp://[::1]:8786"),
        ("tls://pc1.example:8786", "tls://pc1.example:8786"),
    ],
)
def test_addresses_that_nobody_else_can_listen_to(address: str, expected: str) -> None:
    assert checked(address, insecure=False) == expected


@pytest.mark.parametrize(
    "address", ["tcp://192.0.2.1:1", "tcp://pc1:8786", "0.0.0.0:8786", "tcp://127.0.0.1.example:1", "[::]:1"]
)
def test_other_machines_are_not_reached_without_encryption(address: str) -> None:
    with pytest.raises(RefusedError, match="tcp:// is open to everybody"):
        checked(address, insecure=False)
    assert checked(address, insecure=True).endswith(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        *[
            "pc1",
            "tcp://",
            "tcp://127.0.0.1",
            "tcp://127.0.0.1:x",
            "127.0.0.1:99999",
            "127.0.0.1:0",
            "tcp://[::1",
        ],
        *["tcp://127.0.0.1:1#", "tcp://127.0.0.1:1\n", "tcp://..:1", f"tcp://{'a' * 300}:1"],
        *["tcp://ann@127.0.0.1:1", "tcp://127.0.0.1:1/x", "http://127.0.0.1:1", "inproc://x:1"],
    ],
)
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(SettingsError, match=f"--cluster {address}".replace("[", r"\[")):
        checked(address, insecure=True)


Answer = Callable[[bytes], object]


class Workers:
    """Workers in this process; each has its own way to answer, most often the right one."""

    def __init__(self, cache: Path, patch: pytest.MonkeyPatch, **answers: Answer) -> None:
        self.answers, self.sent = answers, list[tuple[str, int]]()
        patch.setenv("XDG_CACHE_HOME", str(cache))
        patch.setattr(worker, "_checked", set())
        worker._writer.cache_clear()

    def run(self, todo: bytes, addresses: Collection[str]) -> Mapping[str, Any]:
        found = {}
        for address in addresses:
            self.sent.append((address, len(todo)))
            try:
                found[address] = self.answers.get(address, pickle.loads)(todo)
            except Exception as error:
                found[address] = error
        return found


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> tuple[Writer, Plan]:
    run = bundle.write_bigrams(tmp_path_factory.mktemp("model") / "run1", ["The"], {"Ċ": {"The": 1}})
    sampler, found = Sampler(open_checkpoint(run), [run / "cache"]), []

    def units(writer: Writer, plan: Plan, numbers: Iterator[int]) -> Iterator[list[Sample]]:
        found.append((writer, plan))
        yield from ()

    list(sampler.stream(SamplingOptions(), 1, units=units))
    return found[0]


def test_the_model_is_sent_once_and_by_its_content(
    stream: tuple[Writer, Plan], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    workers = Workers(tmp_path, monkeypatch)
    welcome = Welcome(*stream, "cpu", workers.run, said.append)
    assert welcome.welcome({"a": "pc1", "b": "pc2"}) == {}  # both have the same folder
    size = sum(path.stat().st_size for path in stream[0].folder.iterdir())
    assert size * 0.9 < sum(length for _, length in workers.sent) < size * 1.2
    assert len(said) == 1
    kept = tmp_path / "botus" / "models" / welcome.model
    (kept / "model.bin").write_bytes(b"damaged")
    monkeypatch.setattr(worker, "_checked", set())
    assert Welcome(*stream, "cpu", workers.run, said.append).welcome({"c": "pc3"}) == {}
    assert worker.digest({path.name: path for path in kept.iterdir()}) == welcome.model
    assert len(said) == 2
    assert [path.name for path in kept.parent.iterdir()] == [welcome.model]
    writer, plan = stream
    assert pickle.loads(welcome.unit(plan, 3)) == writer.write(plan, 3)


def _raises(error: Exception) -> Answer:
    def answer(todo: bytes) -> object:
        raise error

    return answer


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (
            _raises(ModuleNotFoundError("No module named 'botus'", name="botus")),
            "pc1: has no botus: install ",
        ),
        (_raises(ModuleNotFoundError("no worker", name="botus.generation")), "does not answer as this botus"),
        (_raises(OSError("cut off")), "does not answer as this botus would (OSError: cut off)"),
        (lambda _: {"botus": "9"}, "does not answer as this botus would"),
        (lambda _: Greeting({"botus": "9.1", "ctranslate2": ""}, "", True), "pc1: has botus 9.1, here is "),
        (lambda _: Greeting(worker.versions() | {"ctranslate2": ""}, "", True), "pc1: has no ctranslate2: "),
        (
            lambda _: Greeting(worker.versions() | {"ctranslate2": "3.0"}, "", True),
            "has ctranslate2 3.0, here",
        ),
        (lambda _: Greeting(worker.versions(), "", True), "pc1: cannot write"),
    ],
)
def test_why_a_worker_is_left_out(
    stream: tuple[Writer, Plan], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Answer, why: str
) -> None:
    workers = Workers(tmp_path, monkeypatch, a=answer)
    unfit = Welcome(*stream, "cpu", workers.run, lambda _: None).welcome({"a": "pc1", "b": "pc2"})
    assert [*unfit] == ["a"]
    assert why in unfit["a"]


def test_a_worker_whose_disk_is_full_is_left_out(
    stream: tuple[Writer, Plan], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "botus").write_text("a file where its folder should be")
    workers = Workers(tmp_path, monkeypatch)
    unfit = Welcome(*stream, "cpu", workers.run, lambda _: None).welcome({"a": "pc1"})
    assert unfit["a"].startswith("pc1: cannot keep the model (NotADirectoryError: ")


def test_a_model_without_use_goes_after_a_month(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    models, day, content = tmp_path / "botus" / "models", 86400, b"{}"
    for name, days in {"used": 29, "unused": 31, "new-1": 0.9, "new-2": 1.1}.items():
        (models / name).mkdir(parents=True)
        os.utime(models / name, (time.time() - days * day,) * 2)
    model = worker.digest({"config.json": content})
    worker.put("3", "config.json", content)
    worker.keep(model, "3")
    assert {path.name for path in models.iterdir()} == {"used", "new-1", model}


def test_what_cannot_be_taken_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    worker.put("1", "config.json", b"{}")
    with pytest.raises(OSError, match="too long"):
        worker.put("1", "m" * 300, b"")
    assert not [*(tmp_path / "botus" / "models").iterdir()]


def test_a_worker_where_something_else_has_the_place_of_the_model_is_left_out(
    stream: tuple[Writer, Plan], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers = Workers(tmp_path, monkeypatch)
    welcome = Welcome(*stream, "cpu", workers.run, lambda _: None)
    (tmp_path / "botus" / "models").mkdir(parents=True)
    (tmp_path / "botus" / "models" / welcome.model).write_text("a file where its folder should be")
    unfit = welcome.welcome({"a": "pc1", "b": "pc2"})
    assert [unfit[address].partition(" (")[0] for address in "ab"] == [
        "pc1: cannot keep the model",
        "pc2: cannot keep the model",
    ]


@pytest.mark.parametrize(
    ("precision", "text", "said"),
    [
        (
            "int8",
            "The",
            ["another kind of processor, which now and then writes another text: pc2; --precision"],
        ),
        ("float32", "The", []),
        ("float32", "a", ["another kind of processor, which now and then writes another text: pc2"]),
    ],
)
def test_other_processors_are_named(
    stream: tuple[Writer, Plan],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    precision: str,
    text: str,
    said: list[str],
) -> None:
    def otherwise(todo: bytes) -> object:
        found = pickle.loads(todo)
        if not isinstance(found, list):
            return found
        return [replace(one, logprob=one.logprob + 1e-6, text=text) for one in found]

    heard: list[str] = []
    workers = Workers(tmp_path, monkeypatch, b=otherwise)
    writer, plan = stream
    welcome = Welcome(replace(writer, precision=precision), plan, "cpu", workers.run, heard.append)
    assert welcome.welcome({"a": "pc1", "b": "pc2"}) == {}
    assert [one[: len(expected)] for one, expected in zip(heard[1:], said, strict=True)] == said


def test_other_versions_of_what_carries_the_units_are_named_and_used(
    stream: tuple[Writer, Plan], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def older(todo: bytes) -> object:
        found = pickle.loads(todo)
        if not isinstance(found, Greeting):
            return found
        return replace(found, versions={**found.versions, "Python": "3.4", "distributed": "1.2"})

    heard: list[str] = []
    workers = Workers(tmp_path, monkeypatch, b=older, c=older)
    welcome = Welcome(*stream, "cpu", workers.run, heard.append)
    assert welcome.welcome({"a": "pc1", "b": "pc2", "c": "pc3"}) == {}
    own = worker.versions()
    assert heard[:2] == [
        f"Python is 3.4 on pc2, pc3 and {own['Python']} here: where units fail, install the same",
        f"distributed is 1.2 on pc2, pc3 and {own['distributed']} here: where units fail, install the same",
    ]
    assert not any("is 3" in one or "distributed" in one for one in heard[2:])


def test_the_command_refuses_before_it_looks_at_anything(tmp_path: Path) -> None:
    def run(*given: str) -> tuple[int, str]:
        ended = botus("--data", tmp_path, "generate", "--checkpoint", "demo", *given)
        return ended.code, ended.err

    code, err = run("--cluster", "tcp://192.0.2.1:1")
    assert (code, err.count("\n")) == (6, 2)
    assert "or --insecure in a network of your own" in err
    assert run("--cluster", "127.0.0.1:1", "--share", "1/2", "--seed", "1")[0] == 2
    assert run("--cluster", "127.0.0.1:1", "--compare", "0.5,0.9")[0] == 2


def test_a_closed_port_is_said_at_once(stream: tuple[Writer, Plan]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(
            TemporaryError, match=f"^no Dask scheduler answers at {address}: connection refused$"
        ):
            next(Cluster(address, "cpu", print)(*stream, iter([0])))


def test_what_answers_and_is_no_scheduler_is_said(
    stream: tuple[Writer, Plan], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dask's own client would wait for minutes, and leave a traceback behind."""
    monkeypatch.setattr(coordinator, "_CONNECT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(TemporaryError, match=f"^no Dask scheduler answers at {address}: timed out$"):
            next(Cluster(address, "cpu", print)(*stream, iter([0])))


@pytest.mark.parametrize(
    "greeting", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", b"\1" + bytes(9)]
)
def test_another_program_is_told_from_a_scheduler(stream: tuple[Writer, Plan], greeting: bytes) -> None:
    """Dask would take the first bytes for a size, and ask for so much memory."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            with suppress(OSError):
                while True:
                    with server.accept()[0] as connection:
                        connection.sendall(greeting)

        threading.Thread(target=greet, daemon=True).start()
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(TemporaryError, match=f"^no Dask scheduler answers at {address}: another program"):
            next(Cluster(address, "cpu", print)(*stream, iter([0])))
        server.shutdown(socket.SHUT_RDWR)


def test_dask_says_nothing_of_its_own() -> None:
    Cluster("tcp://127.0.0.1:1", "cpu", print)
    for name in ("distributed", "distributed.client", "distributed.comm.tcp", "tornado.application"):
        assert not logging.getLogger(name).isEnabledFor(logging.CRITICAL)


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ({}, "DASK_DISTRIBUTED__COMM__TLS__CA_FILE and its like are not set"),
        ({"ca-file": "nowhere.pem", "client": {"cert": "nowhere.pem", "key": "nowhere.key"}}, "No such file"),
    ],
)
def test_tls_without_certificates_is_said(
    stream: tuple[Writer, Plan], config: Mapping[str, object], why: str
) -> None:
    with (
        dask.config.set({"distributed.comm.tls": dask.config.get("distributed.comm.tls") | config}),
        pytest.raises(SettingsError, match=f"^tls:// needs certificates: .*{why}") as caught,
    ):
        next(Cluster("tls://192.0.2.1:1", "cpu", print)(*stream, iter([0])))
    assert "docs/many-machines.md" in caught.value.hint
