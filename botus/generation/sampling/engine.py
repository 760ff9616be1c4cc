"""CTranslate2, which only this module imports: converts a checkpoint, samples from it, scores tokens.

CTranslate2 seeds a worker thread once, when it first samples, and never again; so every unit is sampled by a
fresh generator, which costs a tenth of a second at 124M.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import threading
import weakref
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from botus.checkpoints.checkpoint import Model
from botus.checkpoints.formats.converted.folder import ConvertedModel
from botus.checkpoints.formats.converted.tokenizer_json import AnyVocabulary
from botus.checkpoints.gpt2 import Checkpoint, Floats
from botus.checkpoints.markers import END
from botus.errors import BotusError, FileError, SettingsError, not_installed
from botus.generation.job import SamplingOptions
from botus.generation.sampling.converted import Findings, converted, measured
from botus.text import printable

try:
    import ctranslate2
except ImportError as error:
    raise not_installed("generate") from error

DEVICES = ("auto", "cpu", "cuda")
PRECISIONS = ("auto", "int8", "float32")
VERSION: str = ctranslate2.__version__  # of CTranslate2; another may read or sample otherwise

_SCORED_TOKENS = 1024  # at once: the log-probabilities of all of them over the vocabulary are in memory
_LARGE = 1 << 30  # bytes; a larger model that is converted already gets all threads for one batch
_CHECKED_BYTES = 1 << 30  # a larger float32 model is not loaded only to be compared with int8
_TOLERANCE = 0.01
_TENSORS = 12  # of a layer: gain and bias of two norms, weights and biases of four matrices
_PRECISION = "precision.json"  # beside the model: which one it has got
_seeding = threading.Lock()  # the seed that a new worker thread takes is global to the process


@dataclass(frozen=True)
class Loading:
    """How CTranslate2 loads a model."""

    compute_type: str = "default"  # as it was converted, as far as the device computes so
    inside: int = 1  # threads for a batch; two batches are faster than one with two threads


OWN = Loading()


class Engine:
    """A checkpoint on a device; its converted model is taken from a cache or put into one.

    A model that is converted already is used where it lies; `auto` is then the precision that it has.

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
        loading: how the model is to be loaded.
        instead: where a converted model lay that was made elsewhere, and was not used.

    Raises:
        SettingsError: an unknown device or precision, no GPU, no threads.
        FileError: the checkpoint is damaged, or no cache folder can be written.
    """

    def __init__(
        self,
        checkpoint: Model,
        vocabulary: AnyVocabulary,
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
        self.device, self.loading = device_here(device), OWN
        self.threads = threads if self.device == "cpu" else 1
        self.instead: Path | None = None
        self._cache_dirs, self._stem = cache_dirs, f"{checkpoint.fingerprint}-{VERSION}"
        if isinstance(checkpoint, ConvertedModel):
            self.folder = checkpoint.folder
            is_large = checkpoint.size > _LARGE
            self.loading = Loading(precision.replace("auto", "default"), self.threads if is_large else 1)
            self.threads = 1 if is_large else self.threads
            self.precision: str = self._scorer.compute_type.removesuffix("_float32")
            return
        build = partial(_convert, checkpoint, vocabulary, precision)
        found = converted(cache_dirs, f"{self._stem}-{precision}", build)
        weakref.finalize(self, os.close, found.held)
        self.folder, self.instead = found.folder, found.instead
        self.precision = json.loads((self.folder / _PRECISION).read_bytes())

    def sample(
        self, seed: int, prompt: list[str], options: SamplingOptions, see: Callable[[int, int, float], bool]
    ) -> None:
        """Do what the function `sample` does, with this model and a seed of 31 bits."""
        generator = seeded(self.folder, self.device, seed, prompt, self.loading)
        sample(generator, prompt, options, see)

    def remembered(self, what: str, given: object, measure: Callable[[], Findings]) -> Findings:
        """Return what was measured at this model, and measure it first where it is not known.

        Where nothing can be kept, as on a read-only disk, it is measured each time.

        Args:
            what: the name of the measurement; given: what it depends on, besides the model.
            measure: returns what JSON can hold.
        """
        digest = hashlib.sha256(repr(given).encode(errors="surrogatepass")).hexdigest()[:16]
        key = f"{self._stem}-{what}_{self.precision}.{digest}"
        with suppress(FileError):
            return measured(self._cache_dirs, key, lambda folder: measure())
        return measure()

    def score(self, tokens: Sequence[list[str]]) -> list[list[float]]:
        """Return the log-probabilities of all tokens but the first of each sequence, [len(sequence) - 1]."""
        size = max([_SCORED_TOKENS, *(len(sequence) for sequence in tokens)])
        with _explained():
            results = self._scorer.score_batch(list(tokens), max_batch_size=size, batch_type="tokens")
        return [result.log_probs for result in results]

    def logits(self, tokens: list[str]) -> Floats:
        """Return the logits after each token of a sequence, [len(tokens), n_vocab]."""
        with _explained():
            logits: Floats = np.asarray(self._scorer.forward_batch([tokens]), np.float32)[0]
        return logits

    def release(self) -> None:
        """Free the memory in which `score` and `logits` have the model; they load it again."""
        self.__dict__.pop("_scorer", None)

    @cached_property
    def _scorer(self) -> ctranslate2.Generator:
        return _open(self.folder, self.device, self.loading, self.threads)


def seeded(model: Path, device: str, seed: int, prompt: list[str], loading: Loading) -> ctranslate2.Generator:
    """Load a model for texts that a seed repeats, call by call of `sample`.

    Args:
        model, device, loading: the folder of a converted model, where it is to run and how it is loaded.
        seed: 31 bits.
        prompt: the tokens that are to be continued.
    """
    generator = _open(model, device, loading)
    with _seeding:
        ctranslate2.set_random_seed(seed)
        # The one worker thread takes the seed when it samples its first token, this one.
        generator.generate_batch([prompt[:1]], max_length=1, include_prompt_in_result=False, sampling_topk=2)
    return generator


def sample(
    generator: ctranslate2.Generator,
    prompt: list[str],
    options: SamplingOptions,
    see: Callable[[int, int, float], bool],
) -> None:
    """Continue a prompt many times at once, and report each token as it comes.

    Args:
        generator: as `seeded` returns it.
        prompt: the tokens to continue.
        options: temperature, top_k (0 for the whole vocabulary), top_p of those, and a batch of at least
            one; with the prompt, max_tokens must fit into the context.
        see: takes a sequence's number, a token's id and its log-probability (at temperature 1, over the
            whole vocabulary); returns True to end that sequence. It must not raise.

    Raises:
        BotusError: CTranslate2 fails, as for want of memory.
    """
    with _explained():
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


def device_here(device: str) -> str:
    """Return the device that one of `DEVICES` means on this machine."""
    return device if device != "auto" else "cuda" if ctranslate2.get_cuda_device_count() else "cpu"


def _open(model: Path, device: str, loading: Loading = OWN, workers: int = 1) -> ctranslate2.Generator:
    with _explained(
        f"cannot load {model}", "run the same command again, or convert the model again", FileError
    ):
        return ctranslate2.Generator(
            str(model),
            device=device,
            compute_type=loading.compute_type,
            inter_threads=workers,
            intra_threads=loading.inside,
        )


@contextmanager
def _explained(
    what: str = "has failed", hint: str = "try a smaller batch", kind: type[BotusError] = BotusError
) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, ValueError, IndexError, MemoryError) as error:  # as those of C++ become Python's
        raise kind(f"CTranslate2 {what}: {printable(str(error))}", hint) from error


def _convert(checkpoint: Checkpoint, vocabulary: AnyVocabulary, precision: str, folder: Path) -> None:
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


def _write_model(checkpoint: Checkpoint, vocabulary: AnyVocabulary, precision: str, folder: Path) -> None:
    from ctranslate2.converters import openai_gpt2  # they take a quarter of a second to load
    from ctranslate2.specs import TransformerDecoderModelSpec, common_spec

    hparams = checkpoint.hparams
    # A GPT-2 in the terms of ctranslate2/specs/transformer_spec.py: a decoder without an encoder, norms that
    # stand before attention and MLP (pre_norm), GELU in its tanh form, as in openai/gpt-2's src/model.py.
    spec = TransformerDecoderModelSpec.from_config(
        hparams.n_layer, hparams.n_head, pre_norm=True, activation=common_spec.Activation.GELUTanh
    )
    # The library's own readers of OpenAI's names: they transpose each w, [1, in, out], to the [out, in] of
    # its linear layers. A layer is quantized once it is whole, so that not all are in memory as float32.
    decoder, parts = spec.decoder, defaultdict[str, dict[str, Floats]](dict)
    for name, values in checkpoint.tensors():
        part = name.split("/")[1]
        parts[part][name] = values
        if part.startswith("h") and len(parts[part]) == _TENSORS:
            layer = decoder.layer[int(part[1:])]
            openai_gpt2.set_layer(layer, parts.pop(part), f"model/{part}")
            layer.validate()
            layer._quantize(precision)  # without `optimize`, which would name equal tensors as if it were all
    decoder.embeddings.weight = decoder.projection.weight = parts["wte"]["model/wte"]
    decoder.position_encodings.encodings = parts["wpe"]["model/wpe"]
    decoder.scale_embeddings = False
    openai_gpt2.set_layer_norm(decoder.layer_norm, parts["ln_f"], "model/ln_f")
    parts.clear()
    # These belong to the config (the library's own converter sets them on the spec, which fails in 4.8.5).
    # They must be tokens of the vocabulary; which ones does not matter: ends are looked for in the text.
    end = END if END in vocabulary.tokens else vocabulary.tokens[-1]
    spec.config.unk_token = spec.config.bos_token = spec.config.eos_token = end
    spec.register_vocabulary(vocabulary.tokens)
    spec.validate()
    # One matrix reads tokens and writes them. What else happens to be equal, as the scales of two layers that
    # do nothing, stays twice: CTranslate2 does not find a scale by another's name.
    decoder.projection.weight = "decoder/embeddings/weight"
    # int8: per row of a matrix one scale, 127 over its largest value. The rest of what `optimize` does:
    spec._quantize(precision, lambda name: not name.startswith("decoder/layer_"))
    spec.save(str(folder))


def _loss(exact: Path, quantized: Path, vocabulary: AnyVocabulary, n_ctx: int) -> float:
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
