"""A browser in front of a person who presses the one button of every page: `BROWSER='python browser.py %s'`.

Standard library only, and no more of it than needed: it is started for each login.
"""

from __future__ import annotations

import html
import http.client
import re
import sys
from urllib.parse import urlencode, urljoin, urlsplit

BROWSER = f"{sys.executable} -SE {__file__} %s"
"""The setting with which a program opens it."""


def browse(address: str) -> tuple[int, str]:
    """Open a page, send its form where it has one, and go wherever that leads; returns the last page."""
    form: dict[str, str] | None = None
    for _ in range(10):
        parts = urlsplit(address)
        connection = http.client.HTTPConnection(parts.netloc, timeout=10)
        place = f"{parts.path or '/'}?{parts.query}"
        if form is None:
            connection.request("GET", place)
        else:
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", place, urlencode(form), kind)
        answer = connection.getresponse()
        page = answer.read().decode()
        connection.close()
        form, target = None, answer.getheader("Location")
        if target is None and (found := re.search(r'<form action="([^"]*)"', page)):
            fields = re.findall(r'<input[^>]* name="([^"]*)" value="([^"]*)"', page)
            form = {html.unescape(name): html.unescape(value) for name, value in fields}
            target = html.unescape(found[1])
        if target is None:
            return answer.status, page
        address = urljoin(address, target)
    raise RuntimeError("it leads nowhere")


if __name__ == "__main__":
    browse(sys.argv[1])
