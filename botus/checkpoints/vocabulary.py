"""The byte-level BPE vocabulary of a GPT-2: text to tokens, and tokens to bytes.

A token is a run of bytes, not of letters, so an emoji may be cut between two tokens, and only a whole post's
bytes are decoded. No text is special here: `<|endoftext|>` is encoded as ordinary text, as it was when
gpt-2-simple wrote its training files. The layout of both files is that of openai/gpt-2's src/encoder.py.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property

from botus.checkpoints.spelling import as_bytes, spelled
from botus.errors import not_installed

try:
    from tokenizers import Tokenizer, models, pre_tokenizers
except ImportError as error:
    raise not_installed("generate") from error


class Vocabulary:
    """Encodes text and knows the bytes of every token.

    Args:
        encoder: the content of encoder.json, {token: id}, ids 0 to n_vocab - 1.
        bpe: the content of vocab.bpe; its first line is a version, every other one a merge: two tokens that
            become one, the earlier ones first.
        kept: the ids of the only tokens that there are to be, in order and with all that are one letter long;
            empty for all. A text has another's parts instead of it.

    Attributes:
        tokens: each token as encoder.json spells it, [n_vocab], or those that are kept.
        pieces: each token's bytes, in the same order.
    """

    def __init__(self, encoder: bytes, bpe: bytes, kept: Sequence[int] = ()) -> None:
        self._ids: dict[str, int] = json.loads(encoder)
        self._bpe = bpe
        self.tokens: list[str] = sorted(self._ids, key=self._ids.__getitem__)
        if kept:
            self.tokens = [self.tokens[number] for number in kept]
        self.pieces: list[bytes] = [as_bytes(token) for token in self.tokens]
        self._outside = self._ids.keys() - self.tokens if kept else set()

    def encode(self, text: str) -> list[str]:
        """Return the tokens of a text."""
        if len(text) == 1 and text.isascii() and (letter := spelled(text)) in self._ids:
            return [letter]  # as before most posts; it needs no merges
        tokens: list[str] = self._tokenizer.encode(text).tokens
        if self._outside.isdisjoint(tokens):
            return tokens
        return [part for token in tokens for part in self._split(token)]

    def counts(self, texts: Sequence[str]) -> Counter[int]:
        """Count the tokens of some texts by their ids in encoder.json, whatever is kept."""
        counted: Counter[int] = Counter()
        for encoding in self._tokenizer.encode_batch_fast(list(texts)):
            counted.update(encoding.ids)
        return counted

    def _split(self, token: str) -> Iterator[str]:
        """Undo merges until all parts are kept; what was merged from nothing is one letter, and kept."""
        if token not in self._outside:
            yield token
        else:
            for part in self._parts[token]:
                yield from self._split(part)

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        tokenizer = Tokenizer(models.BPE(vocab=self._ids, merges=self._merges))
        # Cuts a text into words with the spaces before them, numbers and punctuation; nothing merges across.
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        return tokenizer

    @cached_property
    def _merges(self) -> list[tuple[str, str]]:
        lines = [line.rstrip("\r").split(" ") for line in self._bpe.decode().split("\n")[1:]]
        return [(line[0], line[1]) for line in lines if len(line) == 2]

    @cached_property
    def _parts(self) -> dict[str, tuple[str, str]]:
        return {first + second: (first, second) for first, second in reversed(self._merges)}
