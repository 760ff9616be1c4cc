"""Does a profile say that a machine writes there? Readers are told so in many languages, mostly as "bot".

In: the words of a profile. Out: yes, or no such word was found. Pure. The one surprise: it errs to both
sides, so what follows from a no is advice to look, never a refusal.
"""

from __future__ import annotations

import re

_WORDS = re.compile(
    r"\b(?:\w*bots?|robot\w*|automat\w*|autómat\w*|gpt(?:-\d)?|markov|neural\w*|language model|generated"
    r"|machine|maschine\w*|generiert\w*|généré\w*|generad[oa]s?|genererad\w*|бот\w*|автомат\w*)\b"
    r"|自動|自动|机器人|ボット|봇|자동",
    re.IGNORECASE,
)
_ONE_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])|_")


def says_automated(words: str) -> bool:
    """Tell whether a profile seems to say that it is automated.

    Args:
        words: name, description and fields, joined; `KettleBot` and `kettle_bot` are two words.
    """
    return bool(_WORDS.search(_ONE_WORD.sub(" ", words)))
