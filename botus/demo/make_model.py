"""Trains the demo checkpoint from nothing: `python -m botus.demo.make_model` (needs the `train` extra).

In goes corpus.txt; out comes checkpoint/run1/ with the files of a gpt-2-simple run: the vocabulary is learnt
from the corpus, the network is gpt-2-simple's own graph, only smaller than any published GPT-2. Posts are
plain lines, a newline ends each. The surprise: some training rows begin with <|endoftext|> instead of a
newline, because that is the token from which gpt-2-simple itself starts to write.
"""

from __future__ import annotations

import json
import math
import random
import shutil
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from botus import demo

SEED = 1871
END = "<|endoftext|>"
NEWLINE = "Ċ"  # how GPT-2's byte alphabet writes the byte 10
HPARAMS = {"n_vocab": 2048, "n_ctx": 128, "n_embd": 128, "n_head": 4, "n_layer": 4}
BATCH = 16  # rows of n_ctx tokens
STEPS = 3000
WARMUP = 100
PEAK_RATE, LAST_RATE = 2e-3, 1e-4
CHECK_EVERY = 150  # steps between two looks at the held-out posts
PATIENCE = 3  # looks without a better held-out loss before training stops
HELD_OUT = 0.03  # share of the posts that are never trained on


class Vocabulary(NamedTuple):
    """A byte-level BPE vocabulary as GPT-2 stores it, and the tokeniser that reads it."""

    encoder: str  # encoder.json: token -> id
    merges: str  # vocab.bpe: a version line, then one merge per line
    tokenizer: Any


class Graph(NamedTuple):
    """The tensors that training feeds and fetches; `rows` is int32 [batch, n_ctx + 1]."""

    rows: Any
    rate: Any
    loss: Any
    step: Any
    saver: Any


def make(posts: list[str], target: Path, rng: random.Random, steps: int = STEPS) -> float:
    """Trains a checkpoint and saves the step with the lowest held-out loss.

    Args:
        posts: the corpus, one entry per post; some thousands, or the held-out ones fill no batch.
        target: the run folder; replaced.
        rng: shuffles the posts and holds some of them out.
        steps: batches to train on, unless the held-out loss stops falling before.

    Returns:
        the held-out loss of the saved step, in nats per token.
    """
    vocabulary = learn_vocabulary(posts, HPARAMS["n_vocab"])
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    (target / "encoder.json").write_text(vocabulary.encoder, encoding="utf-8")
    (target / "vocab.bpe").write_text(vocabulary.merges, encoding="utf-8")
    (target / "hparams.json").write_text(json.dumps(HPARAMS), encoding="utf-8")

    newline = vocabulary.tokenizer.token_to_id(NEWLINE)
    tokens = [[*encoding.ids, newline] for encoding in vocabulary.tokenizer.encode_batch(posts)]
    rng.shuffle(tokens)
    held_out = int(len(tokens) * HELD_OUT)
    checks = list(_batches(list(rows(tokens[:held_out], HPARAMS["n_ctx"] + 1))))
    return _train(_endless(tokens[held_out:], rng), checks, target, steps)


def learn_vocabulary(posts: list[str], size: int) -> Vocabulary:
    """Learns a byte-level BPE vocabulary; every byte has a token, <|endoftext|> is the last one.

    Args:
        posts: the corpus.
        size: number of tokens, the last one included.
    """
    tokenizers = import_module("tokenizers")
    byte_level = tokenizers.pre_tokenizers.ByteLevel
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = byte_level(add_prefix_space=False)
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=size - 1, initial_alphabet=sorted(byte_level.alphabet()), show_progress=False
    )
    tokenizer.train_from_iterator(posts, trainer)
    tokenizer.add_special_tokens([END])
    learnt = json.loads(tokenizer.to_str())["model"]["merges"]
    merges = "\n".join(["#version: 0.2", *(" ".join(merge) for merge in learnt)]) + "\n"
    ids = dict(sorted(tokenizer.get_vocab().items(), key=lambda item: item[1]))
    return Vocabulary(json.dumps(ids), merges, tokenizer)


