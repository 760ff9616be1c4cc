"""How often who may ask, how old a signed request may be, and answers to those that come again."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

from botus.web.guard import Rate

_A_SECOND, _AT_ONCE = 1.0, 60  # of one address, or of one person in Slack or Discord
_A_SECOND_IN_ALL, _AT_ONCE_IN_ALL = 300.0, 600
_SIGNED_FOR = 300.0  # seconds by which a signed request may be old, or a clock ahead
_DIGITS = 16  # fewer in a moment
_REMEMBERED = 1000
_FOR = 2 * _SIGNED_FOR


class Full(Exception):
    """So many wait for an answer that one more would not get it in time."""


class Limits:
    """Counts questions, by who asks and in all.

    Args:
        clock: seconds, of any beginning.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._each = Rate(_A_SECOND, _AT_ONCE, clock)
        self._all = Rate(_A_SECOND_IN_ALL, _AT_ONCE_IN_ALL, clock)

    def admit(self, who: str) -> bool:
        """Count a question, and tell whether it may be answered; one that may not does not count."""
        if self._all.left("") < 1 or self._each.left(who) < 1:
            return False
        self._all.take("")
        self._each.take(who)
        return True


def is_recent(moment: str, now: float) -> bool:
    """Tell whether a signed request was made just now.

    Args:
        moment: Unix time in seconds, as the request says it.
        now: Unix time in seconds.
    """
    is_number = moment.isascii() and moment.isdecimal() and len(moment) < _DIGITS
    return is_number and abs(now - int(moment)) <= _SIGNED_FOR


def network(address: str) -> str:
    """Return what stands for an address: of IPv6 the network, of which one person has all addresses."""
    plain = address.removeprefix("[").partition("]")[0]  # as proxies write it, with a port
    try:
        found = ip_address(plain.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or IPv6Address(int(found) >> 64 << 64))
    return str(found)


class Answered:
    """The answers to signed requests, so that one that comes again gets the same answer and no other.

    Args:
        clock: seconds, of any beginning.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._answers: OrderedDict[str, tuple[float, dict[str, object]]] = OrderedDict()

    def once(self, key: str, answer: Callable[[], dict[str, object]]) -> dict[str, object]:
        """Return the answer that a request had, or has now."""
        with self._guard:
            now = self._clock()
            while self._answers and next(iter(self._answers.values()))[0] < now - _FOR:
                self._answers.popitem(last=False)
            if key not in self._answers:
                self._answers[key] = now, answer()
                while len(self._answers) > _REMEMBERED:
                    self._answers.popitem(last=False)
            return self._answers[key][1]
