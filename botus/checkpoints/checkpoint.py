"""Opens a checkpoint of whatever format; training, token counts and generation come in here.

A format is a module with a `read(path, stored)` that returns a `gpt2.Checkpoint`, and one line in
`open_checkpoint` that says by which file it is known. Of a model that CTranslate2 has converted, botus does
not read the weights: it can write, and no more.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from botus.checkpoints.folder_or_tar import stored_files
from botus.checkpoints.formats import gpt2_simple, hugging_face
from botus.checkpoints.formats.converted import folder
from botus.checkpoints.formats.converted.folder import ConvertedModel
from botus.checkpoints.gpt2 import Checkpoint
from botus.errors import FileError

Model: TypeAlias = Checkpoint | ConvertedModel


def open_checkpoint(path: Path) -> Model:
    """Open the folder of a run, a base model, transformers or CTranslate2, or an uncompressed tar of one.

    All but the tensors' values is checked.

    Raises:
        FileError: a file is missing, truncated, damaged or of another model; says which and what to do.
    """
    stored = stored_files(path)
    if gpt2_simple.is_one(stored):
        return gpt2_simple.read(path, stored)
    if folder.is_one(stored):
        return folder.read(path, stored)
    if hugging_face.is_one(stored):
        return hugging_face.read(path, stored)
    return gpt2_simple.read(path, stored)  # any other folder too: it says what is missing


def open_trainable(path: Path) -> Checkpoint:
    """Open a checkpoint whose weights can be read, to train it further.

    Raises:
        FileError: as `open_checkpoint` does, or it is a converted model.
    """
    found = open_checkpoint(path)
    if isinstance(found, ConvertedModel):
        raise FileError(
            f"{path} was converted by CTranslate2, and only writes: it cannot be trained further",
            "train the model that it was made of, with the program that trained that one",
        )
    return found
