"""CTranslate2, which only this module imports: converts a checkpoint, samples from it, scores tokens.

CTranslate2 seeds a worker thread once, when it first samples, and never again; so every batch is sampled by a
fresh generator, which costs a tenth of a second at 124M.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
import weakref
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from botus.checkpoints.gpt2 import Checkpoint, Floats
from botus.checkpoints.markers import END
from botus.checkpoints.vocabulary import Vocabulary
from botus.errors import BotusError, SettingsError
from botus.generation.job import SamplingOptions
from botus.generation.sampling.converted import converted

try:
    import ctranslate2
    from ctranslate2.converters import openai_gpt2
    from ctranslate2.specs import TransformerDecoderModelSpec, common_spec
except ImportError as error:
    raise SettingsError("the generate extra is not installed", "pip install 'botus[generate]'") from error

DEVICES = ("auto", "cpu", "cuda")
PRECISIONS = ("auto", "int8", "float32")
VERSION: str = ctranslate2.__version__  # of CTranslate2; another may read or sample otherwise

_SCORED_TOKENS = 1024  # at once: the log-probabilities of all of them over the vocabulary are in memory
_CHECKED_BYTES = 1 << 30  # a larger float32 model is not loaded only to be compared with int8
_TOLERANCE = 0.01
_PRECISION = "precision.json"  # beside the model: which one it has got
_seeding = threading.Lock()  # the seed that a new worker thread takes is global to the process


class Engine:
    """A checkpoint on a device; its converted model is taken from a cache or put into one.

    Args:
        checkpoint: the weights.
        vocabulary: of the same checkpoint.
        cache_dirs: where converted models may lie; the first that can be written gets a new one.
        device: one of `DEVICES`; `auto` is a GPU where there is one.
        threads: batches that may be sampled or scored at the same time, on a CPU.
        precision: one of `PRECISIONS`; `auto` is int8 unless that costs this model 1 % of its mean
            log-probability.

    Attributes:
        folder: of the converted model.
        device, threads, precision: what they came to.
        instead: where a converted model lay that was made elsewhere, and was not used.

    Raises:
        SettingsError: an unknown device or precision, no GPU, no threads.
        FileError: the checkpoint is damaged, or no cache folder can be written.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        vocabulary: Vocabulary,
        cache_dirs: Sequence[Path],
        *,
        device: str,
        threads: int,
        precision: str,
    ) -> None:
        gpus = ctranslate2.get_cuda_device_count()
        problems = []
        if device not in DEVICES:
            problems.append(f"unknown device {device!r}: one of {', '.join(DEVICES)}")
        if device == "cuda" and not gpus:
            problems.append("device cuda: CTranslate2 finds no GPU here")
        if precision not in PRECISIONS:
            problems.append(f"unknown precision {precision!r}: one of {', '.join(PRECISIONS)}")
        if threads < 1:
            problems.append(f"threads is {threads}: give 1 or more")
        if problems:
            raise SettingsError(problems)
        key = f"{checkpoint.fingerprint}-{VERSION}-{precision}"
        build = partial(_convert, checkpoint, vocabulary, precision)
        found = converted(cache_dirs, key, build)
        weakref.finalize(self, os.close, found.held)
        self.folder, self.instead = found.folder, found.instead
        self.device = device_here(device)
        self.threads = threads if self.device == "cpu" else 1
        self.precision: str = json.loads((self.folder / _PRECISION).read_bytes())

    def sample(
        self, seed: int, prompt: list[str], options: SamplingOptions, see: Callable[[int, int, float], bool]
    ) -> None:
        """Do what the function `sample` does, with this model."""
        sample(self.folder, self.device, seed, prompt, options, see)

    def score(self, tokens: Sequence[list[str]]) -> list[list[float]]:
        """Return the log-probabilities of all tokens but the first of each sequence, [len(sequence) - 1]."""
        size = max([_SCORED_TOKENS, *(len(sequence) for sequence in tokens)])
        results = self._scorer.score_batch(list(tokens), max_batch_size=size, batch_type="tokens")
        return [result.log_probs for result in results]

    def logits(self, tokens: list[str]) -> Floats:
        """Return the logits after each token of a sequence, [len(tokens), n_vocab]."""
        logits: Floats = np.asarray(self._scorer.forward_batch([tokens]), np.float32)[0]
        return logits

    @cached_property
    def _scorer(self) -> ctranslate2.Generator:
        return _open(self.folder, self.device, self.threads)


