"""What libraries and Python itself print while `run` is at work: one censored line each."""

from __future__ import annotations

import base64
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from botus.log import LogHandler, capture, censor
from tests.support.command import environment

SECRET = 'sword/fish+99 =%"'
PLAIN = "swordfish-0123456789"


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        json.dumps(SECRET),
        json.dumps({"a": SECRET}),
        repr({"a": SECRET}),
        quote(SECRET),
        quote(SECRET, safe=""),
        quote(SECRET, safe="").lower(),
        quote_plus(SECRET),
        quote(quote(SECRET, safe=""), safe=""),
        f"GET /path?token={quote_plus(SECRET)}&x=1",
    ],
)
def test_a_secret_is_found_however_it_is_spelled(form: str) -> None:
    said = censor(f"before {form} after", ["other", SECRET])
    assert "fish" not in said
    assert "***" in said
    assert said.startswith("before ")
    assert said.endswith(" after")


@pytest.mark.parametrize("before", ["", "u", "me:", "user:", "a longer name:"])
@pytest.mark.parametrize("after", ["", ":", "!!"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("secret", [PLAIN, "ÿ?>~ÿ?>~ÿ?>~", "8letters"])
def test_a_secret_within_base64(before: str, after: str, encode, secret: str) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    coded = encode(f"{before}{secret}{after}".encode()).decode()
    said = censor(f"Authorization: Basic {coded}", [secret])
    left = said.removeprefix("Authorization: Basic ")
    assert "***" in left
    kept = [part.strip("=") for part in left.split("***")]
    assert all(
        len(part) <= len(encode(outer.encode())) + 2
        for part, outer in zip(kept, (before, after), strict=True)
    )


def test_base64_of_something_else_is_left_alone() -> None:
    coded = base64.b64encode(b"nothing to be seen here").decode()
    assert censor(coded, [PLAIN]) == coded


class Lines:
    """A log in a file."""

    def __init__(self, form: str, path: Path) -> None:
        self._path = path
        self.stream = path.open("w", encoding="utf-8")
        self.handler = LogHandler(self.stream, form, [PLAIN], lambda: datetime(2026, 11, 2, tzinfo=UTC))

    @property
    def said(self) -> list[str]:
        return self._path.read_text(encoding="utf-8").splitlines()


@pytest.fixture(params=["text", "json"])
def lines(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lines]:
    """Everything is led to a log, and afterwards to where it went before."""
    root, apprise = logging.getLogger(), logging.getLogger("apprise")
    before = root.handlers[:], root.level, apprise.handlers[:], sys.excepthook, sys.unraisablehook
    import threading

    threads = threading.excepthook
    found = Lines(request.param, tmp_path / "log")
    capture(found.handler, debug=True)
    yield found
    found.stream.close()
    logging.captureWarnings(False)
    root.handlers, root.level, apprise.handlers, sys.excepthook, sys.unraisablehook = before
    threading.excepthook = threads


@pytest.mark.parametrize(
    "name", ["urllib3.connectionpool", "tweepy.client", "mastodon", "apprise", "py.warnings"]
)
def test_a_line_of_a_library(lines: Lines, name: str) -> None:
    secret = base64.b64encode(f"me:{PLAIN}".encode()).decode()
    logging.getLogger(name).setLevel(logging.DEBUG)
    logging.getLogger(name).debug('"GET /v1?token=%s" 200\nAuthorization: Basic %s', PLAIN, secret)
    logging.getLogger(name).setLevel(logging.NOTSET)
    (line,) = lines.said
    assert name in line
    assert "swordfish" not in line
    assert secret[4:-4] not in line
    assert not line.startswith("{") or json.loads(line)["level"] == "debug"


def test_tokens_that_are_in_no_setting(lines: Lines) -> None:
    header = 'Bearer eyJ0eXAi.abc.def, OAuth oauth_signature="kQ%3D", oauth_token="42-abc" Basic dTpw'
    logging.getLogger("tweepy").warning("Headers: %s", {"Authorization": header})
    (line,) = lines.said
    for token in ("eyJ0", "kQ", "42-abc", "dTpw"):
        assert token not in line


def test_an_error_of_a_library_with_its_traceback(lines: Lines) -> None:
    try:
        raise ValueError(f"of {PLAIN}")
    except ValueError:
        logging.getLogger("urllib3").exception("failed")
    (line,) = lines.said
    assert "swordfish" not in line
    assert not line.startswith("{") or "ValueError: of ***" in json.loads(line)["traceback"]


def test_another_handler_gets_the_record_as_it_was(lines: Lines) -> None:
    class Other(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.getMessage())

    heard: list[str] = []
    other, apprise = Other(), logging.getLogger("apprise")
    apprise.addHandler(other)  # as targets/webhook.py does to learn a status
    apprise.warning("error=503 of %s", PLAIN)
    apprise.removeHandler(other)
    assert heard == [f"error=503 of {PLAIN}"]
    assert "error=503 of ***" in lines.said[0]


PROGRAM = f"""
import sys, threading, warnings, time, logging
from datetime import datetime, UTC
from botus.log import LogHandler, capture
capture(LogHandler(sys.stdout, sys.argv[1], ["{PLAIN}"], lambda: datetime.now(UTC)), debug=False)
class Odd:
    def __del__(self): raise ValueError("{PLAIN} while deleted")
def fails(): raise ValueError("{PLAIN} in a thread")
odd = Odd(); del odd
thread = threading.Thread(target=fails); thread.start(); thread.join()
warnings.warn("{PLAIN} in a warning")
logging.getLogger("urllib3").info("not wanted")
logging.getLogger("urllib3").warning("%d of {PLAIN}", "x")
raise ValueError("{PLAIN} at the end")
"""


PARTS = ("while deleted", "in a thread", "in a warning", "could not write: '%d of", "at the end")


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_python_itself_would_print(form: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, form], env=environment(), capture_output=True, text=True, timeout=30
    )
    assert (ended.returncode, ended.stderr) == (1, "")
    said = ended.stdout.splitlines()
    assert len(said) == 5
    for line, words in zip(said, PARTS, strict=True):
        assert words in line
        assert "swordfish" not in line
        if form == "json":
            content = json.loads(line)
            assert content["level"] == "warning" or "ValueError: ***" in content["traceback"]
