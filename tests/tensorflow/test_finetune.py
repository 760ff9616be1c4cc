"""Real trainings, tiny: what comes out is loaded by gpt-2-simple and by botus, and no accident loses it."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from botus.checkpoints.checkpoint import open_checkpoint
from botus.checkpoints.markers import Form
from botus.generation.job import SamplingOptions
from botus.generation.sampling.sampler import Sampler
from tests.support import bundle
from tests.support.command import COMMAND, Ended, environment

pytestmark = pytest.mark.tensorflow

POSTS = [
    f"The {who} {what}.\\nNobody {did}."
    for who in ("fog", "gull", "bell", "tide", "lamp")
    for what in ("sings", "waits", "left", "came back")
    for did in ("saw it", "asked", "minds")
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "corpus.txt").write_text("".join(f"{post}\n" for post in POSTS))
    return folder


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A base model that gpt-2-simple's graph accepts: small, with random weights."""
    words = ["startoftext", "endoftext", "<|", ".<", "|>", "the", "The", "Nobody"]
    tokens, merges = bundle.vocabulary(words)
    sizes = {"n_vocab": len(tokens), "n_ctx": 64, "n_embd": 48, "n_head": 4, "n_layer": 2}
    folder = tmp_path / "models" / "tiny"
    return bundle.write_run(folder, sizes, bundle.random_tensors(sizes, scale=0.02), tokens, merges)


def command(data: Path, *options: str | Path) -> list[str]:
    return [*COMMAND, "finetune", "--data", str(data), *map(str, options)]


