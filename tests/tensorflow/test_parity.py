"""A 124M run that gpt-2-simple's graph and TensorFlow's Saver wrote: what botus reads and computes is equal.

The weights are random, which proves the reading as well as trained ones. Three sides are compared: the
graph of gpt-2-simple, GPT-2 in numpy (tests/support/gpt2.py) and CTranslate2 in float32, fed by botus' own
reader.
"""

from __future__ import annotations

import itertools
import json
import os
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from botus.checkpoints.checkpoint import open_checkpoint
from botus.checkpoints.gpt2 import Checkpoint
from botus.checkpoints.markers import Form
from botus.generation.job import SamplingOptions
from botus.generation.sampling.sampler import Sampler
from tests.support import bundle, gpt2

pytestmark = pytest.mark.tensorflow

HPARAMS = {"n_vocab": 50257, "n_ctx": 1024, "n_embd": 768, "n_head": 12, "n_layer": 12}
TEXT = "The fog came in at four. Nobody had asked it to, and the gulls said so 🌊\n"
GREEDY = 12


@dataclass(frozen=True)
class Oracle:
    """What TensorFlow saved, and what its graph made of it."""

    folder: Path
    tensors: dict[str, npt.NDArray[np.float32]]
    ids: list[int]
    logits: npt.NDArray[np.float32]
    greedy: list[int]


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Oracle:
    folder = tmp_path_factory.mktemp("checkpoint") / "run1"
    folder.mkdir()
    tokens, merges = bundle.full_vocabulary()
    bundle.write_vocabulary(folder, tokens, merges)
    (folder / "hparams.json").write_text(json.dumps(HPARAMS))
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    encoder = import_module("gpt_2_simple.src.encoder").get_encoder(str(folder))
    ids = encoder.encode(TEXT)
    logits, greedy = run_graph(folder, ids)
    reader = import_module("tensorflow").train.load_checkpoint(str(folder))
    tensors = {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}
    return Oracle(folder, tensors, ids, logits, greedy)


@pytest.fixture(scope="module")
def checkpoint(oracle: Oracle) -> Checkpoint:
    return open_checkpoint(oracle.folder)


@pytest.fixture(scope="module")
def sampler(checkpoint: Checkpoint, oracle: Oracle) -> Sampler:
    return Sampler(checkpoint, [oracle.folder / "cache"], threads=2, precision="float32")


def run_graph(folder: Path, ids: list[int]) -> tuple[npt.NDArray[np.float32], list[int]]:
    """Save gpt-2-simple's graph as its training does; return its logits, and its tokens with top_k 1."""
    tf = import_module("tensorflow")
    v1 = tf.compat.v1
    model, sample = (import_module(f"gpt_2_simple.src.{name}") for name in ("model", "sample"))
    hparams = model.default_hparams()
    hparams.override_from_dict(HPARAMS)
    with tf.Graph().as_default(), v1.Session() as session:
        v1.set_random_seed(1)
        context = v1.placeholder(tf.int32, [1, None])
        output = model.model(hparams=hparams, X=context)["logits"]
        greedy = sample.sample_sequence(
            hparams=hparams, length=GREEDY, context=context, batch_size=1, top_k=1
        )
        session.run(v1.global_variables_initializer())
        saver = v1.train.Saver(var_list=v1.trainable_variables(), max_to_keep=1)
        saver.save(session, str(folder / "model"), global_step=3, write_meta_graph=False)
        logits, tokens = session.run([output, greedy], {context: [ids]})
    return logits[0], tokens[0][len(ids) :].tolist()


def test_tensors_are_those_of_tensorflow_bit_for_bit(oracle: Oracle, checkpoint: Checkpoint) -> None:
    assert checkpoint.step == 3
    count = 0
    for name, values in checkpoint.tensors():
        assert values.dtype == oracle.tensors[name].dtype == np.float32
        assert values.shape == oracle.tensors[name].shape
        assert values.tobytes() == oracle.tensors[name].tobytes(), name
        count += 1
    assert count == len(oracle.tensors) == 148


def test_text_becomes_the_same_tokens(oracle: Oracle, sampler: Sampler) -> None:
    tokens = sampler._vocabulary.encode(TEXT)
    assert [sampler._vocabulary.tokens.index(token) for token in tokens] == oracle.ids
    assert b"".join(sampler._vocabulary.pieces[i] for i in oracle.ids).decode() == TEXT


