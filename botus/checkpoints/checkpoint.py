"""Opens a checkpoint of whatever format; training, token counts and generation come in here.

A format is a module with a `read(path, stored)` that returns a `gpt2.Checkpoint`, and one line in
`open_checkpoint` that says by which file it is known.
"""

from __future__ import annotations

from pathlib import Path

from botus.checkpoints.folder_or_tar import stored_files
from botus.checkpoints.formats import gpt2_simple, hugging_face
from botus.checkpoints.gpt2 import Checkpoint


def open_checkpoint(path: Path) -> Checkpoint:
    """Open a run folder, a base model's, a folder of transformers or an uncompressed tar of one.

    All but the tensors' values is checked.

    Raises:
        FileError: a file is missing, truncated, damaged or of another model; says which and what to do.
    """
    stored = stored_files(path)
    if hugging_face.is_one(stored) and not gpt2_simple.is_one(stored):
        return hugging_face.read(path, stored)
    return gpt2_simple.read(path, stored)  # any other folder too: it says what is missing
