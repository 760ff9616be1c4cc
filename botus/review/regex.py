"""Which texts match a regular expression that a person wrote.

Some need years for a single text, and meanwhile `re` lets no other thread of its process run. So they run in
a process of their own, which the system ends once it has taken too long.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence

PATIENCE = 3.0  # seconds of work; a hundred thousand posts take a few tenths
_TOO_LONG = "a regular expression that takes too long: put no repetition into another, as in (a+)+"
_MATCH = """
import json, re, signal, sys
pattern, texts, patience = json.load(sys.stdin)
signal.setitimer(signal.ITIMER_VIRTUAL, patience)
wanted = re.compile(pattern, re.IGNORECASE)
json.dump([number for number, text in enumerate(texts) if wanted.search(text)], sys.stdout)
"""


class Unusable(Exception):
    """A pattern that finds nothing; the message goes on after "it is"."""


def matching(pattern: str, texts: Sequence[str], patience: float = PATIENCE) -> list[int]:
    """Return the places of the texts in which the pattern is found, ignoring case.

    Args:
        patience: seconds of work.

    Raises:
        Unusable: it is no regular expression, or takes too long.
    """
    try:
        re.compile(pattern, re.IGNORECASE)
    except (re.error, ValueError, OverflowError, RecursionError) as error:
        raise Unusable(f"not a regular expression: {error}") from error
    asked = json.dumps([pattern, texts, patience]).encode()
    done = subprocess.run([sys.executable, "-I", "-S", "-c", _MATCH], input=asked, capture_output=True)
    if done.returncode:
        raise Unusable(_TOO_LONG)
    return list(json.loads(done.stdout))
