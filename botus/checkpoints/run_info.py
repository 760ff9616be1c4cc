"""botus.json of a run folder: which corpus the model has seen, as `finetune` wrote it down.

Nothing here keeps a model from being used: a run folder of gpt-2-simple has no such file, and a damaged one
only means that nobody knows.
"""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass

from botus.checkpoints.folder_or_tar import StoredFile
from botus.errors import FileError
from botus.store.durable.document import decoded

NAME = "botus.json"
FROM_NOTHING = ("nano", "mini", "small")  # what `finetune --from-scratch` writes down as the base
_LARGEST = 1 << 20  # bytes; more than that was not written by botus


@dataclass(frozen=True)
class Trained:
    """What a model was trained on.

    Attributes:
        corpus: the SHA-256 of corpus.txt as it was then, 64 hexadecimal digits.
        step: the step of the checkpoint that this was written for.
        from_nothing: it has seen no other text.
    """

    corpus: str
    step: int
    from_nothing: bool = False

    def has_seen(self, content: bytes) -> bool:
        """Tell whether a corpus.txt is the one of the training, or has only grown since."""
        digest = hashlib.sha256()
        for line in io.BytesIO(content):
            text = line.rstrip(b"\r\n")
            for piece in (text, line[len(text) :]):  # the last line may have had no end before it grew
                digest.update(piece)
                if digest.hexdigest() == self.corpus:
                    return True
        return digest.hexdigest() == self.corpus


def digest_of(content: bytes) -> str:
    """Return what `Trained.corpus` is for a corpus.txt."""
    return hashlib.sha256(content).hexdigest()


def read(file: StoredFile, step: int) -> Trained:
    """Read botus.json.

    Raises:
        FileError: it is damaged, was not written by `finetune`, or not for this step.
    """
    try:
        if file.size > _LARGEST:
            raise ValueError("it is too long")
        record = decoded(file.read().tobytes())
        found = Trained(record["corpus"], record["step"], record.get("base") in FROM_NOTHING)
        if not re.fullmatch(r"[0-9a-f]{64}", found.corpus) or type(found.step) is not int:
            raise ValueError("no SHA-256 of a corpus, or no step")
    except (ValueError, KeyError, TypeError) as error:
        raise FileError(f"{file.label} is damaged: nobody knows what this model was trained on") from error
    if found.step != step:
        raise FileError(
            f"{file.label} tells of step {found.step}, and this is step {step}: "
            "nobody knows what it was trained on"
        )
    return found
