"""Learns a byte-level BPE vocabulary from a corpus, for a GPT-2 that is trained from nothing.

It is written as GPT-2's two files (encoder.json and vocab.bpe, as src/encoder.py of openai/gpt-2 reads them).
`<|endoftext|>` is the last token, but no merge leads to it: in a post it is ordinary text, as it is for
gpt-2-simple's own encoder, which must give the same ids.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from botus.checkpoints.markers import END
from botus.errors import SettingsError

SMALLEST = 257  # every byte, and END
_SEEN_TWICE = 2  # a pair that occurs once teaches nothing: its token would stay as it was initialised


class LearntVocabulary(NamedTuple):
    """A byte-level BPE vocabulary as GPT-2 stores it."""

    # encoder.json: each token and its id, in the order of the ids, END the last. Pure ASCII, because
    # gpt-2-simple opens that file in whatever encoding the machine has.
    encoder: str
    merges: str  # vocab.bpe: a version line, then one merge per line, the last one ended too
    size: int  # the number of tokens: n_vocab of hparams.json


def learn(posts: Iterable[str], size: int) -> LearntVocabulary:
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
    tokens = learner.get_vocab()
    ids = {token: number for number, token in enumerate([*sorted(tokens, key=tokens.__getitem__), END])}
    merges = (f"{left} {right}\n" for left, right in json.loads(learner.to_str())["model"]["merges"])
    return LearntVocabulary(json.dumps(ids), "#version: 0.2\n" + "".join(merges), len(ids))
