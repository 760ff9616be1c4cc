"""What a platform says of a line that it finds too long, on real servers; such a line is not lost."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from botus.posting.posting_run import PostingRun
from botus.settings import Settings
from botus.store.state import StateFiles
from botus.text import fingerprint
from tests.posting.test_targets import BENCHES, Bench

LINE = "The kettle has read the whole almanac and asks for the next one."
LENGTH = [
    ("mastodon", 422, "Validation failed: Text character limit of 500 exceeded"),
    ("mastodon", 422, "Falha: o limite de caracteres para o texto de 500 foi excedido"),
    ("mastodon", 422, "El text supera el límit (500)"),
    ("mastodon", 422, "The status is over the character limit"),  # Pleroma, Akkoma
    (
        "mastodon",
        400,
        "Bad Request: status too long, 5105 characters provided but limit is 5000",
    ),  # GoToSocial
    ("mastodon", 413, "text exceeds the limit"),
    ("mastodon", 422, "The status may not be greater than 500 characters."),  # Pixelfed
    ("mastodon", 400, "MAX_LENGTH of note"),
    ("x", 400, "Your Tweet text is too long."),
    ("x", 403, "Your Tweet text is too long. For more information check the documentation."),
    ("x", 403, "Tweet needs to be a bit shorter. (186)"),
    (
        "bluesky",
        400,
        "Invalid app.bsky.feed.post record: Record/text must not be longer than 300 graphemes",
    ),
    ("bluesky", 400, "Record/text must not be longer than 3000 characters"),
    ("bluesky", 400, "Invalid app.bsky.feed.post record: grapheme too big (maximum 300, got 312) at $.text"),
]
OTHER = [
    ("mastodon", 422, "Validation failed: Text can't be blank"),
    ("mastodon", 422, "Validation failed: Visibility is not included in the list"),
    ("mastodon", 422, "Text contains invalid characters"),
    ("mastodon", 422, "You have exceeded the daily limit of 500 posts"),
    ("mastodon", 422, "This text looks like spam"),
    ("mastodon", 422, "because"),
    ("x", 403, "You are not allowed to create a Tweet with duplicate content."),
    ("x", 400, "One or more parameters to your request was invalid."),
    ("bluesky", 400, "Invalid app.bsky.feed.post record: Record/langs must be valid"),
]


def post(bench: Bench, data: Path, times: int = 1) -> None:
    targets = {bench.name: bench.target()}
    for _ in range(times):
        PostingRun(
            Settings(data),
            targets,
            rng=Random(1),
            clock=lambda: bench.now,
            say=lambda *words, **fields: None,
        ).post()


def fault(status: int, words: str) -> str:
    return f"{status} {json.dumps({'error': words, 'message': words, 'detail': words, 'title': 'Error'})}"


@pytest.mark.parametrize(("name", "status", "words"), LENGTH)
def test_a_no_to_the_length_keeps_the_line(name: str, status: int, words: str, tmp_path: Path) -> None:
    bench = BENCHES[name](tmp_path)
    (tmp_path / "tweets.txt").write_text(f"{LINE}\n")
    with bench.server as server:
        server.script(fault(status, words))
        post(bench, tmp_path, 2)
        assert server.texts == []
    assert (tmp_path / "tweets.txt").read_text() == f"{LINE}\n"
    assert words[:20] in StateFiles(tmp_path).load().too_long[fingerprint(LINE)]
    assert not (tmp_path / "tweeted.json").exists()


@pytest.mark.parametrize(("name", "status", "words"), OTHER)
def test_another_no_to_the_text_is_logged(name: str, status: int, words: str, tmp_path: Path) -> None:
    bench = BENCHES[name](tmp_path)
    (tmp_path / "tweets.txt").write_text(f"{LINE}\n")
    with bench.server as server:
        server.script(fault(status, words))
        post(bench, tmp_path, 2)
        assert server.texts == []
    assert (tmp_path / "tweets.txt").read_text() == ""
    [entry] = json.loads((tmp_path / "tweeted.json").read_text())
    assert entry["targets"][name]["state"] == "rejected"


def test_many_lines_that_are_too_long_stop_nothing(tmp_path: Path) -> None:
    bench = BENCHES["mastodon"](tmp_path)
    lines = [f"{LINE} {number}" for number in range(5)]
    (tmp_path / "tweets.txt").write_text("".join(f"{line}\n" for line in lines))
    with bench.server as server:
        server.script(*[fault(422, "Text character limit of 500 exceeded")] * 4)
        post(bench, tmp_path, 6)
        assert len(server.texts) == 1
    state = StateFiles(tmp_path).load()
    assert not state.targets["mastodon"].stopped
    assert sorted(map(fingerprint, (tmp_path / "tweets.txt").read_text().splitlines())) == sorted(
        state.too_long
    )
