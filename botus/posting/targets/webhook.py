"""Posts to one chat or service through Apprise: Discord, Slack, Telegram, Matrix, ntfy and many more.

Apprise does not tell a refusal from a lost answer, so every post is sent at most once. The name of a webhook
in the log comes from its URL, so taking another out of the list or moving it changes nothing. Apprise takes a
text for markup, each service in its own way: `webhook_text.py` says how it is written for which.

The only importer of `apprise` (`webhook` extra), at the first question or request.
"""

from __future__ import annotations

import logging
import re
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from botus import shutdown
from botus.errors import CredentialsError
from botus.platforms.rows import WEBHOOK
from botus.posting.target import USUAL, Account, Answer, Attempt, Ready, Target, Timing, account_of
from botus.posting.targets.webhook_text import FORMS, Form

_LONGEST = 1 << 20  # bytes: all that a service may answer to a post; most say a few hundred
_NOT_UNDERSTOOD = "Apprise does not understand this URL, or cannot serve it here"
_NOT_ASKED = "a webhook cannot be tried without posting; a post that fails is not sent again"
_LOST = "a post whose sending failed may be there or not"


class Webhook(Target):
    """One Apprise URL.

    Args:
        url: what Apprise calls a URL, such as `discord://ID/TOKEN`; a secret.
    """

    platform = WEBHOOK

    def __init__(self, url: str, timing: Timing = USUAL) -> None:
        self.account, self._kind = account_of(url), _kind(url)
        self.name = f"{WEBHOOK.name}-{self._kind}-{self.account[:6]}"
        self.base_url = f"{self._kind}:"
        self._url, self._timing = url, timing
        self.limit = 0  # until `ready` has asked
        self._loaded: Any = None
        self._form: Form | None = None  # until then, and of a service that is not known

    @property
    def about(self) -> str:
        limit = f", {self.limit} {self.units}" if self.limit else ""
        return f"once each{limit}; what fails is not sent again"

    @property
    def title(self) -> str:
        return self._kind

    def length(self, text: str) -> int:
        """Count a post as the service does, with what has to be written so that its readers see the text."""
        return self._form.length(text) if self._form else super().length(text)

    def problem(self, text: str) -> str | None:
        """Say why a text cannot be posted, and how much of its length the reader will not see."""
        said = super().problem(text)
        form = self._form if self._form and self._form.format == "text" else None
        signs = len(form.write(text)) - len(text) if said and form else 0
        return f"{said}, {signs:,} of them to keep signs from being markup" if signs else said

    def at_most(self, text: str) -> int:
        """Its counts are cheap, and of a letter that has to be escaped they are high."""
        return self.length(text)

    def ready(self) -> Answer | Ready:
        """Whether Apprise understands the URL; the service itself cannot be asked."""
        if self._service() is None:
            return Answer("later", reason=_NOT_UNDERSTOOD, needs_person=True)
        return Ready()

    def send(self, text: str, key: str, *, again: bool) -> Answer:
        """Hand the text to Apprise once; what it does not call a success stays unknown."""
        service, ready = self._service(), self.ready()
        if isinstance(ready, Answer):
            return ready
        if shutdown.is_requested():
            return Answer("later", reason="botus is ending")
        listener = _Listener()
        logger = logging.getLogger("apprise")
        logger.addHandler(listener)
        try:
            said = within(self._timing.deadline, lambda: self._notify(service, text))
        finally:
            logger.removeHandler(listener)
        if said is True:
            return Answer("posted")
        return Answer("unknown", reason="timed out" if said is None else listener.reason)

    def find(self, text: str, attempt: Attempt) -> Answer:
        """There is nowhere to look."""
        return Answer("unknown", reason=_LOST)

    def verify(self) -> Account:
        """Check the URL without a request."""
        service = self._service()
        if service is None:
            raise CredentialsError(_NOT_UNDERSTOOD, "see docs/tokens.md for its form")
        notes = (f"{self.limit} {self.units}",) if self.limit else ()
        return Account(str(service.service_name), notes=(*notes, _NOT_ASKED))

    def _service(self) -> Any:  # noqa: ANN401
        """Apprise's object for the URL, None where it can make none."""
        if self._loaded is None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # news for its authors, not for the owner
                import apprise

            logging.getLogger("apprise").propagate = False  # its errors hold URLs
            asset = apprise.AppriseAsset(
                app_id="botus",  # posts carry the bot's name and picture, not Apprise's
                app_desc="botus",
                app_url="",
                image_url_mask="",
                image_url_logo="",
                storage_mode="memory",
            )
            self._loaded = _instantiate(self._url, asset)
            if self._loaded is not None:
                # Its own time-outs stay where the URL names them.
                _tame(self._loaded, self._timing.timeouts, "rto=" in self._url, "cto=" in self._url)
                self._form = FORMS.get(type(self._loaded).__module__.split(".")[2])
                self.units = self._form.units if self._form else self.units
                self.limit = (self._form and self._form.limit) or int(self._loaded.body_maxlen)
        return self._loaded

    def _notify(self, service: Any, text: str) -> bool:  # noqa: ANN401
        """Send a text as the service's form says, whatever `?format=` says; plain where none is known.

        A text that is written already goes past Apprise's own conversions, which fold lines and spaces.
        """
        import apprise

        if self._form is None:
            return bool(service.notify(body=text, body_format=apprise.NotifyFormat.TEXT))
        form = apprise.NotifyFormat(self._form.format)
        service.notify_format, service._format_override = form, None
        return bool(service.send(self._form.write(text), body_format=form, body_passthrough=False))