def rows(posts: list[list[int]], width: int) -> Iterator[list[int]]:
    """Packs posts into rows, each from a post's beginning; a post cut off by a row begins the next.

    Args:
        posts: token ids, each post with its newline at the end.
        width: tokens per row; more than any post has. The last row, if not full, is left out.
    """
    newline = posts[0][-1]
    row = [newline]
    for post in posts:
        if len(row) + len(post) > width:
            yield (row + post)[:width]
            row = [newline]
        row += post


def _endless(posts: list[list[int]], rng: random.Random) -> Iterator[list[list[int]]]:
    """Training batches, the posts in a new order in every pass; each fourth row starts with <|endoftext|>."""
    end = HPARAMS["n_vocab"] - 1
    while True:
        rng.shuffle(posts)
        packed = list(rows(posts, HPARAMS["n_ctx"] + 1))
        packed[::4] = [[end, *row[1:]] for row in packed[::4]]
        yield from _batches(packed)


def _batches(packed: list[list[int]]) -> Iterator[list[list[int]]]:
    for first in range(0, len(packed) - BATCH + 1, BATCH):
        yield packed[first : first + BATCH]


def _train(
    batches: Iterator[list[list[int]]], checks: list[list[list[int]]], target: Path, steps: int
) -> float:
    """Trains until the held-out loss stops falling or `steps` are done; returns the best loss."""
    gpt2, tf = import_module("gpt_2_simple"), import_module("tensorflow")
    best, stale, began = math.inf, 0, time.monotonic()
    with tf.Graph().as_default(), gpt2.start_tf_sess() as session:
        graph = _graph()
        session.run(tf.compat.v1.global_variables_initializer())
        for step in range(1, steps + 1):
            feed = {graph.rows: next(batches), graph.rate: learning_rate(step, steps)}
            train_loss, _ = session.run([graph.loss, graph.step], feed)
            if step % CHECK_EVERY and step != steps:
                continue
            loss = sum(float(session.run(graph.loss, {graph.rows: check})) for check in checks) / len(checks)
            spent = time.monotonic() - began
            print(f"step {step} ({spent:.0f} s): training {train_loss:.3f}, held out {loss:.3f}", flush=True)
            stale = 0 if loss < best else stale + 1
            if loss < best:
                best = loss
                _save(session, graph, target, step)
            if stale == PATIENCE:
                break
    return best


def learning_rate(step: int, steps: int) -> float:
    """A linear rise over WARMUP steps, then half a cosine from PEAK_RATE down to LAST_RATE."""
    if step < WARMUP:
        return PEAK_RATE * step / WARMUP
    done = (step - WARMUP) / (steps - WARMUP)
    return LAST_RATE + (PEAK_RATE - LAST_RATE) * (1 + math.cos(math.pi * done)) / 2


def _graph() -> Graph:
    """gpt-2-simple's network and its loss; Adam as in its `finetune`, with the gradients' norm held at 1."""
    model = import_module("gpt_2_simple.src.model")  # importing it also turns eager execution off
    tf = import_module("tensorflow")
    v1 = tf.compat.v1
    v1.set_random_seed(SEED)
    rows = v1.placeholder(tf.int32, [BATCH, HPARAMS["n_ctx"] + 1])
    rate = v1.placeholder(tf.float32, [])
    logits = model.model(hparams=model.HParams(**HPARAMS), X=rows[:, :-1])["logits"]
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=rows[:, 1:], logits=logits))
    weights = v1.trainable_variables()
    gradients, _ = tf.clip_by_global_norm(tf.gradients(loss, weights), 1.0)
    step = v1.train.AdamOptimizer(rate).apply_gradients(zip(gradients, weights, strict=True))
    # Only the weights are saved: Adam's two slots per weight would triple the file.
    saver = v1.train.Saver(var_list=weights, max_to_keep=1, save_relative_paths=True)
    return Graph(rows, rate, loss, step, saver)


def _save(session: object, graph: Graph, target: Path, step: int) -> None:
    """Saves the weights as gpt-2-simple does, less the .meta file: large, and loading never reads it."""
    graph.saver.save(session, str(target / "model"), global_step=step, write_meta_graph=False)
    (target / "counter").write_text(f"{step}\n", encoding="utf-8")


if __name__ == "__main__":
    lines = demo.corpus().read_text(encoding="utf-8").splitlines()
    lowest = make(lines, demo.folder(), random.Random(SEED))
    print(f"held out {lowest:.3f} nats per token, saved in {demo.folder()}")
