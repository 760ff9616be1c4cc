"""Lines and tokens per second at 124M and 355M, side by side: botus, gpt-2-simple's recipe, transformers.

    python tests/benchmarks/generate.py [--sizes 124M,355M] [--lines 256] [--work DIR] [--quick]
        [--rounds 5] [--before CHECKOUT] [--gpt-2-simple PYTHON] [--transformers PYTHON]

It builds checkpoints of these shapes with random weights in which a line has 20 to 35 tokens on average at
every setting: 155 tokens are about equally probable, whatever came before, 150 short words and five line
breaks. In the order of how probable the model finds them the breaks stand at equal distances, so that a cut
by top-k or top-p leaves out as many of one as of the other. Beside each lies a corpus of 10,000 posts of 28
words on average, drawn by Zipf's law with exponent 1.3 from the 10,000 first words of the vocabulary, which
is ordered by how common they are. That makes about 8,000 different tokens; 10,000 titles of Hacker News, in
a third of the words, have 12,600. Which columns botus keeps is its own choice.

Each row runs in a process of its own, and those that are compared run in turn, several times: with the
columns that matter, with the whole vocabulary (`all`), and with another checkout of botus (`before`), each
round with a seed of its own. A row shows its medians, a ratio is the median of the rounds. The table has
lines (finished ones of at most 280 letters) and tokens per second, both by the clock and by the processor's
time of all cores together (which tells more on a machine that does other things too), the measured mean, the
peak memory, and the share of the int8 matrix products that the machine does in the same processor's time.
Then come the ratios, and the whole command for 500 lines and for one with the converted model in its cache.
Top-p chooses among as many tokens as it is ever given: here it is at its slowest. Rows whose packages are
missing say so; those of others can have a Python of their own.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

CHECKOUT = "BOTUS_BENCHMARK_CHECKOUT"  # whose botus a row runs
ROOT = Path(os.environ.get(CHECKOUT) or Path(__file__).parents[2])
sys.path.insert(0, str(ROOT))

from botus.checkpoints import checkpoint  # noqa: E402
from botus.generation import job  # noqa: E402
from tests.support import bundle  # noqa: E402

try:
    from botus.generation.sampling import choosing, sampler
except ImportError:  # an older checkout
    from botus.generation import sampler  # type: ignore[attr-defined, no-redef]

HPARAMS = {
    "124M": {"n_vocab": 50257, "n_ctx": 1024, "n_embd": 768, "n_head": 12, "n_layer": 12},
    "355M": {"n_vocab": 50257, "n_ctx": 1024, "n_embd": 1024, "n_head": 16, "n_layer": 24},
}
WORDS, BREAKS = 150, 5
POSTS, WORDS_OF_CORPUS, EXPONENT = 10_000, 10_000, 1.3
SETTINGS = {
    "top-k 40": job.SamplingOptions(temperature=1.0, top_k=40, max_chars=280),
    "top-p 0.9": job.SamplingOptions(temperature=1.0, top_p=0.9, max_chars=280),
    "any token": job.SamplingOptions(temperature=1.0, max_chars=280),
}

Figures = dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", default=",".join(HPARAMS), help="shapes of the models")
    parser.add_argument("--lines", type=int, default=256, help="lines of each row of botus, half at 355M")
    parser.add_argument("--work", type=Path, help="keep the checkpoints and the converted models here")
    parser.add_argument("--rounds", type=int, default=5, help="so often each comparison is made")
    parser.add_argument("--quick", action="store_true", help="one thread, top-k and top-p, 128 lines")
    parser.add_argument("--before", type=Path, metavar="CHECKOUT", help="compare with another botus")
    parser.add_argument("--gpt-2-simple", default=sys.executable, metavar="PYTHON", help="that has it")
    parser.add_argument("--transformers", default=sys.executable, metavar="PYTHON", help="that has it")
    parser.add_argument("--row", nargs=3, metavar=("NAME", "SETTING", "THREADS"), help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=1, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.row:
        name, setting, threads = given.row
        figures = ROWS[name](given.work, setting, int(threads), given.lines, given.seed)
        print(json.dumps({"memory": peak_memory()} | figures))
        return
    with tempfile.TemporaryDirectory() as temporary:
        work = given.work or Path(temporary)
        for size in given.sizes.split(","):
            Table(size, work / size, given).show()


class Table:
    """The rows of one size."""

    def __init__(self, size: str, work: Path, given: argparse.Namespace) -> None:
        self.size, self.work, self.given = size, work, given
        self.lines = 128 if given.quick else given.lines if size == "124M" else given.lines // 2
        self.pythons = {"gpt-2-simple": given.gpt_2_simple, "transformers": given.transformers}

    def show(self) -> None:
        built = self.measure("prepare", self.size, 1)
        load = os.getloadavg()[0]
        print(f"\n{self.size}: {os.cpu_count()} cores, load {load:.1f} before the first row")
        print(
            f"{built['columns']:.0f} of {HPARAMS[self.size]['n_vocab']} columns, without {built['lost']:.3%} "
            f"of the probability; to choose and convert took {built['cpu']:.1f} s of CPU time, "
            f"{built['memory']:.0f} MB; to convert alone {built['alone']:.1f} s"
        )
        print(f"{'':27}{'threads':>8}{'by the clock':>18}{'by CPU time':>18}{'tokens':>9}")
        speeds = f"{'lines/s':>8}{'tokens/s':>10}"
        print(f"{'':35}{speeds}{speeds}{'per line':>9}{'MB':>6}{'of int8':>9}", flush=True)
        small = self.given.quick or self.size != "124M"
        for threads in (1,) if self.given.quick else (1, 2):
            self.at(threads, list(SETTINGS)[: 2 if small else 3])

    def at(self, threads: int, settings: list[str]) -> None:
        products = self.measure("rate", "", threads)
        best = products["operations"] / products["cpu"]
        print(f"{'int8 matrix products':27}{threads:8}{best / 1e9:27.0f} GOP/s")
        rows = {}
        for setting in settings:
            names = ["botus"]
            if setting != "any token":
                names += ["all", "before"][: 2 if self.given.before else 1]
            rounds = [
                {name: self.measure(name, setting, threads, seed) for name in names}
                for seed in range(self.given.rounds)
            ]
            for name in names:
                found = medians([figures[name] for figures in rounds])
                rows.setdefault(setting, found)
                columns = HPARAMS[self.size]["n_vocab"] if name != "botus" else found["columns"]
                show(f"{name}, {setting}", threads, found, best / operations(self.size, columns))
            ratios = [
                f"{ratio(rounds, name, what)} of the {what} of {name}"
                for name in names[1:]
                for what in ("lines", "tokens")
            ]
            if ratios:
                print(f"  {setting}: {', '.join(ratios)}, by CPU time", flush=True)
        if self.given.quick or self.size != "124M":
            return
        for name, package in (("gpt-2-simple", "gpt_2_simple"), ("transformers", "transformers")):
            if not installed(self.pythons[name], package):
                print(f"{name:27}{threads:8}  not installed")
                continue
            other = self.measure(name, "top-p 0.9", threads)
            show(f"{name}, top-p 0.9", threads, other, 0)
            times = by_cpu(rows["top-p 0.9"], "lines") / by_cpu(other, "lines")
            print(f"  botus has {times:.0f} times its lines by CPU time")
        whole = self.measure("command", "", threads)
        print(
            f"botus generate -n 500, {threads} threads: {whole['seconds']:.1f} s by the clock, "
            f"{whole['cpu']:.1f} s of CPU time, {whole['seen']:.0f} texts, {whole['peak']:.0f} MB; "
            f"-n 1: {whole['first']:.2f} s, {whole['first cpu']:.2f} s, {whole['first peak']:.0f} MB",
            flush=True,
        )

    def measure(self, name: str, setting: str, threads: int, seed: int = 1) -> Figures:
        python = self.pythons.get(name, sys.executable)
        command = [python, __file__, "--work", str(self.work), "--lines", str(self.lines)]
        command += ["--row", name, setting, str(threads), "--seed", str(seed)]
        environment = {key: value for key, value in os.environ.items() if key != CHECKOUT}
        if name == "before":
            environment[CHECKOUT] = str(self.given.before)
        shown = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        if shown.returncode:
            raise SystemExit(shown.stderr)
        figures: Figures = json.loads(shown.stdout.splitlines()[-1])
        return figures


def operations(size: str, columns: float) -> float:
    """Multiplications and additions of the matrix products behind one token: layers, and output head."""
    hparams = HPARAMS[size]
    return 2 * hparams["n_embd"] * (12 * hparams["n_embd"] * hparams["n_layer"] + columns)


def medians(rounds: list[Figures]) -> Figures:
    return {key: statistics.median(figures[key] for figures in rounds) for key in rounds[0]}


def ratio(rounds: list[dict[str, Figures]], name: str, what: str) -> str:
    ratios = sorted(by_cpu(each["botus"], what) / by_cpu(each[name], what) for each in rounds)
    return f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"


def show(label: str, threads: int, figures: Figures, best: float) -> None:
    lines, tokens = figures["lines"] / figures["seconds"], figures["tokens"] / figures["seconds"]
    speeds = f"{lines:8.2f}{tokens:10.0f}{by_cpu(figures, 'lines'):8.2f}{by_cpu(figures, 'tokens'):10.0f}"
    share = f"{by_cpu(figures, 'tokens') / best:9.0%}" if best else ""
    print(f"{label:27}{threads:8}{speeds}{figures['mean']:9.1f}{figures['memory']:6.0f}{share}", flush=True)


def by_cpu(figures: Figures, what: str) -> float:
    return figures[what] / figures["cpu"]


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


def installed(python: str, package: str) -> bool:
    return not subprocess.run([python, "-c", f"import {package}"], capture_output=True).returncode


def build(run: Path, hparams: dict[str, int]) -> None:
    """Write the biased checkpoint, and the corpus."""
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
    tensors = dict(bundle.random_tensors(hparams, seed=1, scale=0.02))
    # The same small direction in all chosen rows, and large in the last bias: they are 16 nats above the
    # others, while the noise of the random weights still orders them anew at every place.
    direction = np.random.default_rng(2).choice([-1, 1], hparams["n_embd"]) / np.sqrt(hparams["n_embd"])
    tensors["model/wte"][chosen] += (0.6 * direction).astype(np.float32)
    tensors["model/ln_f/b"] = (26 * direction).astype(np.float32)
    bundle.write_run(run, hparams, tensors, tokens, merges, step=1000)
    spread(tensors["model/wte"], run, chosen, [tokens[i].replace("Ġ", " ") for i in words])
    bundle.write_run(run, hparams, tensors, tokens, merges, step=1000)
    random = np.random.default_rng(3)
    known = [token[1:] for token in tokens if token.startswith("Ġ") and token[1:].isalpha()]
    odds = 1 / np.arange(1, WORDS_OF_CORPUS + 1) ** EXPONENT
    lengths = np.minimum(random.geometric(1 / 28, POSTS), 60)
    drawn = (random.choice(WORDS_OF_CORPUS, length, p=odds / odds.sum()) for length in lengths)
    posts = (" ".join(known[i % len(known)] for i in post) for post in drawn)
    (run.parents[1] / "corpus.txt").write_text("\n".join(posts) + "\n")


def spread(wte: npt.NDArray[np.float32], run: Path, chosen: list[int], words: list[str]) -> None:
    """Exchange rows of the embedding, so that the last of the chosen, the breaks, are spread among them.

    Which of the chosen is how probable depends on the weights more than on what came before; left to itself
    a model may have no break at all among its 40 likeliest tokens.
    """
    random = np.random.default_rng(4)
    texts = ["".join(random.choice(words, 24)) for _ in range(16)]
    with tempfile.TemporaryDirectory() as cache:
        written = sampler.Sampler(checkpoint.open_checkpoint(run), [Path(cache)], precision="int8")
        means = written.means(texts, 1.0, 24)
    ordered = sorted(chosen, key=lambda i: -means[i])
    for place, token in enumerate(chosen[-BREAKS:]):
        other = ordered[(2 * place + 1) * len(chosen) // (2 * BREAKS)]
        at, to = ordered.index(token), ordered.index(other)
        wte[[token, other]] = wte[[other, token]]
        ordered[at], ordered[to] = other, token


def opened(work: Path, threads: int, *, whole: bool = False) -> tuple[sampler.Sampler, Any]:
    run, cache = checkpoint.open_checkpoint(work / "checkpoint" / "run1"), [work / "cache"]
    if whole:
        return sampler.Sampler(run, cache, threads=threads, precision="int8"), None
    posts = (work / "corpus.txt").read_text().splitlines()
    columns = choosing.choose(run, cache, posts, 1.0, threads=threads, precision="int8")
    return sampler.Sampler(run, cache, threads=threads, precision="int8", columns=columns), columns


def prepare(work: Path, setting: str, threads: int, lines: int, seed: int) -> Figures:
    run = work / "checkpoint" / "run1"
    if not (run / "checkpoint").exists():
        build(run, HPARAMS[setting])
        command = [sys.executable, __file__, "--work", str(work), "--row", "prepare", setting, "1"]
        shown = subprocess.run(command, capture_output=True, text=True, check=True)
        (work / "prepared.json").write_text(shown.stdout.splitlines()[-1])
    if (work / "prepared.json").exists():
        return json.loads((work / "prepared.json").read_bytes())  # type: ignore[no-any-return]
    (_, columns), times = clocked(lambda: opened(work, threads))
    _, alone = clocked(lambda: opened(work, threads, whole=True))
    return {"columns": len(columns.ids), "lost": columns.lost, "alone": alone["cpu"]} | times


def botus(work: Path, setting: str, threads: int, lines: int, seed: int, *, whole: bool = False) -> Figures:
    source, columns = opened(work, threads, whole=whole)
    at_once = source._fitted(SETTINGS[setting])[0].batch * threads
    lines = -(-lines // at_once) * at_once  # else texts would be sampled that are not counted
    stream = source.stream(SETTINGS[setting], seed=seed)
    samples, times = clocked(lambda: list(islice(stream, lines)))
    stream.close()  # type: ignore[attr-defined]
    tokens = sum(sample.tokens for sample in samples)
    finished = sum(sample.finished for sample in samples)
    counts = {"lines": finished, "tokens": tokens, "mean": tokens / lines}
    return counts | {"columns": len(columns.ids) if columns else 0} | times


def whole_vocabulary(work: Path, setting: str, threads: int, lines: int, seed: int) -> Figures:
    """The same with all columns; in an older checkout there is nothing else."""
    return botus(work, setting, threads, lines, seed, whole=True)


def command(work: Path, setting: str, threads: int, lines: int, seed: int) -> Figures:
    """The whole command as a person gives it, from its start to its end; the model was converted before."""
    command = [sys.executable, "-m", "botus", "generate", "--threads", str(threads), "--data", str(work)]
    command += ["--temp", "1", "--json", "--quiet", "--checkpoint", str(work / "checkpoint" / "run1")]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    found: Figures = {}
    for n, seed in ((1, 1), (1, 2), (500, 3)):  # the first fills the cache, as a dry run does not
        (work / "tweets.txt").unlink(missing_ok=True)
        began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        seeded = [*command, "-n", str(n), "--seed", str(seed), *(["--dry-run"] if seed > 1 else [])]
        done = subprocess.run(seeded, env=environment, capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        first = found
        found = {"seconds": time.perf_counter() - began}
        found["cpu"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        report = json.loads(done.stdout)
        found |= {"seen": report["seen"], "peak": report["memory"] / 2**20}
    return found | {"first": first["seconds"], "first cpu": first["cpu"], "first peak": first["peak"]}


def gpt_2_simple(work: Path, setting: str, threads: int, lines: int, seed: int) -> Figures:
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


def transformers(work: Path, setting: str, threads: int, lines: int, seed: int) -> Figures:
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


def rate(work: Path, setting: str, threads: int, lines: int, seed: int) -> Figures:
    """Measure the machine's own int8 matrix products, as one wide layer with next to nothing around it."""
    width, length, count = 2048, 16, 32
    tokens, merges = bundle.vocabulary()
    sizes = {"n_vocab": len(tokens), "n_ctx": length, "n_embd": width, "n_head": 16, "n_layer": 1}
    random = bundle.random_tensors(sizes, scale=0.02)
    run = bundle.write_run(work / "wide" / "run1", sizes, random, tokens, merges)
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
    "all": whole_vocabulary,
    "before": whole_vocabulary,
    "command": command,
    "gpt-2-simple": gpt_2_simple,
    "transformers": transformers,
}

if __name__ == "__main__":
    main()
