"""What signals do: they are noted, or they interrupt, but never in the middle of something."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from botus.shutdown import STOPS, Interrupts, SignalNotes


def handlers() -> list[object]:
    return [signal.getsignal(number) for number in (*STOPS, signal.SIGWINCH)]


def test_signals_are_noted_and_given_back() -> None:
    before, heard = handlers(), []
    notes = SignalNotes((*STOPS, signal.SIGWINCH), heard.append)
    assert not notes.wait(0)
    os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGWINCH)
    assert notes.wait(5)
    assert notes.wait(0)  # until it is cleared
    assert notes.caught == set(heard) == {signal.SIGTERM, signal.SIGWINCH}
    notes.clear()
    assert not notes.wait(0)
    os.kill(os.getpid(), signal.SIGHUP)
    assert notes.wait(5)
    notes.close()
    assert handlers() == before
    assert signal.set_wakeup_fd(-1) == -1


def test_a_signal_interrupts_but_not_within_held() -> None:
    before, done = handlers(), []

    def in_the_middle() -> None:
        with interrupts.held():
            os.kill(os.getpid(), signal.SIGTERM)
            done.append("what was begun")

    with Interrupts() as interrupts:
        with pytest.raises(KeyboardInterrupt):
            in_the_middle()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGHUP)
        interrupts.hold()
        os.kill(os.getpid(), signal.SIGINT)
        done.append("the end")
    assert done == ["what was begun", "the end"]
    assert handlers() == before


def test_what_nohup_lets_pass_interrupts_nothing() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interrupts():
            os.kill(os.getpid(), signal.SIGHUP)
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), signal.SIGTERM)
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_sigterm_ends_what_is_still_loading_with_0() -> None:
    code = "from botus import shutdown; shutdown.exit_on_sigterm(); print('ready', flush=True); input()"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        process.terminate()
        assert process.wait(20) == 0
