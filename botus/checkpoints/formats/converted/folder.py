"""The folder that a converter of CTranslate2 makes:

    model.bin        the weights, in CTranslate2's own layout
    config.json      CTranslate2's, not that of transformers: which tokens stand for unknown, beginning, end
    vocabulary.json  the tokens in their order; vocabulary.txt in older folders, one on each line
    tokenizer.json   of the model that was converted (`--copy_files`); or its vocab.json and merges.txt
    generation_config.json, tokenizer_config.json   where they are there too: more ends, and the context

Such a folder may come from anybody, and a program in C++ reads it. What can be checked cheaply is checked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from botus.checkpoints.folder_or_tar import AGAIN, StoredFile
from botus.checkpoints.formats.converted.model_bin import (
    EMBEDDINGS,
    POSITIONS,
    cached_values,
    check_layers,
    check_numbers,
    read_header,
)
from botus.checkpoints.gpt2 import json_object, json_value
from botus.errors import FileError
from botus.store.durable import files

if TYPE_CHECKING:
    from botus.checkpoints.formats.converted.tokenizer_json import TokenizerVocabulary

MODEL = "model.bin"
_CONFIG, _TOKENIZER = "config.json", "tokenizer.json"
_GENERATION, _TOKENIZER_CONFIG = "generation_config.json", "tokenizer_config.json"
_VOCABULARIES = ("vocabulary.json", "vocabulary.txt")  # as CTranslate2 looks for them
_PAIR = ("vocab.json", "merges.txt")
# Other files may lie there and change meanwhile: the folder can be the data directory.
_READ = (MODEL, _CONFIG, *_VOCABULARIES, _TOKENIZER, *_PAIR, _GENERATION, _TOKENIZER_CONFIG)
_SPECIAL = ("unk_token", "bos_token", "eos_token")

_LARGEST = 64 << 20  # bytes; Gemma's tokenizer.json, the largest known, has 33 million
_CONTEXT = 2048  # tokens, where nothing tells; newer models have more
_LONGEST = 1 << 17
_WHOLE = "copy the whole folder that ct2-transformers-converter made"


@dataclass(frozen=True)
class ConvertedModel:
    """A checked folder.

    Attributes:
        folder: where CTranslate2 reads it.
        vocabulary: as long as the model's table of tokens.
        n_ctx: tokens of a text at the most.
        cached_values: numbers that attention keeps per token of a text.
        bos: the token before a text.
        ends: the tokens at which it is over.
        size: of the weights, in bytes.
        states: of the files that are read, as they were checked.
        step: of the training, which nothing tells.
    """

    folder: Path
    vocabulary: TokenizerVocabulary = field(repr=False)
    n_ctx: int
    cached_values: int
    bos: str | None
    ends: tuple[str, ...]
    size: int
    states: Mapping[StoredFile, files.State | None] = field(repr=False)
    step: int = 0

    def trained(self) -> None:
        """Return what the model was trained on, which nothing tells."""

    def check_unchanged(self) -> None:
        """Check that the files are still those that were checked.

        Raises:
            FileError: one was changed, or is gone.
        """
        for file, state in self.states.items():
            if files.state(file.path) != state:
                raise FileError(
                    f"{file.label} was changed while botus was using it", "run the same command again"
                )

    @cached_property
    def fingerprint(self) -> str:
        """32 digits; other files have others. Reads all of them."""
        digest = hashlib.sha256()
        for file in self.states:
            digest.update(file.checksum())
        return digest.hexdigest()[:32]


def is_one(stored: Mapping[str, StoredFile]) -> bool:
    """Tell whether such files, by name, are a converted model."""
    return MODEL in stored


def read(path: Path, stored: Mapping[str, StoredFile]) -> ConvertedModel:
    """Read the model in a folder, whose files by name are `stored`.

    Raises:
        FileError: a file is missing, truncated, damaged or of another model; says which and what to do.
    """
    if not path.is_dir():
        raise FileError(f"{path} is a tar of a converted model, and only a folder is used", "unpack it")
    states = {stored[name]: files.state(stored[name].path) for name in _READ if name in stored}
    shapes, numbers = read_header(stored[MODEL])
    check_layers(shapes, stored[MODEL].label)
    check_numbers(shapes, numbers, stored[MODEL].label)
    tokens = _tokens(_existing(stored, _VOCABULARIES, path), shapes[EMBEDDINGS][0])
    config = _config(_existing(stored, (_CONFIG,), path))
    beside = {
        name: _object(stored[name]) if name in stored else {} for name in (_GENERATION, _TOKENIZER_CONFIG)
    }
    ends = tuple(dict.fromkeys(_ends(config, beside, tokens)))
    bos = config["bos_token"]
    return ConvertedModel(
        folder=path,
        vocabulary=_vocabulary(path, stored, tokens, {config[name] for name in _SPECIAL} | {*ends}),
        n_ctx=shapes[POSITIONS][0] if POSITIONS in shapes else _context(beside),
        cached_values=cached_values(shapes),
        bos=bos if bos in tokens else next(iter(ends), None),
        ends=ends,
        size=stored[MODEL].size,
        states=states,
    )


def _tokens(file: StoredFile, rows: int) -> list[str]:
    content = file.content(_LARGEST)
    if file.label.endswith(".txt"):
        tokens: object = content.decode("utf-8", "replace").removesuffix("\n").split("\n")
    else:
        tokens = json_value(content, file.label)
    if not isinstance(tokens, list) or not all(isinstance(token, str) for token in tokens):
        raise FileError(f"{file.label} is not a list of tokens", AGAIN)
    if len(tokens) != rows:
        raise FileError(f"{file.label} has {len(tokens)} tokens, and the table of {MODEL} {rows}", _WHOLE)
    return tokens


def _existing(stored: Mapping[str, StoredFile], names: Sequence[str], path: Path) -> StoredFile:
    for name in names:
        if name in stored:
            return stored[name]
    raise FileError(f"{path} has no {names[0]}", _WHOLE)


def _config(file: StoredFile) -> dict[str, str]:
    config = _object(file)
    missing = [name for name in _SPECIAL if not isinstance(config.get(name), str)]
    if missing:
        raise FileError(
            f"{file.label} lacks {', '.join(missing)}, and CTranslate2 needs all three",
            "write a token of vocabulary.json there, such as that of the end",
        )
    return {name: str(config[name]) for name in _SPECIAL}


def _ends(
    config: Mapping[str, str], beside: Mapping[str, Mapping[str, object]], tokens: Sequence[str]
) -> Iterator[str]:
    """Yield the tokens that end a text: a model that was taught to chat has two."""
    if config["eos_token"] in tokens:
        yield config["eos_token"]
    ids = beside[_GENERATION].get("eos_token_id")
    for number in ids if isinstance(ids, list) else [ids]:
        if type(number) is int and 0 <= number < len(tokens):
            yield tokens[number]
    token = beside[_TOKENIZER_CONFIG].get("eos_token")
    token = token.get("content") if isinstance(token, dict) else token
    if isinstance(token, str) and token in tokens:
        yield token


def _context(beside: Mapping[str, Mapping[str, object]]) -> int:
    longest = beside[_TOKENIZER_CONFIG].get("model_max_length")
    return longest if type(longest) is int and 1 < longest <= _LONGEST else _CONTEXT


def _vocabulary(
    path: Path, stored: Mapping[str, StoredFile], tokens: Sequence[str], no_text: Set[str]
) -> TokenizerVocabulary:
    # Other formats are read without this library.
    from botus.checkpoints.formats.converted.tokenizer_json import TokenizerVocabulary, gpt2_tokenizer

    if file := stored.get(_TOKENIZER):
        return TokenizerVocabulary(file.content(_LARGEST), tokens, no_text, file.label)
    if all(name in stored for name in _PAIR):
        vocab, merges = (stored[name] for name in _PAIR)
        return TokenizerVocabulary(
            gpt2_tokenizer(vocab.content(_LARGEST), merges.content(_LARGEST), vocab.label),
            tokens,
            no_text,
            vocab.label,
        )
    raise FileError(
        f"{path} has no {_TOKENIZER}, which tells how a text becomes tokens",
        "copy it from the folder of the model that was converted",
    )


def _object(file: StoredFile) -> dict[str, object]:
    return json_object(file.content(_LARGEST), file.label)
