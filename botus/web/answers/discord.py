"""Discord's interactions: signature, question, answer. Pure.

Source: Discord's documentation, "Receiving and Responding" to interactions over HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from botus.errors import SettingsError
from botus.posting.targets.webhook_text import discord as escaped
from botus.web.answers.conversations import SILENCE
from botus.web.answers.limits import is_recent

_PING, _COMMAND = 1, 2
_PONG, _MESSAGE, _EPHEMERAL = 1, 4, 64
_LONGEST = 2000  # characters of a message, in UTF-16 units


class Interaction(NamedTuple):
    """What Discord hands on; `said` is None where it only asks whether somebody is there."""

    id: str
    said: str | None
    user: str
    place: str  # the channel


class Signatures:
    """Tells whether requests come from Discord.

    Args:
        public_key: the application's, 64 hexadecimal digits.

    Raises:
        SettingsError: PyNaCl is not installed, or this is no key.
    """

    def __init__(self, public_key: str) -> None:
        try:
            from nacl.exceptions import BadSignatureError
            from nacl.signing import VerifyKey
        except ImportError as error:
            raise SettingsError(
                "DISCORD_PUBLIC_KEY is set, but the discord extra is not installed",
                "pip install 'botus[discord]'",
            ) from error
        self._bad = BadSignatureError
        self._key = VerifyKey(bytes.fromhex(public_key))

    def is_signed(self, moment: str, signature: str, body: bytes, now: float) -> bool:
        """Tell whether a request comes from Discord, and just now.

        Args:
            moment, signature: X-Signature-Timestamp and X-Signature-Ed25519; body: as it came.
            now: Unix time in seconds.
        """
        try:
            self._key.verify(moment.encode() + body, bytes.fromhex(signature))
        except (ValueError, TypeError, self._bad):
            return False
        return is_recent(moment, now)


def interaction(fields: Mapping[str, Any]) -> Interaction:
    """Read an interaction.

    Raises:
        ValueError: it is of a kind that no command of botus leads to.
    """
    kind = fields.get("type")
    if kind == _PING:
        return Interaction("", None, "", "")
    data, member = _object(fields, "data"), _object(fields, "member")
    if kind != _COMMAND or data.get("type", 1) != 1:
        raise ValueError("this is no slash command")
    given = data.get("options")
    texts = [one.get("value") for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    user = str((_object(member, "user") or _object(fields, "user")).get("id", ""))
    said = " ".join(text for text in texts if isinstance(text, str))
    return Interaction(str(fields.get("id", "")), said, user, str(fields.get("channel_id", "") or user))


def pong() -> dict[str, object]:
    """Return the answer to the question whether somebody is there."""
    return {"type": _PONG}


def answer(line: str | None) -> dict[str, object]:
    """Return what everybody in the channel reads, or what only the asker reads where there is no line.

    Nobody is pinged by it, whatever it holds.
    """
    data: dict[str, object] = {"allowed_mentions": {"parse": []}}
    if line is None or len((text := escaped(line)).encode("utf-16-le", "surrogatepass")) // 2 > _LONGEST:
        return {"type": _MESSAGE, "data": data | {"content": SILENCE, "flags": _EPHEMERAL}}
    return {"type": _MESSAGE, "data": data | {"content": text}}


def _object(fields: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = fields.get(name)
    return found if isinstance(found, dict) else {}
