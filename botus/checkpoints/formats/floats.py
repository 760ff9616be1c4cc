"""The floats of a checkpoint, of whatever width they are stored in, as float32."""

from __future__ import annotations

from botus.checkpoints.gpt2 import Floats
from botus.errors import FileError, not_installed

try:
    import numpy as np
    import numpy.typing as npt
except ImportError as error:
    raise not_installed("generate") from error

WIDTHS = {"float32": 4, "float16": 2, "bfloat16": 2, "float64": 8}  # bytes of each


def as_float32(raw: npt.NDArray[np.uint8], dtype: str) -> Floats:
    """Return little-endian floats of one of the `WIDTHS`, [bytes], as float32, one after another."""
    if dtype == "bfloat16":  # the upper half of a float32
        return (raw.view("<u2").astype("<u4") << 16).view(np.float32)
    if dtype == "float32":
        return raw.view("<f4")
    with np.errstate(over="ignore"):  # what is too large for float32 becomes infinite, which is refused
        return raw.view(f"<f{WIDTHS[dtype]}").astype(np.float32)


def check_dtype(dtype: str, label: str, name: str) -> None:
    """Check that a tensor's values are floats.

    Raises:
        FileError: they are something else.
    """
    if dtype not in WIDTHS:
        raise FileError(
            f"{label}: tensor {name} is {dtype}, not float32",
            "save the model in float32, float16 or bfloat16, as it was before it was compressed",
        )


def check_finite(values: Floats, label: str, name: str) -> None:
    """Check the values of a tensor.

    Raises:
        FileError: some are infinite or not numbers.
    """
    if not np.isfinite(values).all():
        raise FileError(
            f"{label}: tensor {name} holds values that are not numbers",
            "the training has diverged: use an earlier step, or train again with a lower learning rate",
        )
