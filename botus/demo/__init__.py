"""The bundled demo: a lighthouse that keeps a log, as a corpus and a tiny gpt-2-simple checkpoint.

The corpus was drawn from a hand-written grammar, which lies with the documentation. The checkpoint is what

    botus finetune --from-scratch nano --corpus botus/demo/corpus.txt

leaves in data/checkpoint/run1, unchanged. Both are in the package, so that `botus generate` has something to
say before there is a model.
"""

from __future__ import annotations

from pathlib import Path

NAME = "the demo model"
"""Under which it writes, in the records of its lines; no folder is called so."""

_HERE = Path(__file__).resolve().parent


def folder() -> Path:
    """The run folder of the demo checkpoint, in the form that gpt-2-simple saves."""
    return _HERE / "checkpoint" / "run1"


def corpus() -> Path:
    """The demo's training text: UTF-8, one post per line."""
    return _HERE / "corpus.txt"
