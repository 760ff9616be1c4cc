"""The network that is trained: gpt-2-simple's own graph in TensorFlow. The only importer of both.

The layers are `model` of gpt_2_simple/src/model.py, which is openai/gpt-2's src/model.py, so a run has the
published names of weights (`model/h0/attn/c_attn/w`...) and either loads it. Loss, optimizer and session are
those of `finetune` and `start_tf_sess` in gpt_2_simple/gpt_2.py, except for the norm of the gradients, which
is limited here.
"""

from __future__ import annotations

import errno
import importlib.util
import os
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from botus.errors import FileError, SettingsError, not_installed
from botus.store.durable import files
from botus.training.plan import TrainingPlan

# Norms of the gradients above this are cut down to it: one odd post must not undo the others.
_MOST_NORM = 1.0
_OFF = 2  # of tensorflow/core/protobuf/rewriter_config.proto
# TensorFlow's errors are of its own kinds; what the system said stands in their words only.
_REASONS = {
    "No space left": errno.ENOSPC,
    "File too large": errno.EFBIG,
    "quota exceeded": errno.EDQUOT,
    "Read-only file system": errno.EROFS,
    "Permission denied": errno.EACCES,
}


def require() -> None:
    """Say so if gpt-2-simple or TensorFlow is not installed, without loading them.

    Raises:
        SettingsError: one of them is not there.
    """
    wanted = ("gpt_2_simple", "tensorflow", "tokenizers", "google_crc32c")
    if any(importlib.util.find_spec(name) is None for name in wanted):
        raise not_installed("train")


def versions() -> dict[str, str]:
    """Return the versions of TensorFlow and gpt-2-simple."""
    from importlib.metadata import version

    return {name: version(name) for name in ("tensorflow", "gpt-2-simple")}


class Sampling(NamedTuple):
    """How a network writes: so many texts at once, each begun with a prompt, of so many tokens."""

    texts: int
    prompt: Sequence[int]
    length: int
    temperature: float


@contextmanager
def network(
    hparams: Mapping[str, int],
    plan: TrainingPlan,
    tensors: Iterable[tuple[str, Any]] = (),
    restore: Path | None = None,
    sampling: Sampling | None = None,
    threads: int = 0,
) -> Iterator[Network]:
    """Build a network in a TensorFlow session that ends with the context.

    Args:
        hparams: the sizes, as in hparams.json.
        plan: its batch, window, and the seed of the weights that `tensors` does not give.
        tensors: weights by their published names (`model/wte`...), float32.
        restore: the prefix of what `save` wrote with everything, which goes before them.
        threads: CPU cores to use; 0 for all of them.
    """
    with _silence():
        tf, model = _tensorflow()
        graph = tf.Graph()
        with graph.as_default():
            tf.compat.v1.set_random_seed(plan.seed)
            built = Network(tf, model, hparams, plan, sampling)
            session = tf.compat.v1.Session(config=_settings(tf, threads))
    with graph.as_default(), session:
        built.start(session, tensors)
        if restore:
            built.restore(restore)
        yield built


