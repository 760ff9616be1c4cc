"""GPT-2 in numpy, written from the paper's equations: what the sampler's engine is compared with."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


def logits(tensors: Mapping[str, Floats], n_head: int, ids: list[int]) -> Floats:
    """Return the logits after each token of a sequence, [len(ids), n_vocab]."""
    x = tensors["model/wte"][ids] + tensors["model/wpe"][: len(ids)]  # [time, width]
    layers = sum(name.endswith("ln_1/g") for name in tensors)
    for i in range(layers):
        name = f"model/h{i}"
        x = x + _attention(tensors, f"{name}/attn", n_head, _norm(tensors, f"{name}/ln_1", x))
        hidden = _gelu(_linear(tensors, f"{name}/mlp/c_fc", _norm(tensors, f"{name}/ln_2", x)))
        x = x + _linear(tensors, f"{name}/mlp/c_proj", hidden)
    return _norm(tensors, "model/ln_f", x) @ tensors["model/wte"].T


def log_probs(tensors: Mapping[str, Floats], n_head: int, ids: list[int]) -> list[float]:
    """Return the log-probability of each token but the first."""
    rows = logits(tensors, n_head, ids[:-1]).astype(np.float64)
    rows -= rows.max(axis=1, keepdims=True)
    rows -= np.log(np.exp(rows).sum(axis=1, keepdims=True))
    return [float(row[token]) for row, token in zip(rows, ids[1:], strict=True)]


def _attention(tensors: Mapping[str, Floats], name: str, n_head: int, x: Floats) -> Floats:
    time, width = x.shape
    query, key, value = (
        part.reshape(time, n_head, -1).transpose(1, 0, 2)  # [head, time, width of a head]
        for part in np.split(_linear(tensors, f"{name}/c_attn", x), 3, axis=1)
    )
    scores = query @ key.transpose(0, 2, 1) / np.sqrt(np.float32(width / n_head))
    scores = np.where(np.tril(np.ones((time, time), bool)), scores, np.float32(-1e10))
    weights = np.exp(scores - scores.max(axis=2, keepdims=True))
    weights /= weights.sum(axis=2, keepdims=True)
    return _linear(tensors, f"{name}/c_proj", (weights @ value).transpose(1, 0, 2).reshape(time, width))


def _linear(tensors: Mapping[str, Floats], name: str, x: Floats) -> Floats:
    return x @ tensors[f"{name}/w"][0] + tensors[f"{name}/b"]


def _norm(tensors: Mapping[str, Floats], name: str, x: Floats) -> Floats:
    centred = x - x.mean(axis=1, keepdims=True)
    spread = np.sqrt((centred**2).mean(axis=1, keepdims=True) + np.float32(1e-5))
    return centred / spread * tensors[f"{name}/g"] + tensors[f"{name}/b"]


def _gelu(x: Floats) -> Floats:
    return x / 2 * (1 + np.tanh(np.float32(np.sqrt(2 / np.pi)) * (x + np.float32(0.044715) * x**3)))