def sample(
    model: Path,
    device: str,
    seed: int,
    prompt: list[str],
    options: SamplingOptions,
    see: Callable[[int, int, float], bool],
) -> None:
    """Continue a prompt many times at once, and report each token as it comes.

    Args:
        model, device: the folder of a converted model, and where it is to run.
        seed: 31 bits; the same seed and arguments give the same tokens.
        prompt: the tokens to continue.
        options: temperature, top_k (0 for the whole vocabulary), top_p of those, and a batch of at least
            one; with the prompt, max_tokens must fit into the context.
        see: takes a sequence's number, a token's id and its log-probability (at temperature 1, over the
            whole vocabulary); returns True to end that sequence. It must not raise.

    Raises:
        BotusError: CTranslate2 fails, as for want of memory.
    """
    generator = _seeded(model, device, seed, prompt[:1])
    try:
        generator.generate_batch(
            [prompt] * options.batch,
            callback=lambda step: see(step.batch_id, step.token_id, step.log_prob),
            end_token=[],  # only `see` knows an end
            max_length=options.max_tokens,
            include_prompt_in_result=False,
            return_scores=True,  # else `log_prob` is not computed
            sampling_temperature=options.temperature,
            sampling_topk=options.top_k,
            sampling_topp=options.top_p,
        )
    except RuntimeError as error:
        raise BotusError(f"CTranslate2 has failed: {error}", "try a smaller batch") from error


def _seeded(model: Path, device: str, seed: int, token: list[str]) -> ctranslate2.Generator:
    """Return a generator whose one worker thread has taken this seed."""
    generator = _open(model, device)
    with _seeding:
        ctranslate2.set_random_seed(seed)
        # The thread takes the seed when it samples its first token, this one.
        generator.generate_batch([token], max_length=1, include_prompt_in_result=False, sampling_topk=2)
    return generator


def device_here(device: str) -> str:
    """Return the device that one of `DEVICES` means on this machine."""
    return device if device != "auto" else "cuda" if ctranslate2.get_cuda_device_count() else "cpu"


def _open(model: Path, device: str, workers: int = 1) -> ctranslate2.Generator:
    try:
        # One thread a worker: two workers are faster than one worker with two threads.
        return ctranslate2.Generator(str(model), device=device, inter_threads=workers, intra_threads=1)
    except RuntimeError as error:
        raise BotusError(f"CTranslate2 cannot load {model}: {error}", "run the same command again") from error


def _convert(checkpoint: Checkpoint, vocabulary: Vocabulary, precision: str, folder: Path) -> None:
    """Write a checkpoint as a CTranslate2 model; where it is left to us, in the precision that suits it."""
    chosen = "int8" if precision == "auto" else precision
    _write_model(checkpoint, vocabulary, chosen, folder)
    hparams = checkpoint.hparams
    # float32 bytes of wte, wpe, and per layer 4 squares of attention and 8 of the MLP; the rest is small.
    size = 4 * hparams.n_embd * (hparams.n_vocab + hparams.n_ctx + 12 * hparams.n_embd * hparams.n_layer)
    if precision == "auto" and size <= _CHECKED_BYTES:
        with tempfile.TemporaryDirectory(dir=folder) as reference:
            exact = Path(reference)
            _write_model(checkpoint, vocabulary, "float32", exact)
            if _loss(exact, folder, vocabulary, hparams.n_ctx) > _TOLERANCE:
                chosen = "float32"
                for path in exact.iterdir():
                    path.replace(folder / path.name)
    (folder / _PRECISION).write_text(json.dumps(chosen))


def _write_model(checkpoint: Checkpoint, vocabulary: Vocabulary, precision: str, folder: Path) -> None:
    hparams = checkpoint.hparams
    # A GPT-2 in the terms of ctranslate2/specs/transformer_spec.py: a decoder without an encoder, norms that
    # stand before attention and MLP (pre_norm), GELU in its tanh form, as in openai/gpt-2's src/model.py.
    spec = TransformerDecoderModelSpec.from_config(
        hparams.n_layer, hparams.n_head, pre_norm=True, activation=common_spec.Activation.GELUTanh
    )
    # The library's own reader of OpenAI's names: it transposes each w, [1, in, out], to the [out, in] of its
    # linear layers, and takes wte for the embedding and the output layer.
    openai_gpt2.set_decoder(spec.decoder, dict(checkpoint.tensors()), "model")
    # These belong to the config (the library's own converter sets them on the spec, which fails in 4.8.5).
    # They must be tokens of the vocabulary; which ones does not matter: ends are looked for in the text.
    end = END if END in vocabulary.tokens else vocabulary.tokens[-1]
    spec.config.unk_token = spec.config.bos_token = spec.config.eos_token = end
    spec.register_vocabulary(vocabulary.tokens)
    spec.validate()
    spec.optimize(quantization=precision)  # int8: per row of a matrix one scale, 127 over its largest value
    spec.save(str(folder))


def _loss(exact: Path, quantized: Path, vocabulary: Vocabulary, n_ctx: int) -> float:
    """Return the share of the mean log-probability that quantized weights lose, on text of the exact ones.

    On text that a model wrote itself the loss is the divergence of the other model over its own entropy.
    """
    reference = _open(exact, "cpu")
    with _seeding:
        ctranslate2.set_random_seed(1)
        written = reference.generate_batch(
            [vocabulary.encode("\n") or vocabulary.tokens[:1]] * 16,
            max_length=min(32, n_ctx - 1),
            end_token=[],
            sampling_topk=0,
        )
    texts = [result.sequences[0] for result in written]
    means = [
        np.mean(np.concatenate([result.log_probs for result in generator.score_batch(texts)]))
        for generator in (reference, _open(quantized, "cpu"))
    ]
    return float(means[1] / means[0] - 1) if means[0] else 0.0