class Network:
    """A GPT-2 with its loss and its optimizer; made by `network`."""

    def __init__(
        self,
        tf: Any,  # noqa: ANN401
        model: Any,  # noqa: ANN401
        hparams: Mapping[str, int],
        plan: TrainingPlan,
        sampling: Sampling | None,
    ) -> None:
        v1, batch, window = tf.compat.v1, plan.batch, plan.window
        self._tf, self._hparams = tf, model.HParams(**hparams)
        # A row's tokens but the last are read, and each predicts the one after it.
        self._rows = v1.placeholder(tf.int32, [batch, window + 1])
        self._rate = v1.placeholder(tf.float32, [])
        read, following = self._rows[:, :-1], self._rows[:, 1:]  # [batch, window] both
        # wte [n_vocab, n_embd] and wpe [n_ctx, n_embd] make h [batch, window, n_embd]; n_layer blocks keep
        # that shape; h times wte transposed gives a logit per token of the vocabulary.
        logits = model.model(hparams=self._hparams, X=read)["logits"]  # [batch, window, n_vocab]
        # -log softmax(logits)[following], nats: [batch, window]
        self._losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=following, logits=logits)
        self._loss = tf.reduce_mean(self._losses)  # []
        weights = v1.trainable_variables()
        # One gradient per weight, of its shape; the norm is that of all of them together.
        gradients, _ = tf.clip_by_global_norm(tf.gradients(self._loss, weights), _MOST_NORM)
        # Adam keeps two moments per weight, of its shape, and two powers of its betas, [] each.
        optimizer = v1.train.AdamOptimizer(self._rate)
        self._step = optimizer.apply_gradients(zip(gradients, weights, strict=True))
        everything = v1.global_variables()
        names = {one.op.name for one in weights}
        self._weights, self._others = weights, [one for one in everything if one.op.name not in names]
        self._saver = v1.train.Saver(var_list=weights, max_to_keep=None)
        self._saver_of_everything = v1.train.Saver(var_list=everything, max_to_keep=None)
        if sampling:
            self._texts = self._samples(sampling)
        self._session: Any = None

    @property
    def on_gpu(self) -> bool:
        """Whether TensorFlow sees a GPU."""
        return any(device.device_type == "GPU" for device in self._session.list_devices())

    def start(self, session: Any, tensors: Iterable[tuple[str, Any]]) -> None:  # noqa: ANN401
        """Give every variable its first value: a weight that is given, anything else from its initializer."""
        self._session = session
        missing = {variable.op.name: variable for variable in self._weights}
        for name, values in tensors:
            # Fed in the place of the random values: as a constant each would be in the graph, 2 GB at most.
            initializer = missing.pop(name).initializer
            session.run(initializer, {initializer.inputs[1]: values})
        session.run([one.initializer for one in (*missing.values(), *self._others)])

    def train(self, rows: Sequence[Sequence[int]], rate: float) -> float:
        """Do one step with [batch][window + 1] tokens, and return the loss before it: nats per token."""
        loss, _ = self._run([self._loss, self._step], {self._rows: rows, self._rate: rate})
        return float(loss)

    def losses(self, rows: Sequence[Sequence[int]]) -> list[list[float]]:
        """Return the loss of every predicted token of [batch][window + 1]: [batch][window] in nats."""
        found: list[list[float]] = self._run(self._losses, {self._rows: rows}).tolist()
        return found

    def sample(self) -> list[list[int]]:
        """Write texts, and return their tokens without the prompt: [texts][length]."""
        tokens: list[list[int]] = self._run(self._texts, {}).tolist()
        return tokens

    def save(self, prefix: Path, *, everything: bool) -> None:
        """Write `prefix`.index and `prefix`.data-00000-of-00001, without the .meta file, which nobody reads.

        Args:
            everything: with Adam's two moments per weight, which triple the size.

        Raises:
            FileError: the disk is full, or what else kept it from being written.
        """
        saver = self._saver_of_everything if everything else self._saver
        try:
            with _silence():
                saver.save(self._session, str(prefix), write_meta_graph=False, write_state=False)
        except (self._tf.errors.OpError, OSError, ValueError) as error:
            raise files.explain(_as_os_error(error), prefix, "write") from error

    def restore(self, prefix: Path) -> None:
        """Read what `save` wrote with everything.

        Raises:
            FileError: it cannot be read.
        """
        try:
            with _silence():
                self._saver_of_everything.restore(self._session, str(prefix))
        except (self._tf.errors.OpError, OSError, ValueError) as error:
            raise FileError(
                f"cannot read {prefix}: {str(error).splitlines()[0]}", "begin anew with --fresh"
            ) from error

    def _samples(self, how: Sampling) -> Any:  # noqa: ANN401
        """gpt-2-simple's sampling over the same weights, with a temperature only: [texts, length]."""
        sample = import_module("gpt_2_simple.src.sample")
        context = self._tf.constant([list(how.prompt)] * how.texts, self._tf.int32)  # [texts, prompt]
        texts = sample.sample_sequence(
            hparams=self._hparams,
            length=how.length,
            context=context,
            batch_size=how.texts,
            temperature=how.temperature,
        )  # [texts, prompt + length]
        return texts[:, len(how.prompt) :]

    def _run(self, wanted: Any, feed: dict[Any, Any]) -> Any:  # noqa: ANN401
        try:
            return self._session.run(wanted, feed)
        except (self._tf.errors.ResourceExhaustedError, MemoryError) as error:
            size = self._rows.shape.as_list()
            raise SettingsError(
                f"there is not enough memory for {size[0]} rows of {size[1] - 1} tokens",
                "give a smaller --batch (and --fresh if steps are done already), or take a smaller model",
            ) from error


def _tensorflow() -> tuple[Any, Any]:
    """Load TensorFlow without its messages, and gpt-2-simple, which turns eager execution off."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    warnings.filterwarnings("ignore")
    tf = import_module("tensorflow")
    tf.get_logger().setLevel("ERROR")
    return tf, import_module("gpt_2_simple.src.model")


def _settings(tf: Any, threads: int) -> Any:  # noqa: ANN401
    """The session's settings: those of gpt-2-simple."""
    settings = tf.compat.v1.ConfigProto()
    settings.gpu_options.allow_growth = True
    settings.graph_options.rewrite_options.layout_optimizer = _OFF
    settings.intra_op_parallelism_threads = threads
    settings.inter_op_parallelism_threads = threads
    return settings


def _as_os_error(error: Exception) -> OSError:
    if isinstance(error, OSError):
        return error
    number = next((number for words, number in _REASONS.items() if words in str(error)), errno.EIO)
    return OSError(number, os.strerror(number))


@contextmanager
def _silence() -> Iterator[None]:
    """Lead the descriptor of standard error to nowhere: TensorFlow writes from C++, past sys.stderr."""
    if sys.stderr is not None:
        sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
