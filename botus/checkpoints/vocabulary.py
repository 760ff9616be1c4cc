"""The byte-level BPE vocabulary of a GPT-2: text to tokens, and tokens to bytes.

A token is a run of bytes, not of letters, so an emoji may be cut between two tokens, and only a whole post's
bytes are decoded. No text is special here: `<|endoftext|>` is encoded as ordinary text, as it was when
gpt-2-simple wrote its training files. The layout of both files is that of openai/gpt-2's src/encoder.py.
"""

from __future__ import annotations

import json

from botus.checkpoints.spelling import as_bytes
from botus.errors import SettingsError

try:
    from tokenizers import Tokenizer, models, pre_tokenizers
except ImportError as error:
    raise SettingsError("the generate extra is not installed", "pip install 'botus[generate]'") from error


class Vocabulary:
    """Encodes text and knows the bytes of every token.

    Args:
        encoder: the content of encoder.json, {token: id}, ids 0 to n_vocab - 1.
        bpe: the content of vocab.bpe; its first line is a version, every other one a merge: two tokens that
            become one, the earlier ones first.

    Attributes:
        tokens: each token as encoder.json spells it, [n_vocab].
        pieces: each token's bytes, [n_vocab].
    """

    def __init__(self, encoder: bytes, bpe: bytes) -> None:
        ids: dict[str, int] = json.loads(encoder)
        lines = [line.rstrip("\r").split(" ") for line in bpe.decode().split("\n")[1:]]
        merges = [(line[0], line[1]) for line in lines if len(line) == 2]
        self._tokenizer = Tokenizer(models.BPE(vocab=ids, merges=merges))
        # Cuts a text into words with the spaces before them, numbers and punctuation; nothing merges across.
        self._tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        self.tokens: list[str] = sorted(ids, key=ids.__getitem__)
        self.pieces: list[bytes] = [as_bytes(token) for token in self.tokens]

    def encode(self, text: str) -> list[str]:
        """Return the tokens of a text."""
        tokens: list[str] = self._tokenizer.encode(text).tokens
        return tokens
