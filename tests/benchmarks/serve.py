"""How long an answer of `botus serve` takes where many ask: 200 a second for a minute.

    python -m tests.benchmarks.serve [--seconds 60] [--rate 200] [--lines 5000] [--keep-alive]

Asks a real server on the loopback, from 250 addresses, each question on a connection of its own unless they
are kept. Questions come by the clock, whether the ones before were answered or not, and each counts from the
moment at which it was due; so a server that falls behind is seen. Questions are made of words of the lines.
Prints what came back, the times in milliseconds, and the server's memory.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from urllib.parse import quote

from botus import demo

_ADDRESSES = 250
_PATIENCE = 30.0  # seconds for an answer


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rate", type=int, default=200, help="questions a second")
    parser.add_argument("--lines", type=int, default=5000, help="lines of answers.txt")
    parser.add_argument("--keep-alive", action="store_true", help="one connection for each address")
    given = parser.parse_args()
    if given.seconds * given.rate > 200_000:
        parser.error("that would be more than 200,000 questions")
    lines = demo.corpus().read_text().splitlines()[: given.lines]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "answers.txt").write_text("\n".join(lines) + "\n")
        command = [sys.executable, "-m", "botus", "serve", "--data", folder, "--port", "0", "--json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout
                port = int(read_json(server.stdout)["address"].rpartition(":")[2])
                asyncio.run(measure(port, server.pid, lines, given))
            finally:
                server.terminate()


def read_json(source: object) -> dict[str, str]:
    text = ""
    for line in source:  # type: ignore[attr-defined]
        text += line
        if line == "}\n":
            break
    found: dict[str, str] = json.loads(text)
    return found


async def measure(port: int, pid: int, lines: list[str], given: argparse.Namespace) -> None:
    rng = random.Random(1)
    asked = [" ".join(rng.sample(rng.choice(lines).split(), 3)) for _ in range(given.rate * given.seconds)]
    client = Client(port, keep_alive=given.keep_alive)
    await client.ask(0, "a first question")  # the lines are read now
    before, used = memory(pid), cpu(pid)
    began, load = time.monotonic() + 0.1, os.getloadavg()[0]
    tasks, middle = [], 0.0
    for number, question in enumerate(asked):
        due = began + number / given.rate
        if (wait := due - time.monotonic()) > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.create_task(client.timed(number % _ADDRESSES, question, due)))
        if number == len(asked) // 2:
            middle = memory(pid)
    results = await asyncio.gather(*tasks)
    lasted, used = time.monotonic() - began, cpu(pid) - used
    times = sorted(1000 * seconds for _, seconds in results)
    print(f"{os.cpu_count()} cores, load {load:.1f} before; {len(lines)} lines")
    print(f"{len(asked)} questions in {lasted:.1f} s, {given.rate} a second wanted; answers:", end=" ")
    print(", ".join(f"{count} x {status}" for status, count in Counter(s for s, _ in results).items()))
    quantiles = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999}
    shown = [f"{name} {times[int(share * len(times))]:.1f}" for name, share in quantiles.items()]
    print(f"milliseconds: {', '.join(shown)}, longest {times[-1]:.1f}")
    print(f"CPU of the server: {1000 * used / len(asked):.2f} ms a question, {used / lasted:.0%} of a core")
    print(
        f"memory of the server: {before:.0f} MB before, {middle:.0f} in the middle, {memory(pid):.0f} after"
    )


class Client:
    """Asks from many addresses of the loopback."""

    def __init__(self, port: int, *, keep_alive: bool) -> None:
        self._port, self._keep_alive = port, keep_alive
        self._kept: dict[int, tuple[asyncio.StreamReader, asyncio.StreamWriter]] = {}
        self._locks = [asyncio.Lock() for _ in range(_ADDRESSES)]

    async def timed(self, address: int, question: str, due: float) -> tuple[str, float]:
        try:
            async with asyncio.timeout(_PATIENCE):
                status = await self.ask(address, question)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            status = type(error).__name__
        return status, time.monotonic() - due

    async def ask(self, address: int, question: str) -> str:
        """Return the status of an answer that was read to its end."""
        async with self._locks[address]:
            reader, writer = self._kept.pop(address, None) or await asyncio.open_connection(
                "127.0.0.1", self._port, local_addr=(f"127.0.1.{address + 1}", 0)
            )
            how = "keep-alive" if self._keep_alive else "close"
            line = f"GET /?prompt={quote(question)} HTTP/1.1"
            writer.write(f"{line}\r\nHost: localhost\r\nConnection: {how}\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            body = await reader.readexactly(length)
            if self._keep_alive:
                self._kept[address] = reader, writer
            else:
                writer.close()
        status = head.split(b" ", 2)[1].decode()
        return status if status != "200" or json.loads(body)["text"] else "200 without a text"


def memory(pid: int) -> float:
    """The resident memory of a process, in MB."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def cpu(pid: int) -> float:
    """The time that a process has had on a processor, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
