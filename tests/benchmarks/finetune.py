"""How fast `botus finetune` is beside gpt-2-simple's own `finetune`, and when it stops.

    python tests/benchmarks/finetune.py speed [--base DIR] [--batch N] [--steps N] [--rounds N]
    python tests/benchmarks/finetune.py nano [--posts N]

`speed` lets both train the same base model on the same posts, in turns, each in a process of its own. Without
--base it is a small one with random weights and the demo's vocabulary; gpt-2-simple always trains on rows of
1,024 tokens, so its context is that long. Steps are counted from the fifth of a run on, without loading,
looking and saving. `nano` trains from scratch on the demo's corpus and prints the losses and the copy rate by
step. Needs the `train` extra.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from botus import demo
from tests.support import bundle
from tests.support.command import ROOT

_SIZES = {"n_vocab": 2048, "n_ctx": 1024, "n_embd": 128, "n_head": 4, "n_layer": 4}
_STEP = re.compile(r"^\[(\d+) \| (\d+\.\d+)\]", re.MULTILINE)


def speed(base: Path | None, batch: int, steps: int, rounds: int) -> None:
    """Print steps per second of both, and the ratios of the medians and of the best rounds."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        base = base or _small_base(place / "models" / "small")
        _corpus(place, 5000)
        found: dict[str, list[float]] = {"gpt-2-simple": [], "botus": []}
        for _ in range(rounds):
            found["gpt-2-simple"].append(_theirs(place, base, batch, steps))
            found["botus"].append(_ours(place, base, batch, steps))
        for who, rates in found.items():
            print(f"{who:13} {' '.join(f'{rate:8.3f}' for rate in rates)} steps/s", flush=True)
        for words, of in (("medians", statistics.median), ("the best", max)):
            print(f"botus / gpt-2-simple, {words}: {of(found['botus']) / of(found['gpt-2-simple']):.2f}")


def nano(posts: int) -> None:
    """Print the curve of a training from scratch, and the copy rate before and after the best step."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        _corpus(place, posts)
        _botus(place, "--from-scratch", "nano")
        run = place / "data" / "checkpoint" / "run1"
        record = json.loads((run / "botus.json").read_text())
        rows = [row for row in _rows(run) if row["held_out"]]
    print("  step  train  held out  copies")
    for row in rows:
        copies = f"{float(row['copy_rate']):7.0%}" if row["copy_rate"] else ""
        print(f"{row['step']:>6}  {float(row['train']):.3f}    {float(row['held_out']):.3f} {copies}")
    print(f"{record['posts']:,} posts, {record['seconds'] / 60:.1f} min, {record['ended']}")
    best = record["step"]
    sides = {
        "up to the best step, three looks": [row for row in rows if int(row["step"]) <= best][-3:],
        "after it": [row for row in rows if int(row["step"]) > best],
    }
    for words, some in sides.items():
        rates = [float(row["copy_rate"]) for row in some if row["copy_rate"]]
        print(f"copies {words}: " + (f"{statistics.mean(rates):.1%}" if rates else "no look"))


def _corpus(place: Path, count: int) -> None:
    """The same posts as corpus.txt and as the CSV file that gpt-2-simple reads."""
    (place / "data").mkdir()
    posts = demo.corpus().read_text(encoding="utf-8").splitlines()[:count]
    (place / "data" / "corpus.txt").write_text("".join(f"{post}\n" for post in posts), encoding="utf-8")
    with open(place / "posts.csv", "w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows([["posts"], *([post] for post in posts)])


def _small_base(folder: Path) -> Path:
    bundle.write_run(folder, _SIZES, bundle.random_tensors(_SIZES, scale=0.02), [], [])
    for name in ("encoder.json", "vocab.bpe"):
        shutil.copyfile(demo.folder() / name, folder / name)
    return folder


def _theirs(place: Path, base: Path, batch: int, steps: int) -> float:
    script = f"""
import gpt_2_simple as gpt2
gpt2.finetune(gpt2.start_tf_sess(), "posts.csv", steps={steps}, model_dir={str(base.parent)!r},
    model_name={base.name!r}, batch_size={batch}, accumulate_gradients=1, sample_every=10**9,
    save_every=10**9, restore_from="fresh", run_name="theirs")
"""
    done = _run([sys.executable, "-c", script], place)
    shutil.rmtree(place / "checkpoint")
    seconds = {int(step): float(when) for step, when in _STEP.findall(done)}
    last = max(seconds)
    return (last - last // 5) / (seconds[last] - seconds[last // 5])


def _ours(place: Path, base: Path, batch: int, steps: int) -> float:
    _botus(
        place,
        *("--base", str(base), "--batch", str(batch), "--steps", str(steps)),
        *("--check-every", str(steps), "--sample-every", "0", "--fresh"),
    )
    rows = _rows(place / "data" / "checkpoint" / "run1")
    shutil.rmtree(place / "data" / "checkpoint")
    first, last = rows[0], rows[-1]
    return (int(last["step"]) - int(first["step"])) / (float(last["seconds"]) - float(first["seconds"]))


def _botus(place: Path, *options: str) -> None:
    _run([sys.executable, "-m", "botus", "finetune", "--data", str(place / "data"), *options], place)


def _rows(run: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((run / "loss.csv").read_text())))


def _run(words: list[str], place: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": ROOT, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(words, cwd=place, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    kinds = parser.add_subparsers(dest="kind", required=True)
    measure = kinds.add_parser("speed")
    measure.add_argument("--base", type=Path)
    for name, default in (("--batch", 1), ("--steps", 50), ("--rounds", 3)):
        measure.add_argument(name, type=int, default=default)
    kinds.add_parser("nano").add_argument("--posts", type=int, default=5000)
    chosen = vars(parser.parse_args())
    kind = chosen.pop("kind")
    with contextlib.suppress(KeyboardInterrupt):
        speed(**chosen) if kind == "speed" else nano(**chosen)


if __name__ == "__main__":
    main()
