"""Where a scheduler may be. Who reaches one runs programs on all of its workers, so the way there matters."""

from __future__ import annotations

from urllib.parse import urlsplit

from botus.errors import RefusedError, SettingsError
from botus.text import is_loopback

_NOT_IN_IT = frozenset("#\n\r\t")  # a fragment, and what urlsplit passes over
_EXAMPLE = "for example --cluster tcp://127.0.0.1:8786 or --cluster tls://192.168.1.10:8786"


def checked(address: str, *, insecure: bool) -> str:
    """Return the address of a scheduler as Dask writes it, tcp:// where it has no scheme; connects to nobody.

    Args:
        address: HOST:PORT, tcp://HOST:PORT or tls://HOST:PORT.
        insecure: tcp:// may lead to another machine.

    Raises:
        SettingsError: it is no such address.
        RefusedError: it leads to another machine without encryption.
    """
    full = address if "://" in address else f"tcp://{address}"
    try:
        parts = urlsplit(full)
        is_whole = bool(parts.hostname and parts.hostname.encode("idna") and parts.port)
    except ValueError:  # as of what cannot be a name
        is_whole = False
    if not is_whole or parts.path or parts.query or parts.username is not None or set(full) & _NOT_IN_IT:
        raise SettingsError(f"--cluster {address}: not the address of a scheduler", _EXAMPLE)
    if parts.scheme not in ("tcp", "tls"):
        raise SettingsError(f"--cluster {address}: botus connects by tcp:// or tls://", _EXAMPLE)
    if parts.scheme == "tcp" and not (insecure or is_loopback(parts.hostname or "")):
        raise RefusedError(
            f"--cluster {address}: tcp:// is open to everybody on the way, who could run programs as you",
            "use tls:// or an ssh tunnel (docs/many-machines.md), or --insecure in a network of your own",
        )
    return full
