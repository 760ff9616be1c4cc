"""What a person sees on a terminal while something goes on: messages stand above the progress bar."""

from __future__ import annotations

import sys

import pexpect

from tests.support.command import environment

PROGRAM = r"""
from botus.cli.options import Common
from botus.cli.output import progress_bar
with progress_bar(2) as show:
    show(1, "half [bold]way")
    Common().say("said \x1b[2J [bold]")
    show(2, "done")
"""


def test_a_message_stands_on_a_line_of_its_own_above_the_bar() -> None:
    child = pexpect.spawn(
        sys.executable,
        ["-c", PROGRAM],
        env=environment(TERM="xterm-256color"),  # type: ignore[arg-type]
        encoding="utf-8",
        timeout=30,
    )
    child.expect(pexpect.EOF)
    child.wait()  # closing at once would kill what is about to end
    child.close()
    assert child.exitstatus == 0
    assert "\r\x1b[2Ksaid \\x1b[2J [bold]\r\n" in child.before
    assert "━" in child.before.partition("said")[2]
    assert child.before.endswith("\x1b[2K")  # the bar goes when it is over
