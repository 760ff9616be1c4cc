"""How long a platform asks to be left alone, from the headers of an answer. Pure.

`Retry-After` (RFC 9110, 10.2.3) holds seconds or an HTTP date. A limit is a pair of headers: how many
requests are left, and when it begins anew: in ISO-8601 on Mastodon, epoch seconds on GoToSocial, X and
Bluesky, seconds from now in the IETF's draft. X counts 24 hours beside its quarters of an hour: where one of
several limits is used up, its reset is the time to wait for. All times count on the server's clock. What
cannot be read says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from botus.posting.http.exchange import Exchange, http_date, moment

_LIMITS = ("x-ratelimit", "x-rate-limit", "ratelimit", "x-app-limit-24hour", "x-user-limit-24hour")
_ONE_DAY = ("x-app-limit-24hour", "x-user-limit-24hour")  # told with every answer, whichever limit is meant
_LONGEST_LIMIT = 25 * 3600.0  # seconds; no limit lasts longer than a day, so a later reset is nonsense
_LONGEST_WAIT = 366 * 86400.0  # seconds; so that any number can be told as a time
_EPOCH_FROM = 1e9  # smaller numbers are seconds from now, larger ones from 1970


def wait_until(exchange: Exchange, now: float) -> float | None:
    """When the platform may be asked again, in epoch seconds of the own clock; None where it does not say."""
    server_now = exchange.date() or now
    waits = [*_used_up(exchange, server_now), *_retry_after(exchange, server_now)]
    wait = max(waits, default=0.0)
    return now + min(wait, _LONGEST_WAIT) if wait > 0 else None


def _retry_after(exchange: Exchange, server_now: float) -> Iterator[float]:
    """The seconds of every `Retry-After`: a proxy may have added one of its own."""
    value = exchange.headers.get("retry-after", "")
    date = http_date(value)
    if date is not None:
        yield date - server_now
        return
    for part in value.split(","):
        seconds = _number(part)
        if seconds is not None:
            yield seconds


def _used_up(exchange: Exchange, server_now: float) -> Iterator[float]:
    """The seconds until the limits that are used up begin anew.

    An answer 429 whose limits say that none is used up means the ordinary one all the same.
    """
    told = {limit: _reset(exchange.headers.get(f"{limit}-reset", ""), server_now) for limit in _LIMITS}
    resets = {limit: wait for limit, wait in told.items() if wait is not None}
    spent = [limit for limit in resets if _number(exchange.headers.get(f"{limit}-remaining", "")) == 0]
    if not spent and exchange.status == 429:
        spent = [limit for limit in resets if limit not in _ONE_DAY]
    yield from (resets[limit] for limit in spent)


def _reset(value: str, server_now: float) -> float | None:
    """Seconds until a reset; None where it is nonsense or has passed."""
    number = _number(value)
    if number is None:
        time = moment(value.strip())
        wait = None if time is None else time - server_now
    else:
        wait = number if number < _EPOCH_FROM else number - server_now
    return wait if wait is not None and 0 < wait <= _LONGEST_LIMIT else None


def _number(value: str) -> float | None:
    found = re.fullmatch(r"[0-9]+(?:\.[0-9]*)?", value.strip())
    return float(found[0]) if found else None
