"""The script of docs/checkpoints.md for nanoGPT's checkpoints makes the same model for transformers."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.support.pages import ROOT

pytestmark = pytest.mark.torch

WIDE, HEADS, LAYERS, CONTEXT = 24, 3, 2, 16
TOKENIZER = 'GPT2TokenizerFast.from_pretrained("gpt2").save_pretrained("kettle")\n'  # it is downloaded


def script() -> str:
    blocks: list[str] = re.findall(
        r"```python\n(.*?)```", (ROOT / "docs/checkpoints.md").read_text(), re.DOTALL
    )
    found = next(block for block in blocks if "ckpt.pt" in block)
    assert TOKENIZER in found
    return found.replace(TOKENIZER, "")


def weights(torch: Any, rows: int, bias: bool) -> dict[str, Any]:  # noqa: ANN401
    """Return weights under nanoGPT's names: each layer is a torch.nn.Linear, [out, in]."""
    shapes: dict[str, tuple[int, ...]]
    shapes = {"wte.weight": (rows, WIDE), "wpe.weight": (CONTEXT, WIDE), "ln_f.weight": (WIDE,)}
    for layer in (f"h.{i}" for i in range(LAYERS)):
        shapes |= {f"{layer}.ln_1.weight": (WIDE,), f"{layer}.ln_2.weight": (WIDE,)}
        for name, out, wide in (
            ("attn.c_attn", 3 * WIDE, WIDE),
            ("attn.c_proj", WIDE, WIDE),
            ("mlp.c_fc", 4 * WIDE, WIDE),
            ("mlp.c_proj", WIDE, 4 * WIDE),
        ):
            shapes[f"{layer}.{name}.weight"] = (out, wide)
    if bias:
        shapes |= {
            name.replace("weight", "bias"): shape[:1]
            for name, shape in shapes.items()
            if not name.startswith("w")
        }
    made = {f"transformer.{name}": 0.3 * torch.randn(shape) for name, shape in shapes.items()}
    return made | {"lm_head.weight": made["transformer.wte.weight"]}


def logits(torch: Any, state: dict[str, Any], ids: Any) -> Any:  # noqa: ANN401
    """Compute what nanoGPT does, from its description."""
    functional = torch.nn.functional

    def part(name: str, x: Any) -> Any:  # noqa: ANN401
        weight, bias = state[f"transformer.{name}.weight"], state.get(f"transformer.{name}.bias")
        if "ln_" in name:
            return functional.layer_norm(x, (WIDE,), weight, bias, 1e-5)
        return functional.linear(x, weight, bias)

    x = state["transformer.wte.weight"][ids] + state["transformer.wpe.weight"][: len(ids)]
    for i in range(LAYERS):
        mixed = part(f"h.{i}.attn.c_attn", part(f"h.{i}.ln_1", x)).split(WIDE, 1)
        query, key, value = (one.view(len(ids), HEADS, -1).transpose(0, 1) for one in mixed)
        seen = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + part(f"h.{i}.attn.c_proj", seen.transpose(0, 1).reshape(len(ids), WIDE))
        x = x + part(f"h.{i}.mlp.c_proj", functional.gelu(part(f"h.{i}.mlp.c_fc", part(f"h.{i}.ln_2", x))))
    return functional.linear(part("ln_f", x), state["lm_head.weight"])


@pytest.mark.parametrize(("rows", "bias"), [(50304, False), (300, True)])
def test_the_script_makes_the_same_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int, bias: bool
) -> None:
    torch, transformers = import_module("torch"), import_module("transformers")
    torch.manual_seed(2)
    state = weights(torch, rows, bias)
    sizes = {"n_layer": LAYERS, "n_head": HEADS, "n_embd": WIDE, "block_size": CONTEXT, "vocab_size": rows}
    compiled = {f"_orig_mod.{name}": value for name, value in state.items()}  # as torch.compile leaves it
    whole = {"model": compiled if bias else state, "model_args": sizes | {"bias": bias}, "iter_num": 5}
    torch.save(whole, tmp_path / "ckpt.pt")
    monkeypatch.chdir(tmp_path)
    exec(compile(script(), "script", "exec"), {})
    model = transformers.GPT2LMHeadModel.from_pretrained("kettle")
    ids = torch.randint(0, 300, (CONTEXT,))
    expected = logits(torch, state, ids)[:, :50257]
    with torch.no_grad():
        found = model(ids[None]).logits[0]
    assert expected.abs().max() > 1
    assert (found - expected).abs().max() < 1e-4
