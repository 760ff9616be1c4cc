"""The vocabulary of a tokenizer.json: text to tokens, and tokens to bytes.

Two spellings are read. That of GPT-2 (also of Llama 3 and Qwen) has a letter for each byte. That of
sentencepiece (Llama 2, Mistral, Gemma) has `▁` for a space, begins a text with one, and spells what it has no
letters for byte by byte, as `<0x0A>`. What a program has added besides, such as `<s>`, is no text: it is
neither found in a text nor written into one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence, Set
from typing import TypeAlias

from botus.checkpoints.folder_or_tar import AGAIN
from botus.checkpoints.gpt2 import shown
from botus.checkpoints.spelling import as_bytes
from botus.checkpoints.vocabulary import Vocabulary
from botus.errors import FileError, not_installed

try:
    from tokenizers import Tokenizer, models, pre_tokenizers
except ImportError as error:
    raise not_installed("generate") from error

_AGAIN = f"{AGAIN}, or pip install --upgrade tokenizers"
_SPACE = "▁"
_BYTE = re.compile(r"<0x([0-9A-F]{2})>")
_LETTERS = b'"ByteLevel"'  # the part of a tokenizer that spells bytes as letters


class TokenizerVocabulary:
    """Encodes text and knows the bytes of every token.

    Args:
        content: of tokenizer.json.
        tokens: the tokens of the model, [n_vocab]; there may be some more than the tokenizer has, which
            only fill the table up, or fewer.
        no_text: tokens that are none, though the file may not say so.
        label: names the file in errors.

    Attributes:
        tokens: as given.
        pieces: each token's bytes, [n_vocab]; empty where it is no text.

    Raises:
        FileError: the file is damaged, spells tokens in another way, or belongs to other tokens.
    """

    def __init__(self, content: bytes, tokens: Sequence[str], no_text: Set[str], label: str) -> None:
        self.tokens, self._label = list(tokens), label
        try:
            self._tokenizer = Tokenizer.from_buffer(content)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # it has no type of its own, and its panics are no Exception
            raise FileError(f"{label} is damaged, or newer than what is read here", _AGAIN) from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._tokenizer.encode_special_tokens = True  # as text, where somebody writes one
        ids = self._tokenizer.get_vocab()
        for token, number in ids.items():
            if number < len(self.tokens) and self.tokens[number] != token:
                raise FileError(
                    f"{label} is the vocabulary of another model: its token {number} is {shown(token)}, "
                    f"and the model's {shown(self.tokens[number])}",
                    "copy the tokenizer.json of the model that was converted",
                )
        added = self._tokenizer.get_added_tokens_decoder()
        text = ids.keys() - {token.content for token in added.values() if token.special} - no_text
        spelled = self._spelling(label)
        self.pieces: list[bytes] = [spelled(token) if token in text else b"" for token in self.tokens]

    def encode(self, text: str) -> list[str]:
        """Return the tokens of a text, without those that the tokenizer would put around it.

        Raises:
            FileError: it has no tokens for it, or panics.
        """
        try:
            ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # as in reading it
            raise FileError(f"{self._label} cannot turn a text into tokens", _AGAIN) from error
        # What CTranslate2 does not know, it takes for a token beyond its table.
        return [self.tokens[number] for number in ids if number < len(self.tokens)]

    def _spelling(self, label: str) -> Callable[[str], bytes]:
        tokenizer = self._tokenizer
        parts = (tokenizer.decoder, tokenizer.pre_tokenizer, tokenizer.normalizer)
        said = b"".join(part.__getstate__() for part in parts if part is not None)
        if _LETTERS in said:
            return as_bytes
        if _SPACE.encode() in said:
            return _sentencepiece
        raise FileError(
            f"{label} spells its tokens in a way that botus does not know",
            "botus knows that of GPT-2, Llama 3 and Qwen, and that of sentencepiece",
        )


AnyVocabulary: TypeAlias = Vocabulary | TokenizerVocabulary


def _sentencepiece(token: str) -> bytes:
    byte = _BYTE.fullmatch(token)
    return bytes.fromhex(byte[1]) if byte else token.replace(_SPACE, " ").encode()


def gpt2_tokenizer(vocab: bytes, merges: bytes, label: str) -> bytes:
    """Return the tokenizer.json that older folders have as vocab.json and merges.txt, spelled as GPT-2's.

    Raises:
        FileError: they are damaged, or do not belong together.
    """
    try:
        lines = [line.rstrip("\r").split(" ") for line in merges.decode("utf-8-sig").split("\n")]
        pairs = [(line[0], line[1]) for line in lines if len(line) == 2 and line[0] != "#version:"]
        tokenizer = Tokenizer(models.BPE(vocab=json.loads(vocab), merges=pairs))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # the library's have no type of their own, and its panics are no Exception
        raise FileError(f"{label} or the merges.txt beside it is damaged", AGAIN) from error
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    content: str = tokenizer.to_str()
    return content.encode()
