from __future__ import annotations

import pytest

from botus.review.machine.editor import Key, Paste
from botus.review.terminal.keyboard import Decoder, as_paste, is_paste

TABLE: list[tuple[bytes, list[Key]]] = [
    (b"k", ["k"]),
    (b" ", [" "]),
    (b"\r", ["enter"]),
    (b"\n", ["newline"]),
    (b"\x7f", ["backspace"]),
    (b"\x08", ["backspace"]),
    (b"\x1b[A\x1b[B\x1b[C\x1b[D", ["up", "down", "right", "left"]),
    (b"\x1bOA\x1bOD", ["up", "left"]),
    (b"\x1b[H\x1b[F\x1b[1~\x1b[4~\x1b[3~", ["home", "end", "home", "end", "delete"]),
    (b"\x1b[1;5C", ["ctrl-right"]),
    (b"\x1b[1;2D", ["shift-left"]),  # not `left`, which drops
    (b"\x1bd", ["alt-d"]),  # not `d`
    (b"\x1b\r", ["alt-enter"]),
    (b"\x01\x17", ["ctrl-a", "ctrl-w"]),
    (b"\x1b[24~k", ["k"]),  # a function key means nothing, and leaves nothing behind
    (b"\x1b]11;rgb:0000/0000/0000\x07k", ["k"]),  # an answer of the terminal
    ("é🌊".encode(), ["é", "🌊"]),
    (b"\xff\xfek", ["k"]),
    (b"\x00", []),
    (b"\x1b[200~dd\x1b[Ak\r\x1b[201~k", [Paste("dd\x1b[Ak\r"), "k"]),
]


@pytest.mark.parametrize(("sent", "keys"), TABLE)
def test_bytes_become_keys(sent: bytes, keys: list[Key]) -> None:
    assert Decoder().feed(sent) == keys


@pytest.mark.parametrize(("sent", "keys"), TABLE)
def test_however_the_bytes_are_cut(sent: bytes, keys: list[Key]) -> None:
    decoder = Decoder()
    assert [key for byte in sent for key in decoder.feed(bytes([byte]))] == keys
    assert decoder.patience == 0


def test_a_lone_escape_is_a_key_once_nothing_follows() -> None:
    decoder = Decoder()
    assert decoder.feed(b"\x1b") == []
    assert 0 < decoder.patience < 1
    assert decoder.flush() == ["escape"]
    assert decoder.patience == 0


def test_half_a_sequence_means_nothing() -> None:
    decoder = Decoder()
    decoder.feed(b"\x1b[1;")
    assert decoder.flush() == []


def test_a_paste_is_waited_for_much_longer_than_a_key() -> None:
    decoder = Decoder()
    assert decoder.feed(b"\x1b[200~half") == []
    assert decoder.patience > 1
    assert decoder.flush() == [Paste("half")]


@pytest.mark.parametrize(
    ("keys", "pasted"),
    [
        (["d", "d", "d", "d", "d", "d"], False),  # a key held down
        (["k", "d", "k", "d"], False),
        (["k", "d", "s"], False),
        (["h", "e", "l", "l", "o"], True),
        (["d", "u", "s", "k", "enter"], True),
        (["left", "right", "up", "down", "left"], False),
    ],
)
def test_what_is_faster_than_typing_is_a_paste(keys: list[Key], pasted: bool) -> None:
    assert is_paste(keys) is pasted


def test_a_paste_becomes_one_text_and_keeps_its_last_enter() -> None:
    assert as_paste(["d", "enter", "k", "s", "left", "enter"]) == [Paste("d\nks"), "enter"]
