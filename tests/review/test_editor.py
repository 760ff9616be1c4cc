from __future__ import annotations

import pytest

from botus.review.machine.editor import Editor, Key, Paste, pressed

FAMILY = "👩‍👩‍👧"


@pytest.mark.parametrize(
    ("before", "keys", "after"),
    [
        ("ab|", ["c"], "abc|"),
        ("ab|", ["left", "x"], "ax|b"),
        ("|ab", ["left", "backspace"], "|ab"),
        ("ab|", ["right", "delete"], "ab|"),
        (f"a{FAMILY}|b", ["left"], f"a|{FAMILY}b"),
        (f"a{FAMILY}|b", ["backspace"], "a|b"),
        ("|e\u0301x", ["delete"], "|x"),
        ("one two|", ["ctrl-w"], "one |"),
        ("one, two|", ["ctrl-left", "ctrl-left"], "|one, two"),
        ("|one two", ["ctrl-right"], "one| two"),
        ("one\ntwo| x", ["ctrl-u"], "one\n| x"),
        ("one\nt|wo", ["ctrl-k", "home"], "one\n|t"),
        ("one\nt|wo", ["up", "home"], "|one\ntwo"),
        ("o|ne\ntwo", ["down"], "one\n|two"),
        ("a|b", ["newline"], "a\n|b"),
        ("a|b", ["alt-enter"], "a\n|b"),
        ("|", ["\\", "n"], "\\n|"),  # a typed backslash is a backslash
        ("|", [Paste("x\r\ny\tz\x1b[2J\x07")], "x\ny z[2J|"),
        ("a|", ["tab", "f5", "ctrl-x", "page-up"], "a|"),
    ],
)
def test_a_key_changes_the_text(before: str, keys: list[Key], after: str) -> None:
    editor = Editor(before.replace("|", ""), before.index("|"))
    for key in keys:
        editor = pressed(editor, key)
    assert editor.text[: editor.cursor] + "|" + editor.text[editor.cursor :] == after
