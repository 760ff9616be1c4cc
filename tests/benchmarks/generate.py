"""Lines and tokens per second at 124M, side by side: botus, gpt-2-simple's recipe, transformers.

    python tests/benchmarks/generate.py [--lines 512] [--work DIR]

It builds a 124M-shaped checkpoint with random weights in which a line has about 29 tokens in the mean at
every setting: 155 tokens are about equally probable, whatever came before, 150 short words and five line
breaks, so that a cut by top-k or top-p leaves out as many of one as of the other. Each row runs in a process
of its own. The table has lines (finished ones of at most 280 letters) and tokens per second, both by the
clock and by the processor's time of all cores together (which tells more on a machine that does other things
too), the measured mean, the peak memory, and the share of the int8 matrix products that the machine does in
the same processor's time. Then come the ratios, and the whole command for 500 lines with the converted model
in its cache. Top-p chooses among as many tokens as it is ever given, 1,005: here it is at its slowest. Rows
whose packages are missing say so.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from botus.checkpoints import checkpoint  # noqa: E402
from botus.generation import job  # noqa: E402
from botus.generation.sampling import sampler  # noqa: E402
from tests.support import bundle  # noqa: E402

HPARAMS = {"n_vocab": 50257, "n_ctx": 1024, "n_embd": 768, "n_head": 12, "n_layer": 12}
WORDS, BREAKS = 150, 5
SETTINGS = {
    "all": job.SamplingOptions(temperature=1.0, max_chars=280),
    "top-k 40": job.SamplingOptions(temperature=1.0, top_k=40, max_chars=280),
    "top-p 0.9": job.SamplingOptions(temperature=1.0, top_p=0.9, max_chars=280),
    "temp 0.9": job.SamplingOptions(temperature=0.9, max_chars=280),
}
# Multiplications and additions of the matrix products behind one token: all layers, and the output head.
OPERATIONS = 2 * HPARAMS["n_embd"] * (12 * HPARAMS["n_embd"] * HPARAMS["n_layer"] + HPARAMS["n_vocab"])

Figures = dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lines", type=int, default=512, help="lines of each row of botus")
    parser.add_argument("--work", type=Path, help="keep the checkpoint and the converted model here")
    parser.add_argument("--row", nargs=3, metavar=("NAME", "SETTING", "THREADS"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.row:
        name, setting, threads = given.row
        figures = ROWS[name](given.work, setting, int(threads), given.lines)
        print(json.dumps(figures | {"memory": peak_memory()}))
        return
    with tempfile.TemporaryDirectory() as temporary:
        table(given.work or Path(temporary), given.lines)


def table(work: Path, lines: int) -> None:
    measure("prepare", work, "", 1, lines)
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load {load:.1f} before the first row", flush=True)
    print(f"{'':27}{'threads':>8}{'by the clock':>18}{'by CPU time':>18}{'tokens':>9}")
    speeds = f"{'lines/s':>8}{'tokens/s':>10}"
    print(f"{'':35}{speeds}{speeds}{'per line':>9}{'MB':>6}{'of int8':>9}")
    for threads in (1, 2):
        products = measure("rate", work, "", threads, lines)
        best = products["operations"] / products["cpu"]
        print(f"{'int8 matrix products':27}{threads:8}{best / 1e9:27.0f} GOP/s")
        rows = {setting: measure("botus", work, setting, threads, lines) for setting in SETTINGS}
        for setting, figures in rows.items():
            show(f"botus, {setting}", threads, figures, best)
        print(
            f"  top-p has {by_cpu(rows['top-p 0.9'], 'tokens') / by_cpu(rows['top-k 40'], 'tokens'):.2f}"
            " of the tokens of top-k by CPU time"
        )
        for name, package in (("gpt-2-simple", "gpt_2_simple"), ("transformers", "transformers")):
            if not installed(package):
                print(f"{name:27}{threads:8}  not installed")
                continue
            other = measure(name, work, "top-p 0.9", threads, lines)
            show(f"{name}, top-p 0.9", threads, other, 0)
            times = by_cpu(rows["top-p 0.9"], "lines") / by_cpu(other, "lines")
            print(f"  botus has {times:.0f} times its lines by CPU time")
        whole = measure("command", work, "", threads, lines)
        print(
            f"botus generate -n 500, {threads} threads: {whole['seconds']:.1f} s by the clock, "
            f"{whole['cpu']:.1f} s of CPU time, {whole['seen']:.0f} texts, {whole['peak']:.0f} MB",
            flush=True,
        )


def show(label: str, threads: int, figures: Figures, best: float) -> None:
    lines, tokens = figures["lines"] / figures["seconds"], figures["tokens"] / figures["seconds"]
    speeds = f"{lines:8.2f}{tokens:10.0f}{by_cpu(figures, 'lines'):8.2f}{by_cpu(figures, 'tokens'):10.0f}"
    share = f"{by_cpu(figures, 'tokens') * OPERATIONS / best:9.0%}" if best else ""
    print(f"{label:27}{threads:8}{speeds}{figures['mean']:9.1f}{figures['memory']:6.0f}{share}", flush=True)


def by_cpu(figures: Figures, what: str) -> float:
    return figures[what] / figures["cpu"]


def measure(name: str, work: Path, setting: str, threads: int, lines: int) -> Figures:
    command = [sys.executable, __file__, "--work", str(work), "--lines", str(lines)]
    command += ["--row", name, setting, str(threads)]
    shown = subprocess.run(command, capture_output=True, text=True, check=False)
    if shown.returncode:
        raise SystemExit(shown.stderr)
    figures: Figures = json.loads(shown.stdout.splitlines()[-1])
    return figures


def peak_memory() -> float:
    """Return the peak of this process in MB; getrusage would count what the parent had before it."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def clocked(action: Callable[[], Any]) -> tuple[Any, Figures]:
    wall, cpu = time.perf_counter(), time.process_time()
    result = action()
    return result, {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


def installed(package: str) -> bool:
    return not subprocess.run([sys.executable, "-c", f"import {package}"], capture_output=True).returncode


def build(run: Path) -> None:
    """Write the biased checkpoint."""
    tokens, merges = bundle.full_vocabulary()
    # GPT-2 has three tokens with a line break. Two that no text of ours needs become the fourth and fifth.
    spare = {merge: "".join(merge) for merge in merges[-2:]}
    for merge, name in zip(list(spare), ("ĊĊĊ", "ĊĊĊĊ"), strict=True):
        merges.remove(merge)
        tokens[tokens.index(spare[merge])] = name
    breaks = [i for i, token in enumerate(tokens) if "Ċ" in token]
    while len(breaks) < BREAKS:  # a made-up vocabulary has fewer
        unused = max(i for i, token in enumerate(tokens) if token.startswith("Ġ") and i not in breaks)
        merges = [merge for merge in merges if "".join(merge) != tokens[unused]]
        tokens[unused] = "Ċ" * (10 + len(breaks))
        breaks.append(unused)
    words = [
        i
        for i, token in enumerate(tokens)
        if token.startswith("Ġ") and token[1:].isalpha() and 3 <= len(token) <= 4
    ][:WORDS]
    chosen = words + breaks[:BREAKS]
    tensors = dict(bundle.random_tensors(HPARAMS, seed=1, scale=0.02))
    # The same small direction in all chosen rows, and large in the last bias: they are 16 nats above the
    # others, while the noise of the random weights still orders them anew at every place.
    direction = np.random.default_rng(2).choice([-1, 1], HPARAMS["n_embd"]) / np.sqrt(HPARAMS["n_embd"])
    tensors["model/wte"][chosen] += (0.6 * direction).astype(np.float32)
    tensors["model/ln_f/b"] = (26 * direction).astype(np.float32)
    bundle.write_run(run, HPARAMS, tensors, tokens, merges, step=1000)


def opened(work: Path, threads: int) -> sampler.Sampler:
    run = checkpoint.open_checkpoint(work / "checkpoint" / "run1")
    return sampler.Sampler(run, [work / "cache"], threads=threads, precision="int8")


def prepare(work: Path, setting: str, threads: int, lines: int) -> Figures:
    run = work / "checkpoint" / "run1"
    if not (run / "checkpoint").exists():
        build(run)
    opened(work, threads)
    return {}


def botus(work: Path, setting: str, threads: int, lines: int) -> Figures:
    source = opened(work, threads)
    stream = source.stream(SETTINGS[setting], seed=1)
    samples, times = clocked(lambda: list(islice(stream, lines)))
    stream.close()  # type: ignore[attr-defined]
    tokens = sum(sample.tokens for sample in samples)
    finished = sum(sample.finished for sample in samples)
    return {"lines": finished, "tokens": tokens, "mean": tokens / lines} | times


def command(work: Path, setting: str, threads: int, lines: int) -> Figures:
    """The whole command as a person gives it, from its start to its end; the model was converted before."""
    run = work / "checkpoint" / "run1"
    command = [sys.executable, "-m", "botus", "generate", "--checkpoint", str(run), "--threads", str(threads)]
    command += ["--temp", "1", "--seed", "1", "--json", "--quiet"]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    times = {}
    for n in ("1", "500"):  # the first fills the cache
        with tempfile.TemporaryDirectory() as data:
            began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
            done = subprocess.run(
                [*command, "-n", n, "--data", data], env=environment, capture_output=True, check=True
            )
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            times = {"seconds": time.perf_counter() - began}
            times["cpu"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    report = json.loads(done.stdout)
    return times | {"seen": report["seen"], "peak": report["memory"] / 2**20}


def gpt_2_simple(work: Path, setting: str, threads: int, lines: int) -> Figures:
    """Its author's recipe for posts: 200 tokens, top-p 0.9, batches of 20; the first line of each counts.

    Each call builds its graph anew, which a run of a thousand posts does not notice: the second batch counts.
    """
    import gpt_2_simple as gpt2

    place = {"run_name": "run1", "checkpoint_dir": str(work / "checkpoint")}
    session = gpt2.start_tf_sess(threads=threads)
    gpt2.load_gpt2(session, **place)
    recipe = {"length": 200, "temperature": 1.0, "top_p": 0.9, "batch_size": 20, "return_as_list": True}
    (_, one), (texts, two) = (
        clocked(lambda: gpt2.generate(session, **place, prefix="\n", nsamples=count, **recipe))  # noqa: B023
        for count in (20, 40)
    )
    times = {name: two[name] - one[name] for name in one}
    posts = [text.lstrip("\n").partition("\n")[0] for text in texts]
    mean = float(np.mean([len(post.split()) + 1 for post in posts]))
    return {"lines": 20, "tokens": 20 * 200, "mean": mean} | times


def transformers(work: Path, setting: str, threads: int, lines: int) -> Figures:
    """Float32, batches of 20, the same top-p; a row ends at its line break and waits for the longest."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.set_num_threads(threads)
    run = checkpoint.open_checkpoint(work / "checkpoint" / "run1")
    tokens: dict[str, int] = json.loads(run.encoder)
    breaks = [i for token, i in tokens.items() if "Ċ" in token]
    model = GPT2LMHeadModel(GPT2Config())
    weights = {hugging_face_name(name): torch.from_numpy(value) for name, value in run.tensors()}
    weights = {name: value[0] if value.dim() == 3 else value for name, value in weights.items()}
    model.load_state_dict(weights | {"lm_head.weight": weights["transformer.wte.weight"]})
    start = torch.full((20, 1), tokens["Ċ"])
    options: dict[str, Any] = {"do_sample": True, "top_p": 0.9, "top_k": 0, "max_new_tokens": 200}
    options |= {"eos_token_id": breaks, "pad_token_id": breaks[0]}
    model.eval().generate(start, **(options | {"max_new_tokens": 2}))  # once to warm up
    rows, times = clocked(lambda: model.eval().generate(start, **options)[:, 1:].tolist())
    ends = [next((i for i, token in enumerate(row) if token in breaks), 199) + 1 for row in rows]
    return {"lines": 20, "tokens": sum(ends), "mean": sum(ends) / 20} | times


def hugging_face_name(name: str) -> str:
    """Return the name of a tensor there: `model/h0/mlp/c_fc/w` is `transformer.h.0.mlp.c_fc.weight`."""
    parts = name.removeprefix("model/").split("/")
    ends = {"w": "weight", "b": "bias", "g": "weight", "wte": "wte.weight", "wpe": "wpe.weight"}
    if parts[0].startswith("h"):
        parts[:1] = ["h", parts[0][1:]]
    return ".".join(["transformer", *parts[:-1], ends[parts[-1]]])


def rate(work: Path, setting: str, threads: int, lines: int) -> Figures:
    """Measure the machine's own int8 matrix products, as one wide layer with next to nothing around it."""
    width, length, count = 2048, 16, 32
    tokens, merges = bundle.vocabulary()
    sizes = {"n_vocab": len(tokens), "n_ctx": length, "n_embd": width, "n_head": 16, "n_layer": 1}
    run = bundle.write_run(work / "wide", sizes, bundle.random_tensors(sizes, scale=0.02), tokens, merges)
    wide = sampler.Sampler(
        checkpoint.open_checkpoint(run), [work / "wide-cache"], threads=threads, precision="int8"
    )
    texts = ["a" * (length - 2)] * count * threads
    wide.logprob(texts)  # once to warm up
    runs = [clocked(lambda: wide.logprob(texts))[1] for _ in range(5)]
    best = min(runs, key=lambda times: times["cpu"])
    return {"operations": 2 * 12 * width**2 * (length - 1) * len(texts)} | best


ROWS = {
    "prepare": prepare,
    "rate": rate,
    "botus": botus,
    "command": command,
    "gpt-2-simple": gpt_2_simple,
    "transformers": transformers,
}

if __name__ == "__main__":
    main()