def test_numpy_agrees_with_the_graph(oracle: Oracle, checkpoint: Checkpoint) -> None:
    length = len(oracle.ids)
    ids = oracle.ids + oracle.greedy[:-1]
    logits = gpt2.logits(dict(checkpoint.tensors()), HPARAMS["n_head"], ids)
    assert np.abs(logits[:length] - oracle.logits).max() < 1e-3
    assert logits[length - 1 :].argmax(axis=1).tolist() == oracle.greedy


def test_the_engine_agrees_with_the_graph(oracle: Oracle, sampler: Sampler) -> None:
    tokens = sampler._vocabulary.encode(TEXT)
    assert np.abs(sampler.engine.logits(tokens) - oracle.logits).max() < 1e-3
    greedy: list[int] = []

    def see(number: int, token: int, log_prob: float) -> bool:
        greedy.append(token)
        return False

    sampler.engine.sample(1, tokens, SamplingOptions(1, top_k=1, max_tokens=GREEDY, batch=1), see)
    assert greedy == oracle.greedy


def test_scores_agree(oracle: Oracle, checkpoint: Checkpoint, sampler: Sampler) -> None:
    text = TEXT.strip()
    tokens = ["Ċ", *sampler._vocabulary.encode(text), "Ċ"]
    ids = [sampler._vocabulary.tokens.index(token) for token in tokens]
    expected = np.mean(gpt2.log_probs(dict(checkpoint.tensors()), HPARAMS["n_head"], ids))
    assert sampler.logprob([text]) == pytest.approx([expected], abs=1e-3)


def test_int8_of_the_run_writes_posts(oracle: Oracle, checkpoint: Checkpoint) -> None:
    source = Sampler(checkpoint, [oracle.folder / "cache"], threads=2, precision="int8")
    stream = source.stream(SamplingOptions(batch=4, max_tokens=5), 1)
    samples = list(itertools.islice(stream, 8))
    stream.close()  # type: ignore[attr-defined]
    assert len({sample.text for sample in samples}) == 8


def test_the_markers_of_a_trained_run_are_recognised(tmp_path: Path) -> None:
    """Train a tiny run on marked posts with gpt-2-simple's graph; both ways of reading it are tried."""
    posts = [
        f"the {who} {what}." for who in ("fog", "gull", "bell", "tide") for what in ("sings", "waits", "left")
    ]
    run = train(tmp_path / "run1", "".join(f"<|startoftext|>{post}<|endoftext|>\n" for post in posts))
    source = Sampler(open_checkpoint(run), [tmp_path / "cache"], precision="float32")
    assert source.form is Form.MARKED
    stream = source.stream(SamplingOptions(temperature=0.7, batch=32, max_tokens=60), 1)
    texts = [sample.text for sample in itertools.islice(stream, 32)]
    stream.close()  # type: ignore[attr-defined]
    assert sum(text in posts for text in texts) > 20
    plain = train(tmp_path / "run2", "".join(f"{post}\n" for post in posts))
    assert Sampler(open_checkpoint(plain), [tmp_path / "cache2"], precision="float32").form is Form.LINES


def train(folder: Path, text: str) -> Path:
    tf = import_module("tensorflow")
    v1, model = tf.compat.v1, import_module("gpt_2_simple.src.model")
    tokens, merges = bundle.vocabulary(["startoftext", "endoftext", "<|", ".<", "|>", "the"])
    sizes = {"n_vocab": len(tokens), "n_ctx": 64, "n_embd": 48, "n_head": 4, "n_layer": 2}
    bundle.write_run(folder, sizes, bundle.random_tensors(sizes), tokens, merges)
    ids = np.array(import_module("gpt_2_simple.src.encoder").get_encoder(str(folder)).encode(text * 3))
    hparams = model.default_hparams()
    hparams.override_from_dict(sizes)
    random = np.random.default_rng(1)
    with tf.Graph().as_default(), v1.Session() as session:
        v1.set_random_seed(1)
        context = v1.placeholder(tf.int32, [16, 48])
        logits = model.model(hparams=hparams, X=context)["logits"]
        loss = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=context[:, 1:], logits=logits[:, :-1])
        )
        step = v1.train.AdamOptimizer(3e-3).minimize(loss)
        session.run(v1.global_variables_initializer())
        for _ in range(250):
            starts = random.integers(0, len(ids) - 48, 16)
            session.run(step, {context: [ids[start : start + 48] for start in starts]})
        saver = v1.train.Saver(var_list=v1.trainable_variables(), max_to_keep=1)
        saver.save(session, str(folder / "model"), global_step=250, write_meta_graph=False)
    return folder
