"""gpt-2-simple itself loads the demo's run folder and writes with it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from botus import demo

pytestmark = pytest.mark.tensorflow


@pytest.fixture
def gpt2() -> Iterator[Any]:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    module = import_module("gpt_2_simple")  # importing it turns eager execution off
    import_module("tensorflow").compat.v1.reset_default_graph()
    yield module
    import_module("tensorflow").compat.v1.reset_default_graph()


def _write(gpt2: Any, folder: Path, prefix: str | None, length: int) -> list[str]:  # noqa: ANN401
    place = {"run_name": folder.name, "checkpoint_dir": str(folder.parent)}
    with gpt2.start_tf_sess() as session:
        gpt2.load_gpt2(session, **place)
        options = {"length": length, "temperature": 0.9, "nsamples": 8, "batch_size": 8, "seed": 5}
        texts: list[str] = gpt2.generate(session, **place, prefix=prefix, return_as_list=True, **options)
    return texts


@pytest.mark.parametrize("prefix", [None, "The foghorn"])
def test_gpt2_simple_loads_the_demo_and_writes(gpt2: Any, prefix: str | None) -> None:  # noqa: ANN401
    texts = _write(gpt2, demo.folder(), prefix, length=100)
    assert all(text.startswith(prefix or "") for text in texts)
    posts = [post for text in texts for post in text.split("\n")[:-1]]  # the last one is cut off
    sound = [post for post in posts if re.fullmatch(r'"?[A-Z][ -~]{8,200}[.?]"?', post)]
    assert len(posts) >= 16
    assert len(sound) >= 0.9 * len(posts)
    known = set(demo.corpus().read_text(encoding="utf-8").split())
    words = " ".join(posts).split()
    assert sum(word in known for word in words) >= 0.97 * len(words)
