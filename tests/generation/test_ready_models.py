"""Models that CTranslate2 has converted elsewhere: they write, score and repeat themselves as others do."""

from __future__ import annotations

import itertools
import json
import math
import os
import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from botus.checkpoints.checkpoint import open_checkpoint
from botus.checkpoints.markers import Form
from botus.errors import BotusError, FileError
from botus.generation.job import Sample, SamplingOptions
from botus.generation.sampling.sampler import Sampler
from tests.support import converted
from tests.support.command import botus

WORDS = ["ĠThe", "Ġfog", "Ġgull", "Ġsings"]
OPTIONS = SamplingOptions(temperature=1.0, batch=128)


def follow(first: str) -> Mapping[str, Mapping[str, float]]:
    return {
        converted.END: {first: 1},
        first: {"Ġfog": 0.25, "Ġgull": 0.75},
        "Ġfog": {"Ġsings": 1},
        "Ġgull": {"Ġsings": 1},
        "Ġsings": {".": 0.5, "!": 0.3, "Ċ": 0.2},
        "Ċ": {"Ġfog": 1},
        ".": {converted.END: 1},
        "!": {converted.END: 0.75, "|": 0.25},
        "|": {"Ġfog": 1},
    }


@pytest.fixture(scope="module", params=["gpt2", "sentencepiece"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ready") / "kettle"
    pieces = request.param == "sentencepiece"  # which begins a text with a space
    first = "ĠThe" if pieces else "The"
    return converted.write_bigrams(path, [first, *WORDS[1:]], follow(first), pieces=pieces)


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return converted.write_llama(tmp_path_factory.mktemp("llama") / "kettle", WORDS)


def sampler(path: Path, threads: int = 1, precision: str = "auto") -> Sampler:
    return Sampler(open_checkpoint(path), [path.parent / "cache"], threads=threads, precision=precision)


def take(source: Sampler, count: int, options: SamplingOptions = OPTIONS, seed: int = 1) -> list[Sample]:
    stream = source.stream(options, seed)
    samples = list(itertools.islice(stream, count))
    stream.close()  # type: ignore[attr-defined]
    return samples


def test_posts_are_as_probable_as_the_model_has_it(folder: Path) -> None:
    source = sampler(folder)
    assert source.form is Form.TOKENS
    samples = take(source, 640)
    assert all(sample.finished for sample in samples)
    texts = Counter(sample.text for sample in samples)
    for text, share in [("The gull sings.", 0.375), ("The fog sings\n fog sings.", 0.025)]:
        assert texts[text] / 640 == pytest.approx(share, abs=4 * math.sqrt(share / 640))


def test_what_is_written_scores_as_it_was_written(folder: Path) -> None:
    source = sampler(folder)
    samples = [sample for sample in take(source, 64) if sample.text.endswith("sings.")]
    assert source.logprob([sample.text for sample in samples]) == pytest.approx(
        [sample.logprob for sample in samples], abs=1e-3
    )


def test_a_second_end_ends_a_post_too(folder: Path, tmp_path: Path) -> None:
    path = shutil.copytree(folder, tmp_path / "kettle")
    bar = json.loads((path / "vocabulary.json").read_bytes()).index("|")
    (path / "generation_config.json").write_text(json.dumps({"eos_token_id": [bar]}))
    texts = {sample.text for sample in take(sampler(path), 128)}
    assert "The gull sings!" in texts
    assert not any("|" in text for text in texts)
    assert any("|" in sample.text for sample in take(sampler(folder), 128))


def test_a_prefix_goes_on(folder: Path) -> None:
    samples = take(sampler(folder), 50, SamplingOptions(temperature=1.0, batch=16, prefix="The fog "))
    assert all(sample.text.startswith("The fog sings") for sample in samples)


def test_top_p_is_limited(folder: Path) -> None:
    options, lost = sampler(folder).limit_top_p(
        SamplingOptions(temperature=1.0, top_p=0.4, batch=16), ["The gull sings."]
    )
    assert lost == pytest.approx(0, abs=1e-3)
    assert {sample.text for sample in take(sampler(folder), 30, options)} == {"The gull sings."}


def test_a_seed_repeats_on_any_number_of_threads(llama: Path) -> None:
    options = SamplingOptions(temperature=1.0, batch=16, max_tokens=20, form=Form.TOKENS)
    one, two, other = (
        [sample.text for sample in take(sampler(llama, threads), 48, options, seed)]
        for threads, seed in ((1, 1), (2, 1), (1, 2))
    )
    assert one == two != other


def test_a_model_that_writes_is_not_kept_for_scores_besides(llama: Path) -> None:
    source = sampler(llama)
    assert source.form
    assert "_scorer" in vars(source.engine)
    take(source, 1, SamplingOptions(batch=1, max_tokens=5))
    assert "_scorer" not in vars(source.engine)


def test_a_batch_takes_no_more_memory_than_it_may(llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = sampler(llama)
    monkeypatch.setattr("botus.generation.sampling.sampler._CACHE_BYTES", 10 * 201 * 64 * 4)
    fitted, prompt = source._fitted(SamplingOptions(form=Form.TOKENS))
    assert (len(prompt), fitted.max_tokens, fitted.batch) == (1, 200, 10)


def test_a_precision_may_be_asked_for(llama: Path, tmp_path: Path) -> None:
    assert sampler(llama).engine.precision == "float32"
    small = sampler(llama, precision="int8")
    assert small.engine.precision == "int8"
    made = converted.write_llama(tmp_path / "int8", WORDS, quantization="int8_float16")
    assert sampler(made).engine.precision == "int8"
    assert np.allclose(sampler(made).engine.logits(["ĠThe"]), small.engine.logits(["ĠThe"]), atol=0.05)


def test_what_lies_about_a_layer_comes_to_one_sentence(llama: Path, tmp_path: Path) -> None:
    """What is not checked here, CTranslate2 refuses itself."""
    path = shutil.copytree(llama, tmp_path / "kettle")
    content = (path / "model.bin").read_bytes()
    (path / "model.bin").write_bytes(content.replace(b"self_attention/linear_1", b"self_attention/linear_7"))
    with pytest.raises(FileError):
        open_checkpoint(path)
    kind = b"TransformerDecoderSpec\0"
    (path / "model.bin").write_bytes(content.replace(kind + b"\x08", kind + b"\x63"))
    with pytest.raises(BotusError, match="CTranslate2 cannot load"):
        sampler(path)


def test_a_model_that_changes_meanwhile_is_not_written_with(folder: Path, tmp_path: Path) -> None:
    path = shutil.copytree(folder, tmp_path / "kettle")
    source = sampler(path)
    stream = source.stream(SamplingOptions(temperature=1.0, batch=4), 1)
    next(stream)
    os.utime(path / "model.bin", ns=(1, 1))
    with pytest.raises(FileError, match="was changed while botus was using it"):
        list(itertools.islice(stream, 100))
    with pytest.raises(FileError, match="was changed while botus was using it"):
        source.unit(SamplingOptions(temperature=1.0, batch=4), 1)


def test_generate_writes_with_it(folder: Path, tmp_path: Path) -> None:
    options = ["--checkpoint", folder, "-n", "3", "--temp", "1", "--top-p", "0.9", "--seed", "4"]
    ended = botus("--data", tmp_path, "generate", *options)
    assert ended.code == 0, ended.err
    assert "CTranslate2 reads this model as it is: float32, its whole vocabulary" in ended.err
    lines = (tmp_path / "tweets.txt").read_text().splitlines()
    assert len(lines) == 3
    assert all(line.startswith(("The fog sings", "The gull sings")) for line in lines)
