"""A checkpoint becomes an endless stream of posts, which a seed repeats exactly.

The work is cut into numbered units, one batch each, and unit k is sampled from a seed made of (seed, k): so
neither who samples it nor where a resumed run begins changes a post, and no two units can repeat each other.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from botus.checkpoints.checkpoint import Model
from botus.checkpoints.formats.converted.folder import ConvertedModel
from botus.checkpoints.formats.converted.tokenizer_json import AnyVocabulary
from botus.checkpoints.markers import END, START, Form, Watch, fewest_chars
from botus.checkpoints.vocabulary import Vocabulary
from botus.errors import SettingsError
from botus.generation.job import Sample, SamplingOptions
from botus.generation.sampling import nucleus
from botus.generation.sampling.columns import Columns
from botus.generation.sampling.engine import Engine
from botus.generation.sampling.units import Plan, Units, Writer, by_threads
from botus.generation.share import WHOLE, Share

# Top-p among the 502 likeliest of 50,257 tokens has 0.9 of the speed of top-k, among 1,005 of them 0.8, among
# all of them a quarter. So it gets as few as lose next to nothing, and never more than that fiftieth.
_FEWEST_AMONG = 200
_MOST_AMONG = 1000
_AMONG_SHARE = 50
_LOSS = 0.0005  # half of what would matter, as the posts at which it is measured are few
_OWN = 16  # texts of the model at which it is measured where no others are known

_BATCH = 128
_ASKED, _LOOK = 8, 128  # texts by which a model shows whether it ends them, and their tokens
_ENDED = 3  # so many show that it does: a base model, whose texts are long, ends one in a dozen
_CACHE_BYTES = 2 << 30  # keys and values of one batch, were every post to reach its last allowed token


class Sampler:
    """Writes and scores posts; arguments and errors are those of `Engine`.

    Args:
        columns: the tokens that it has, besides those of a text that is given to it; None for all.
    """

    def __init__(
        self,
        checkpoint: Model,
        cache_dirs: Sequence[Path],
        *,
        device: str = "cpu",
        threads: int = 1,
        precision: str = "auto",
        columns: Columns | None = None,
    ) -> None:
        self._vocabulary: AnyVocabulary
        self._check_unchanged: Callable[[], None] = lambda: None  # its weights have been copied
        if isinstance(checkpoint, ConvertedModel):
            self._vocabulary, self._check_unchanged = checkpoint.vocabulary, checkpoint.check_unchanged
        else:
            kept: Sequence[int] = ()
            if columns:
                kept, checkpoint = columns.ids, columns.of(checkpoint)
            self._vocabulary = Vocabulary(checkpoint.encoder, checkpoint.bpe, kept)
        self._n_vocab, self._n_ctx = len(self._vocabulary.tokens), checkpoint.n_ctx
        self._cached_bytes = checkpoint.cached_values * 4  # float32
        self._bos, self._own_ends = checkpoint.bos, checkpoint.ends
        self.engine = Engine(
            checkpoint, self._vocabulary, cache_dirs, device=device, threads=threads, precision=precision
        )

    def stream(
        self,
        options: SamplingOptions,
        seed: int,
        skip: int = 0,
        share: Share = WHOLE,
        units: Units | None = None,
    ) -> Iterator[Sample]:
        """Return the endless stream of posts of a seed; close it to stop what is at work behind it.

        Args:
            options: how to sample.
            seed: of the stream.
            skip: so many posts are passed over, mostly without writing them again.
            share: of the stream; what the others have is passed over too.
            units: who samples it; the threads of this process if None.

        Raises:
            SettingsError: options that cannot be, or a prefix longer than the context.
        """
        writer, plan = self._planned(options, seed)
        numbers = share.units(skip // plan.options.batch)
        return self._posts((units or by_threads(self.engine.threads))(writer, plan, numbers), skip)

    def unit(self, options: SamplingOptions, seed: int) -> list[Sample]:
        """Return the posts of the first batch of a stream, and begin no other."""
        writer, plan = self._planned(options, seed)
        return list(self._posts(iter([writer.write(plan, 0)]), 0))

    def _planned(self, options: SamplingOptions, seed: int) -> tuple[Writer, Plan]:
        fitted, prompt = self._fitted(options)
        own, pieces, ends = self.engine, self._vocabulary.pieces, self._ends
        own.release()  # who writes has the model in memory too
        writer = Writer(own.folder, own.device, pieces, ends, own.loading, own.precision)
        return writer, Plan(fitted, tuple(prompt), seed)

    def _posts(self, drawn: Iterator[list[Sample]], skip: int) -> Iterator[Sample]:
        """The posts of units from a place of the stream on; a method, so that the engine keeps its model."""
        try:
            for samples in drawn:
                self._check_unchanged()  # what another model would have written is thrown away
                yield from (sample for sample in samples if sample.number >= skip)
        finally:
            getattr(drawn, "close", lambda: None)()

    def means(self, texts: Sequence[str], temperature: float, most: int) -> npt.NDArray[np.float64]:
        """Return the mean probability of each token at the first `most` places of some texts, [n_vocab]."""
        total, places = np.zeros(self._n_vocab), 0
        first = len(self._encoded(self.form, "")) - 1  # what comes before is given
        most = min(first + most, self._n_ctx)
        with ThreadPoolExecutor(self.engine.threads) as pool:
            tokens = [self._encoded(self.form, text)[:most] for text in texts]
            for logits in pool.map(self.engine.logits, tokens):
                odds = (logits - logits.max(axis=1, keepdims=True))[first:] / np.float32(temperature)
                np.exp(odds, out=odds)
                total += (1 / odds.sum(axis=1)) @ odds
                places += len(odds)
        return total / max(1, places)

    @cached_property
    def form(self) -> Form:
        """How posts stand in what the model writes, as a few questions to it tell.

        Where it was trained on marked posts, the rest of a marker after "<|" is certain. One that has tokens
        for the beginning and the end of a text may have been trained on lines all the same.
        """
        return Form[self.engine.remembered("form", None, lambda: {"form": self._asked().name})["form"]]

    def _knows_markers(self) -> bool:
        tokens = self._vocabulary.encode("\n" + START)[: self._n_ctx]
        opening = len(self._vocabulary.encode("\n<|"))
        scores = self.engine.score([tokens])[0][opening - 1 :]  # the first one belongs to the second token
        return bool(scores) and min(scores) > math.log(0.5)

    def logprob(self, texts: Sequence[str]) -> list[float]:
        """Return the mean log-probability per token of each post and its end, as `Sample.logprob` has it."""
        first = len(self._encoded(self.form, ""))
        end = [*self._own_ends[:1]] if self.form is Form.TOKENS else []
        tokens = [[*self._encoded(self.form, text + self.form.stop), *end] for text in texts]
        scores = self.engine.score([each[: self._n_ctx] for each in tokens])
        return [float(np.mean(each[first - 1 :])) for each in scores]

    def limit_top_p(self, options: SamplingOptions, texts: Sequence[str]) -> tuple[SamplingOptions, float]:
        """Limit top-p to as few of the likeliest tokens as lose next to nothing, and return that loss too.

        It is measured at the tokens of some texts, a dozen are enough, and of the model's own where there are
        none: the mean share of the probability that top-p alone would keep.
        """
        fitted, _ = self._fitted(options)
        if options.top_p == 1 or options.top_k:
            return options, 0.0
        form = fitted.form or self.form
        given = (options.temperature, options.top_p, form.name, *(texts or [str(options)]))
        found = self.engine.remembered("among", given, lambda: self._fewest(options, form, texts))
        return replace(options, among=found["among"]), found["lost"]

    def _fewest(self, options: SamplingOptions, form: Form, texts: Sequence[str]) -> dict[str, float]:
        counts = self._counts()
        texts = texts or [post.text for post in self.unit(replace(options, batch=_OWN), 0)]
        tokens = [self._encoded(form, text)[: self._n_ctx] for text in texts]
        heat = np.float32(options.temperature)
        lost = [nucleus.lost(self.engine.logits(each) / heat, options.top_p, counts) for each in tokens]
        means = np.concatenate(lost).mean(axis=0).tolist()  # [all tokens, counts] -> [counts]
        chosen = next((i for i, mean in enumerate(means) if mean < _LOSS), len(means) - 1)
        return {"among": counts[chosen], "lost": means[chosen]}

    def _counts(self) -> list[int]:
        """Return the limits that top-p may get, twice as many tokens each time."""
        most = min(self._n_vocab, max(_MOST_AMONG, self._n_vocab // _AMONG_SHARE))
        doubled = (_FEWEST_AMONG << i for i in itertools.count())
        return [*itertools.takewhile(lambda count: count < most, doubled), most]

    def _fitted(self, options: SamplingOptions) -> tuple[SamplingOptions, list[str]]:
        """Return the options with nothing left open for this model, and the tokens of the prompt."""
        marked = options.prefix.startswith(START) and self._bos != START
        form = options.form or (Form.MARKED if marked else self.form)
        prefix = options.prefix.removeprefix(START).rstrip()
        prompt = self._encoded(form, prefix)
        problems = _problems(options, prefix, form)
        n_vocab, n_ctx = self._n_vocab, self._n_ctx
        room = n_ctx - len(prompt)
        if room < 1:
            problems.append(f"the prefix has {len(prompt)} tokens, the context of the model only {n_ctx}")
        if problems:
            raise SettingsError(problems)
        length = min(options.max_tokens, room)
        top_k = options.top_k
        if options.top_p < 1 and not top_k:
            top_k = options.among or self._counts()[-1]
        each = (len(prompt) + length) * self._cached_bytes
        fitted = replace(
            options,
            top_k=0 if top_k >= n_vocab else top_k,
            prefix=prefix,
            max_tokens=length,
            max_chars=options.max_chars and options.max_chars - fewest_chars(prefix),
            batch=min(options.batch or _BATCH, max(1, _CACHE_BYTES // max(1, each))),
            form=form,
        )
        return fitted, prompt

    def _encoded(self, form: Form, text: str) -> list[str]:
        """Return the tokens of the beginning of a post, and of what stands before it."""
        before = [self._bos] if form is Form.TOKENS and self._bos is not None else []
        return [*before, *self._vocabulary.encode(form.opening + text)]

    @cached_property
    def _ends(self) -> frozenset[int]:
        return frozenset(i for i, token in enumerate(self._vocabulary.tokens) if token in self._own_ends)

    def _asked(self) -> Form:
        """Ask the model; one of TOKENS comes to a last token in a good part of what it writes."""
        if self._bos is None or not self._own_ends:
            return Form.MARKED if self._knows_markers() else Form.LINES
        if not self._vocabulary.encode("\n"):  # it cannot write lines
            return Form.TOKENS
        if self._knows_markers():
            return Form.MARKED
        watch, ended = Watch(_ASKED, self._vocabulary.pieces, Form.TOKENS, self._ends), 0

        def see(post: int, token: int, log_prob: float) -> bool:
            nonlocal ended
            ended += watch.see(post, token, log_prob)
            return watch.drafts[post].finished or ended >= _ENDED

        length = min(_LOOK, self._n_ctx - 1)
        options = SamplingOptions(temperature=1.0, max_tokens=length, batch=_ASKED)
        self.engine.sample(1, self._encoded(Form.TOKENS, ""), options, see)
        return Form.TOKENS if ended >= _ENDED else Form.LINES


def _problems(options: SamplingOptions, prefix: str, form: Form) -> list[str]:
    problems = []
    if not (options.temperature > 0 and math.isfinite(options.temperature)):
        problems.append(f"temperature is {options.temperature}: give a number above 0, such as 0.9")
    if options.top_k < 0:
        problems.append(f"top-k is {options.top_k}: give a whole number, 0 for all tokens")
    if not 0 < options.top_p <= 1:
        problems.append(f"top-p is {options.top_p}: give a number above 0 and at most 1")
    if options.max_tokens < 1 or min(options.batch, options.max_chars, options.among) < 0:
        problems.append("the tokens and letters of a post and the posts of a batch cannot be negative")
    if form is Form.LINES and "\n" in prefix:
        problems.append("the prefix has a line break, but this model writes posts of one line")
    if START in prefix or END in prefix:
        problems.append(f"the prefix holds a marker, {START} or {END}")
    if options.max_chars and fewest_chars(prefix) >= options.max_chars:
        problems.append(f"the prefix has {len(prefix)} letters, a whole post at most {options.max_chars}")
    return problems
