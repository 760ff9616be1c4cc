"""What botus remembers between runs: a damaged file is said to be one, in words for a person."""

from __future__ import annotations

from pathlib import Path

import pytest

from botus.errors import FileError
from botus.store.state import StateFiles

POISONS = {
    "nested deeply": "[" * 50_000 + "]" * 50_000,
    "5,000 digits": f'{{"log_count": {"7" * 5000}}}',
    "400 digits": f'{{"log_count": {"7" * 400}}}',
    "no number": '{"targets": {"x": {"until": NaN}}}',
    "without an end": '{"targets": {"x": {"until": 1e400}}}',
    "a moment of no calendar": '{"targets": {"x": {"until": 1e15}}}',
    "a list": "[]",
    "an unknown field": '{"lamp": 1}',
    "another kind": '{"targets": {"x": 7}}',
}


@pytest.mark.parametrize("content", POISONS.values(), ids=POISONS)
def test_a_damaged_state_is_said_to_be_one(tmp_path: Path, content: str) -> None:
    files = StateFiles(tmp_path)
    files.folder.mkdir()
    files.path.write_text(content)
    with pytest.raises(FileError, match=r"state\.json is damaged: ") as damage:
        files.load()
    assert "__init__" not in damage.value.message
    assert len(damage.value.message) < len(str(files.path)) + 150
