"""Reads the `tweets.csv` that X's archives had before 2018.

An archive goes in, records in the shape of the later `tweets.js` come out. The one surprise: the column
`expanded_urls` has the addresses of media and links in the order of the text, without saying which is which.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import Any

from botus.corpus.parsing.archive import Archive, start_of, where
from botus.corpus.parsing.decoding import glance, lines_of, text_of
from botus.corpus.parsing.rows import rows_of

_NAME = re.compile(r"(?:.*/)?tweets\.csv")
_SHORT = re.compile(r"https?://t\.co/\w+")
_COLUMNS = frozenset(("tweet_id", "timestamp", "text", "retweeted_status_id", "expanded_urls"))


def files_of(archive: Archive) -> list[str]:
    """Return the name of the file where an archive has one, else nothing."""
    names = [name for name in archive.names if _NAME.fullmatch(name)]
    return [name for name in names if is_header(glance(start_of(archive, name)))][:1]


def is_header(start: str) -> bool:
    """Tell whether a text begins with the header of such a file."""
    first = next(csv.reader([re.split(r"[\r\n]", start[:4096], maxsplit=1)[0]]), [])
    return {one.strip() for one in first} >= _COLUMNS


def tweets(archive: Archive, name: str, notes: list[str]) -> Iterator[dict[str, Any]]:
    """Yield one record per row."""
    place = where(archive, name)
    rows = rows_of(lines_of(text_of(archive.pieces(name), place, notes), place), place, ",")
    header = next(rows, [])
    for row in rows:
        yield _tweet(dict(zip(header, row, strict=False)))


def _tweet(row: dict[str, str]) -> dict[str, Any]:
    text, whole = row.get("text", ""), row.get("expanded_urls", "").split(",")
    short = _SHORT.findall(text)
    # Pictures are listed once each, links up to twice; only an equal number says which is which.
    addresses = list(dict.fromkeys(one for one in whole if one))
    urls = zip(short, addresses, strict=True) if len(short) == len(addresses) else ()
    return {
        "id_str": row.get("tweet_id"),
        "text": text,
        "created_at": row.get("timestamp"),
        "in_reply_to_user_id_str": row.get("in_reply_to_user_id"),
        "retweeted_status": row.get("retweeted_status_id"),
        "entities": {
            "urls": [{"url": one, "expanded_url": address} for one, address in urls],
            "media": [{} for one in addresses if re.search(r"/status/\d+/(?:photo|video)/", one)],
        },
    }