def _kind(url: str) -> str:
    """What stands in the name: Apprise's scheme, for a web address the name of its host."""
    scheme = re.sub(r"[^a-z0-9]", "", url.partition(":")[0].lower())
    if scheme not in ("http", "https"):
        return scheme
    with suppress(ValueError):
        labels = (urlsplit(url).hostname or "").split(".")
        if len(labels) > 1 and re.fullmatch(r"[a-z0-9]+", labels[-2]):
            return labels[-2]
    return scheme


def _tame(service: Any, timeouts: tuple[float, float], own_read: bool, own_connect: bool) -> None:  # noqa: ANN401
    """Take from a service what it does by itself: short time-outs, redirects, splitting, second requests.

    `?retry=` works only for callers of Apprise's manager, which is not asked here. Some services make a
    second request after a 429 on their own; they count them in an argument.
    """
    import inspect

    if not own_connect:
        service.socket_connect_timeout = timeouts[0]
    if not own_read:
        service.socket_read_timeout = timeouts[1]
    service.redirects = False
    service.overflow_mode = type(service.overflow_mode).UPSTREAM
    if hasattr(service, "ntfy_json_upstream_size_limit"):  # of JSON, above which it sends a file instead
        service.ntfy_json_upstream_size_limit = 1 << 20
    if sender := getattr(service, "_send", None):
        for name in {"rate_limit", "retries"} & set(inspect.signature(sender).parameters):
            service._send = partial(sender, **{name: 0})


def _instantiate(url: str, asset: Any) -> Any:  # noqa: ANN401
    """Make Apprise's object for a URL, whose HTTP is all bounded: it opens its sessions by itself."""
    import apprise
    import requests
    from requests.adapters import HTTPAdapter

    from botus.posting.http.bounded import Bounded

    requests.sessions.HTTPAdapter = Bounded  # there is no setting for it
    service = apprise.Apprise.instantiate(url, asset=asset)
    for kind in HTTPAdapter.__subclasses__():  # its own, such as that of look-ups of keys
        if kind.__module__.startswith("apprise."):
            kind.__bases__ = tuple(Bounded if base is HTTPAdapter else base for base in kind.__bases__)
    return service


def within(seconds: float, call: Callable[[], bool]) -> bool | None:
    """Run a call for so long at most; None where it had not ended, False where it failed.

    Its sockets are cut then, and a thread that waits for something else is left behind: the post is unknown
    either way.
    """
    from botus.posting.http.sockets import bounded

    results: list[bool] = []
    ends = time.monotonic() + seconds

    def run() -> None:
        try:
            with bounded(ends, _LONGEST):
                results.append(call())
        except Exception:
            results.append(False)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while thread.is_alive() and (left := shutdown.deadline(ends) - time.monotonic()) > 0:
        thread.join(min(left, 0.25))
    if results and (results[0] or time.monotonic() < ends):  # not what failed because it was cut
        return results[0]
    return None


class _Listener(logging.Handler):
    """Remembers the status that Apprise's warnings name; their other words may hold secrets."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.reason = "the service did not confirm it"

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if found := re.search(r"error=(\d{3})\b", message):
            self.reason = f"HTTP {found[1]}"
        elif "onnection error" in message:
            self.reason = "no answer"
