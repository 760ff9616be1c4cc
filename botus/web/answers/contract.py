"""What a client asks for at `/`, in the terms of the servers that there were before. Pure.

gpt-2-cloud-run (`prefix`, written before the text unless that is switched off) and millzbot (`prompt`, never
written) take the same fields in a query or in JSON, numbers and truths also as texts. A field that is missing
has the value that it has there.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

from botus.checkpoints.markers import START

_LONGEST_PREFIX, _LONGEST_PROMPT = 500, 100  # characters that the two servers read of it
_LONGEST_STOP = 100
_TRUE, _FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off", "")


@dataclass(frozen=True)
class Wanted:
    """What is asked for.

    Attributes:
        said: what the client says, without a start marker; "" for nothing.
        length: the most tokens; 0 for as many as there may be.
        temperature, top_k, top_p: how texts are drawn; 0 of the last two for all tokens.
        truncate: the text is over where this begins; "" for nowhere.
        include_prefix: what the client says is the beginning of the answer.
        token: what lets the client in.
    """

    said: str = ""
    length: int = 0
    temperature: float = 0.9
    top_k: int = 0
    top_p: float = 0.0
    truncate: str = ""
    include_prefix: bool = False
    token: str = ""


def fields_of(body: bytes) -> dict[str, object]:
    """Read a body: a JSON object, whatever its content type says, or nothing.

    Raises:
        ValueError: it is something else.
    """
    if not body.strip():
        return {}
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ValueError("the body is no JSON") from error
    if not isinstance(found, dict):
        raise ValueError("the body is no JSON object")
    return found


def wanted(fields: Mapping[str, object]) -> Wanted:
    """Read the fields of a query or of a body; others are passed over.

    Raises:
        ValueError: one of them cannot be.
    """
    prefix = _text(fields, "prefix")[:_LONGEST_PREFIX]
    said = prefix or _text(fields, "prompt")[:_LONGEST_PROMPT]
    return Wanted(
        said=said.removeprefix(START).strip(),
        length=int(_number(fields, "length", 0)),
        temperature=_number(fields, "temperature", Wanted.temperature),
        top_k=int(_number(fields, "top_k", 0)),
        top_p=_number(fields, "top_p", 0),
        truncate=_text(fields, "truncate")[:_LONGEST_STOP],
        include_prefix=_truth(fields, "include_prefix", default=bool(prefix)),
        token=_text(fields, "token"),
    )


def _text(fields: Mapping[str, object], name: str) -> str:
    found = fields.get(name)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise ValueError(f"{name} is no text")
    return found.encode("utf-8", "replace").decode().replace("\0", "")


def _number(fields: Mapping[str, object], name: str, default: float) -> float:
    found = fields.get(name)
    if found is None or found == "":
        return default
    try:
        if isinstance(found, bool) or not isinstance(found, str | int | float):
            raise ValueError
        number = float(found)
    except (ValueError, OverflowError):
        number = math.nan
    if not (math.isfinite(number) and number >= 0):
        raise ValueError(f"{name} is no number from 0 on")
    return min(number, 1e9)


def _truth(fields: Mapping[str, object], name: str, *, default: bool) -> bool:
    found = fields.get(name)
    if found is None:
        return default
    if isinstance(found, bool):
        return found
    if (word := str(found).strip().lower()) in (*_TRUE, *_FALSE):
        return word in _TRUE
    raise ValueError(f"{name} is neither true nor false")
