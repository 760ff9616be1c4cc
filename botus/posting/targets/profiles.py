"""Does a profile say that a machine writes there? Readers are told in many languages, mostly as "bot". Pure.

It errs to both sides, so what follows from a no is advice to look, never a refusal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from botus.posting.target import Advice

_WORDS = re.compile(
    r"\b(?:\w*bots?|robot\w*|automat\w*|autómat\w*|gpt(?:-\d)?|markov|neural\w*|language model|generated"
    r"|machine|maschine\w*|generiert\w*|généré\w*|generad[oa]s?|genererad\w*|бот\w*|автомат\w*)\b"
    r"|自動|自动|机器人|ボット|봇|자동",
    re.IGNORECASE,
)
_ONE_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])|_")


def note_advice(field: str, note: str, words: str) -> Iterator[Advice]:
    """Say what a profile lacks.

    Args:
        field: what the platform calls the note of a profile.
        words: names, note and fields, joined; `KettleBot` and `kettle_bot` are two words.
    """
    if not note.strip():
        yield Advice(f"the profile has no {field}", "write one that says that a bot writes here")
    elif not _WORDS.search(_ONE_WORD.sub(" ", words)):
        yield Advice("the profile does not seem to say that a bot writes here", f"say so in its {field}")
