"""`botus web` as a process, and a client that speaks HTTP with it over the loopback."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.command import start


@dataclass
class Served:
    """A page that is running; `client` is a device."""

    process: subprocess.Popen[str]
    login: str
    cookie: str = ""
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection(self.host, timeout=30)

    @property
    def host(self) -> str:
        return self.login.split("/")[2]

    def ask(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        """Return status and JSON, or bytes where it is none."""
        given = {"Host": self.host, "Cookie": self.cookie, "Sec-Fetch-Site": "same-origin"}
        given |= {"Content-Type": "application/json"} if body is not None else {}
        content = None if body is None else json.dumps(body)
        self.connection.request(method, path, content, {**given, **(headers or {})})
        answer = self.connection.getresponse()
        found = answer.read()
        if set_cookie := answer.headers.get("Set-Cookie"):
            self.cookie = set_cookie.partition(";")[0]
        is_json = answer.headers.get_content_type() == "application/json"
        return answer.status, json.loads(found) if is_json else found

    def send(self, path: str, client: str = "sofa", **fields: object) -> Any:  # noqa: ANN401
        """POST as the page does; it has to go well."""
        status, found = self.ask("POST", path, {"client": client, **fields})
        assert status == 200, found
        return found

    def enter(self) -> None:
        self.send("/login", token=self.login.partition("#")[2])

    def end(self, number: int = signal.SIGTERM) -> int:
        """End it with a signal; returns its exit code."""
        self.connection.close()
        self.process.send_signal(number)
        return self.process.wait(30)


def begun(data: Path, *arguments: str, cookie: str = "", **settings: str) -> Served:
    """Start a page at any free port, or at that of the arguments."""
    ports = () if "--port" in arguments else ("--port", "0")
    process = start("web", "--data", data, "--json", *ports, *arguments, **settings)
    assert process.stdout
    answer = ""
    while not answer.endswith("}\n"):
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        answer += line
    return Served(process, json.loads(answer)["login"], cookie)


@contextmanager
def served(data: Path, *arguments: str, **settings: str) -> Iterator[Served]:
    """A page that is logged into, ended at the end."""
    page = begun(data, *arguments, **settings)
    try:
        page.enter()
        yield page
    finally:
        page.process.kill()
        page.process.communicate()
        page.connection.close()
