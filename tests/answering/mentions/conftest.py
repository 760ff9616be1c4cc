from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.answering.mentions.world import Bot
from tests.support.fakes import Clock
from tests.support.mentions import MentionServer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[MentionServer]:
    with MentionServer(clock=clock, remaining=10**6) as server:
        yield server


@pytest.fixture
def bot(tmp_path: Path, server: MentionServer, clock: Clock) -> Bot:
    return Bot(tmp_path / "data", server, clock)
