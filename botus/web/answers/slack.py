"""Slack's slash command: signature, question, answer. Pure.

Sources: Slack's pages "Verifying requests from Slack" and "Implementing slash commands".
"""

from __future__ import annotations

import hashlib
import hmac
from typing import NamedTuple
from urllib.parse import parse_qs

from botus.posting.targets.webhook_text import slack as escaped
from botus.web.answers.conversations import SILENCE
from botus.web.answers.limits import is_recent

_MOST_FIELDS = 50


class Command(NamedTuple):
    """A slash command that somebody gave."""

    said: str
    user: str
    place: str  # the channel


def is_signed(secret: str, moment: str, signature: str, body: bytes, now: float) -> bool:
    """Tell whether a request comes from Slack, and just now.

    Args:
        secret: the app's signing secret.
        moment, signature: X-Slack-Request-Timestamp and X-Slack-Signature; body: as it came.
        now: Unix time in seconds.
    """
    right = hmac.new(secret.encode(), b"v0:" + moment.encode() + b":" + body, hashlib.sha256).hexdigest()
    is_right = hmac.compare_digest(f"v0={right}".encode(), signature.encode("latin-1", "replace"))
    return is_right and is_recent(moment, now)


def command(body: bytes) -> Command:
    """Read the form in a request's body.

    Raises:
        ValueError: it is none.
    """
    fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=_MOST_FIELDS)
    said, user, place = (fields.get(name, [""])[0] for name in ("text", "user_id", "channel_id"))
    return Command(said, f"{fields.get('team_id', [''])[0]} {user}", place or user)


def answer(line: str | None) -> dict[str, object]:
    """Return what everybody in the channel reads, or what only the asker reads where there is no line."""
    if line is None:
        return {"response_type": "ephemeral", "text": SILENCE}
    return {"response_type": "in_channel", "text": escaped(line), "mrkdwn": False}
