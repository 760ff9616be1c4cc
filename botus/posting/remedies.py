"""What a person can do about an answer that was a no, by the words in which it is told. Pure.

The words are those of the transport and of `exchange.describe`.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from botus.platforms.rows import Platform
from botus.text import address as read_address

# By what a reason says, the first that fits; a server of one's own has another remedy where its address may
# be what is wrong.
_REMEDIES = (
    ("clock of this machine", "set the clock, and let it be set: timedatectl set-ntp true", ""),
    (
        "HTTP 401",
        "copy {secrets} again, whole, or make a new token: docs/tokens.md",
        "copy {secrets} again, whole, or make a new token on {host}: docs/tokens.md",
    ),
    ("HTTP 402", "buy credits in the developer console", ""),
    (
        "HTTP 403",
        "look whether the account is limited, in a browser, and what its token may do: docs/tokens.md",
        "",
    ),
    ("HTTP 429", "try again later", ""),
    ("the proxy", "look at HTTPS_PROXY and HTTP_PROXY; NO_PROXY={host} goes past them", ""),
    ("name was not found", "is there a network?", "{is_right}, and is there a network?"),
    ("certificate", "is the clock of this machine right?", "{is_right}, and is the clock of this machine?"),
    ("no secure connection", "", "{is_right}? Where the server has no https it begins with http://"),
    ("refused", "does a firewall keep botus from it?", "{is_right}, and does the server run?"),
    ("timed out", "does a firewall keep botus from it?", "{is_right}, and does the server run?"),
    ("no answer", "is {secrets} right, and is there a network?", ""),
    (
        "HTTP 404",
        "copy {secrets} again, whole: docs/tokens.md",
        "{is_right}? It is the server that has the account",
    ),
    ("API", "", "{is_right}? It is the server that has the account"),
    ("points to", "", "{is_right}?"),
)
_MANY = 3  # settings that are not listed one by one


def remedy(reason: str, platform: Platform, address: str) -> str:
    """Say what a person can do, in half a sentence; "" where nothing is known that helps.

    Args:
        address: of the server that was asked.
    """
    setting = next((one.name for one in platform.settings if one.read is read_address), "")
    parts = urlsplit(address)
    root = f"{parts.scheme}://{parts.netloc}"
    is_own = bool(setting) and address != platform.host
    if is_own and (elsewhere := _pointed_to(reason, root)):
        return f"set {setting}={elsewhere}"
    if is_own and parts.path and any(words in reason for words in ("HTTP 404", "API", "points to")):
        return f"set {setting}={root}, without the path behind it"
    names = [one.name for one in platform.required if one.read is not read_address]
    words = {
        "secrets": " and ".join(names) if len(names) < _MANY else platform.credentials,
        "host": parts.hostname or "",
        "is_right": f"is {setting}={root} right",
    }
    for told, usual, of_own in _REMEDIES:
        if told in reason and (found := (is_own and of_own) or usual):
            return found.format(**words)
    return ""


def _pointed_to(reason: str, root: str) -> str:
    """Another server that the answer points to, or this one with https."""
    found = reason.partition("points to ")[2].partition(" ")[0].rstrip(":,;")
    return found if found.startswith("https://") and found != root else ""