def finetune(data: Path, *options: str | Path, limit: str = "") -> Ended:
    words = command(data, *options)
    if limit:
        words = ["sh", "-c", f'{limit}; exec "$@"', "sh", *words]
    ended = subprocess.run(words, env=environment(), capture_output=True, timeout=300, cwd=data.parent)
    return Ended(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


def steps_of(data: Path) -> list[dict[str, str]]:
    with open(data / "checkpoint" / "run1" / "loss.csv", newline="") as source:
        return list(csv.DictReader(source))


@pytest.fixture
def gpt2() -> Iterator[Any]:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    module = import_module("gpt_2_simple")
    import_module("tensorflow").compat.v1.reset_default_graph()
    yield module
    import_module("tensorflow").compat.v1.reset_default_graph()


def test_a_base_model_learns_posts_of_two_lines(data: Path, base: Path, gpt2: Any) -> None:  # noqa: ANN401
    ended = finetune(
        data,
        *("--base", base, "--steps", "400", "--batch", "16", "--learning-rate", "0.006"),
        *("--check-every", "100", "--plot", data / "loss.svg", "--json"),
    )
    assert ended.code == 0, ended.err
    run = data / "checkpoint" / "run1"
    step = ended.value["best_step"]
    assert sorted(path.name for path in run.iterdir()) == [
        *("botus.json", "checkpoint", "counter", "encoder.json", "hparams.json", "loss.csv"),
        *(f"model-{step}.data-00000-of-00001", f"model-{step}.index", "vocab.bpe"),
    ]
    # TensorFlow has kept quiet: every line is one of ours.
    ours = re.compile(
        r"\d+ posts |.* million weights|step \d+ of 400, |  \d+ of \d+ sampled|  none|  the training"
    )
    assert [line for line in ended.err.splitlines() if not ours.match(line)] == []
    assert float(steps_of(data)[-1]["held_out"]) < 1.0
    assert (data / "loss.svg").read_text().startswith("<svg")

    record = json.loads((run / "botus.json").read_text())
    assert record["corpus"] == hashlib.sha256((data / "corpus.txt").read_bytes()).hexdigest()
    assert record["markers"] is True
    assert (record["posts"], record["step"], record["base"]) == (60, step, str(base))
    assert record["held_out_loss"] == ended.value["best_loss"]
    assert set(record["versions"]) == {"botus", "tensorflow", "gpt-2-simple"}

    known = {post.replace("\\n", "\n") for post in POSTS}
    source = Sampler(open_checkpoint(run), [data / "cache"], precision="float32")
    assert source.form is Form.MARKED
    stream = source.stream(SamplingOptions(temperature=0.5, batch=32, max_tokens=60), 1)
    texts = [sample.text for sample in islice(stream, 32)]
    stream.close()  # type: ignore[attr-defined]
    assert sum(text in known for text in texts) > 16

    place = {"run_name": "run1", "checkpoint_dir": str(run.parent)}
    with gpt2.start_tf_sess() as session:
        gpt2.load_gpt2(session, **place)
        marked = {"prefix": "<|startoftext|>", "truncate": "<|endoftext|>", "include_prefix": False}
        written = gpt2.generate(
            session, **place, **marked, length=60, temperature=0.5, nsamples=8, batch_size=8,
            return_as_list=True, seed=1,
        )  # fmt: skip
    assert sum(text.strip() in known for text in written) >= 4


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_and_the_same_command_ends_as_if_nothing_had_been(
    data: Path, base: Path, number: int
) -> None:
    options = ("--base", base, "--steps", "60", "--check-every", "20", "--batch", "8", "--sample-every", "0")
    whole = data.parent / "whole"
    whole.mkdir()
    (whole / "corpus.txt").write_bytes((data / "corpus.txt").read_bytes())
    assert finetune(whole, *options).code == 0

    words = command(data, *options)
    started = subprocess.Popen(words, env=environment(), stderr=subprocess.PIPE, encoding="utf-8")
    assert started.stderr
    for line in started.stderr:
        if line.startswith("step 20"):
            started.send_signal(number)
            break
    said = started.stderr.read()
    assert started.wait(60) == 130
    stopped = re.search(r"botus: stopped at step (\d+) of 60; everything is in ", said)
    assert stopped, said
    assert 20 <= int(stopped[1]) < 60
    assert open_checkpoint(data / "checkpoint" / "run1").step == 20

    ended = finetune(data, *options)
    assert ended.code == 0, ended.err
    assert f"going on from step {stopped[1]} of 60\n" in ended.err
    assert not (data / "checkpoint" / "run1" / "resume").exists()
    losses = [[row["held_out"] for row in steps_of(folder) if row["held_out"]] for folder in (whole, data)]
    assert len(losses[0]) == 3
    assert [float(loss) for loss in losses[1]] == pytest.approx([float(loss) for loss in losses[0]], abs=2e-3)


def test_going_on_with_something_else_is_said_or_refused(data: Path, base: Path) -> None:
    options = (
        "--base",
        base,
        "--steps",
        "100000",
        "--check-every",
        "10",
        "--batch",
        "4",
        "--sample-every",
        "0",
    )
    started = subprocess.Popen(
        command(data, *options), env=environment(), stderr=subprocess.PIPE, encoding="utf-8"
    )
    assert started.stderr
    for line in started.stderr:
        if line.startswith("step 10"):
            started.kill()  # nothing but the checkpoint is left
            break
    started.wait(60)
    refused = finetune(data, "--from-scratch", "nano", "--seed", "5")
    assert refused.code == 2
    assert f"has base {base}, not nano" in refused.err
    assert "has seed 1, not 5" in refused.err
    with open(data / "corpus.txt", "a") as more:
        more.write("One more post, about a boat.\n")
    ended = finetune(data, "--base", base, "--steps", "40", "--sample-every", "0")
    assert ended.code == 0, ended.err
    assert "the corpus has changed since" in ended.err
    assert re.search(r"going on from step \d+ of 40, steps 100000 before", ended.err)
    again = finetune(data, "--base", base)
    assert again.code == 6
    assert "finished run" in again.err
    fresh = finetune(data, "--base", base, "--steps", "10", "--fresh", "--sample-every", "0")
    assert fresh.code == 0, fresh.err
    assert (data / "checkpoint" / "run1-before-1" / "botus.json").exists()


def test_no_disk_left_in_mid_save_leaves_the_last_good_checkpoint(data: Path, base: Path) -> None:
    """The disk takes the small files and then half of a checkpoint."""
    options = ("--base", base, "--batch", "4", "--check-every", "10", "--sample-every", "0")
    assert finetune(data, *options, "--steps", "10").code == 0
    saved = sum(path.stat().st_size for path in (data / "checkpoint" / "run1").iterdir())
    data_file = (data / "checkpoint" / "run1" / "model-10.data-00000-of-00001").stat().st_size
    disk = data.parent / "disk"
    kept = data.parent / "kept"
    kept.mkdir()
    room = (saved + data_file // 2) // 1024 + 64
    words = " ".join(f"'{word}'" for word in command(disk, *options, "--steps", "60"))
    script = f"""
        mkdir "{disk}"
        mount -t tmpfs -o size={room}k tmpfs "{disk}"
        cp "{data}/corpus.txt" "{disk}"
        code=0
        {words} 2> "{kept}/said" || code=$?
        echo $code > "{kept}/code"
        cp -r "{disk}/checkpoint/run1" "{kept}"
        """
    unshared = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-ec", script]
    ended = subprocess.run(unshared, env=environment(), capture_output=True, text=True, timeout=120)
    said = (kept / "said").read_text()
    assert ended.returncode == 0, ended.stderr
    assert (kept / "code").read_text().strip() == "3", said
    assert "No space left on device; step 10 is safe in" in said
    assert "make room on the disk" in said
    assert len([line for line in said.splitlines() if line.startswith("botus: ")]) == 1
    good = open_checkpoint(kept / "run1")
    assert good.step == 10
    assert sum(values.size for _, values in good.tensors()) * 4 == data_file
    assert not list((kept / "run1").glob("**/.saving*"))


def test_a_file_that_may_not_become_so_large_is_a_sentence(data: Path, base: Path) -> None:
    ended = finetune(data, "--base", base, "--steps", "10", limit="ulimit -f 100")
    assert ended.code == 3, ended.err
    assert "File too large" in ended.err
    assert "Traceback" not in ended.err


def test_a_short_corpus_and_an_incomplete_base_model(data: Path, base: Path) -> None:
    (data / "corpus.txt").write_text("".join(f"Gull {number}.\n" for number in range(20)))
    ended = finetune(data, "--from-scratch", "nano", "--steps", "5", "--batch", "2")
    assert ended.code == 0, ended.err
    assert "the corpus is short for windows of 128 tokens: training in windows of" in ended.err
    (base / "vocab.bpe").unlink()
    missing = finetune(data, "--base", base, "--run", "run2")
    assert missing.code == 3
    assert missing.err.startswith(f"botus: {base} has no vocab.bpe\n")
    assert not (data / "checkpoint" / "run2").exists()


def test_one_post_of_several_lines_is_left_out_and_more_steps_are_advised(data: Path) -> None:
    lines = [post.replace("\\n", " ") for post in POSTS]
    (data / "corpus.txt").write_text("".join(f"{line}\n" for line in [*lines, "The kettle\\nsings."]))
    options = ("--from-scratch", "nano", "--steps", "20", "--check-every", "10", "--sample-every", "0")
    ended = finetune(data, *options)
    assert ended.code == 0, ended.err
    assert "1 of 61 posts has several lines and is left out" in ended.err
    assert re.search(r"still falling, by \d\.\d+ at the last look: .* --steps 40 ", ended.out)
    record = json.loads((data / "checkpoint" / "run1" / "botus.json").read_text())
    assert (record["posts"], record["left_out"], record["markers"]) == (60, 1, False)
