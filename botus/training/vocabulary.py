"""Learns a byte-level BPE vocabulary from a corpus, for a GPT-2 that is trained from nothing.

In come posts; out come the contents of GPT-2's two files, encoder.json and vocab.bpe, and the tokeniser that
reads them. The surprise: `<|endoftext|>` is the last token, but no text is ever encoded to it: written in a
post it is ordinary text, as it is for gpt-2-simple's own encoder, which must give the same ids.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from botus.errors import SettingsError

try:
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
except ImportError as error:
    raise SettingsError("the train extra is not installed", "pip install 'botus[train]'") from error

END = "<|endoftext|>"
SMALLEST = 257  # every byte, and END
_SEEN_TWICE = 2  # a pair that occurs once teaches nothing: its token would stay as it was initialised


class Vocabulary(NamedTuple):
    """A byte-level BPE vocabulary as GPT-2 stores it, and the tokeniser that reads it.

    Attributes:
        encoder: encoder.json: each token and its id, in the order of the ids, END the last. Pure ASCII,
            because gpt-2-simple opens that file in whatever encoding the machine has.
        merges: vocab.bpe: a version line, then one merge per line, the last one ended too.
        tokenizer: a `tokenizers.Tokenizer`.
    """

    encoder: str
    merges: str
    tokenizer: Any

    @property
    def size(self) -> int:
        """The number of tokens: n_vocab of hparams.json."""
        count: int = self.tokenizer.get_vocab_size()
        return count


def learn(posts: Iterable[str], size: int) -> Vocabulary:
    """Learn a vocabulary; the same posts in the same order give the same one.

    Args:
        posts: the corpus.
        size: the number of tokens, END included; fewer where the corpus has no more pairs that occur twice.

    Raises:
        SettingsError: the size has no room for the bytes.
    """
    if size < SMALLEST:
        raise SettingsError(f"a vocabulary of {size} tokens is too small", f"give {SMALLEST} or more")
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = byte_level
    trainer = trainers.BpeTrainer(
        vocab_size=size - 1,
        min_frequency=_SEEN_TWICE,
        initial_alphabet=sorted(byte_level.alphabet()),
        show_progress=False,
    )
    learner.train_from_iterator(posts, trainer)
    merges = [(left, right) for left, right in json.loads(learner.to_str())["model"]["merges"]]
    ids: dict[str, int] = dict(sorted(learner.get_vocab().items(), key=lambda item: item[1]))
    ids[END] = len(ids)
    # A second tokeniser, to which END is a token like any other: a special one would be found in texts.
    tokenizer = Tokenizer(models.BPE(vocab=ids, merges=merges))
    tokenizer.pre_tokenizer = byte_level
    lines = ["#version: 0.2", *(f"{left} {right}" for left, right in merges)]
    return Vocabulary(json.dumps(ids), "\n".join(lines) + "\n", tokenizer)
