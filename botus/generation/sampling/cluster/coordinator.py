"""Hands the units of a stream to the workers of a Dask cluster, and takes them back in their order.

Only this module imports `distributed`. Each unit is given to a certain worker, two per thread, and to another
one if that goes away: so every machine has just enough, and none has to be asked how fast it is.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
import pickle
import secrets
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import urlsplit

from botus.errors import SettingsError, TemporaryError, network_words
from botus.generation.job import Sample
from botus.generation.sampling.cluster.welcome import Welcome
from botus.generation.sampling.units import Plan, Writer
from botus.text import counted

try:
    import distributed
except ImportError as error:
    raise SettingsError(
        "the cluster extra is not installed", "pip install 'botus[generate,cluster]'"
    ) from error

_IN_FLIGHT = 2  # units per thread of a worker: one is sampled, the next is there when it is done
_AHEAD = 16  # units per thread that may be done before the one that comes next: a slow machine stops nobody
_FAILURES = 3  # units in a row after which a worker gets no more
_LOOK = 0.5  # seconds between two looks at who is there
_CONNECT = 10.0  # seconds
_GREETING = 1 << 16  # bytes; a scheduler's are a few hundred
_AWAY = (OSError, TimeoutError, distributed.CancelledError)


class _AnotherProgramError(Exception):
    """What answers is no scheduler."""


@dataclass
class Hand:
    """A worker, and what it has done."""

    name: str
    threads: int
    since: float
    flying: int = 0  # units that it has got
    units: int = 0
    texts: int = 0
    failed: int = 0  # units in a row

    def has_written(self, texts: int) -> None:
        """Count a unit."""
        self.flying, self.failed = self.flying - 1, 0
        self.units, self.texts = self.units + 1, self.texts + texts


class Cluster:
    """Units that a cluster samples.

    Args:
        address: of the scheduler, as `address.checked` returns it.
        device: which one of theirs the workers use; one of `engine.DEVICES`.
        say: takes a sentence for the person.
        patience: seconds to wait for a worker where there is none.

    Attributes:
        hands: the workers by address, also those that have gone.
    """

    def __init__(
        self, address: str, device: str, say: Callable[[str], None], *, patience: float = 60.0
    ) -> None:
        self.address, self.device, self.say, self.patience = address, device, say, patience
        self.hands: dict[str, Hand] = {}
        _silence()

    def __call__(self, writer: Writer, plan: Plan, numbers: Iterator[int]) -> Iterator[list[Sample]]:
        """Yield units in the order of their numbers.

        Raises:
            SettingsError: no worker has what it needs.
            TemporaryError: the scheduler is not there or goes away, or there are no workers.
        """
        client = _connect(self.address)
        try:
            yield from _Stream(self, client, writer, plan, numbers).results()
        finally:
            with suppress(*_AWAY):
                client.close(timeout=2)

    def progress(self) -> Iterator[str]:
        """Say what each worker has done so far."""
        for hand in self.hands.values():
            rate = hand.texts / max(time.monotonic() - hand.since, 0.001)
            yield f"{hand.name}: {counted(hand.units, 'unit')}, {rate:.0f} texts/s"


class _Stream:
    """Who is there, and where each unit is."""

    def __init__(
        self, cluster: Cluster, client: distributed.Client, writer: Writer, plan: Plan, numbers: Iterator[int]
    ) -> None:
        self._cluster, self._client, self._plan, self._numbers = cluster, client, plan, numbers
        self._welcome = Welcome(writer, plan, cluster.device, self._run, cluster.say)
        self._fit: dict[str, Hand] = {}
        self._unfit: dict[str, str] = {}  # why, by address
        self._order: deque[int] = deque()  # units that are begun and not yielded
        self._back: list[int] = []  # a heap of those among them that have to be given to somebody again
        self._ready: dict[int, list[Sample]] = {}
        self._flying: dict[distributed.Future, tuple[int, str]] = {}  # the unit, and who has got it
        self._done: SimpleQueue[distributed.Future] = SimpleQueue()
        self._keys = (f"botus-{secrets.token_hex(4)}-{i}" for i in itertools.count())
        self._alone_since: float | None = None

    def results(self) -> Iterator[list[Sample]]:
        try:
            looked = -_LOOK
            while True:
                if time.monotonic() - looked >= _LOOK:
                    self._look()
                    looked = time.monotonic()
                self._hand_out()
                with suppress(Empty):
                    self._take(self._done.get(timeout=_LOOK))
                while self._order and self._order[0] in self._ready:
                    yield self._ready.pop(self._order.popleft())
        except _AWAY as error:
            raise self._gone() from error
        finally:
            with suppress(*_AWAY):
                self._client.cancel(list(self._flying), force=True)

    def _look(self) -> None:
        """See who has come and who has gone."""
        if self._client.status != "running":
            raise self._gone()
        there = self._client.scheduler_info(n_workers=-1)["workers"]  # else some Dasks tell of five
        for address in self._fit.keys() - there.keys():
            self._leave_out(address, "has gone")
        for address in self._unfit.keys() - there.keys():
            del self._unfit[address]
        new = {
            address: _name(address, one["name"])
            for address, one in there.items()
            if not (address in self._fit or address in self._unfit)
        }
        if new:
            unfit = self._welcome.welcome(new)
            for why in unfit.values():
                self._cluster.say(why)
            self._unfit |= unfit
            for address in new.keys() - unfit.keys():
                hand = Hand(new[address], there[address]["nthreads"], time.monotonic())
                self._fit[address] = self._cluster.hands[address] = hand
        self._wait_for_workers()

    def _wait_for_workers(self) -> None:
        address, patience = self._cluster.address, self._cluster.patience
        if self._fit:
            self._alone_since = None
        elif self._alone_since is None:
            self._alone_since = time.monotonic()
            self._cluster.say(f"waiting for workers; this starts one: dask worker {address}")
        elif time.monotonic() - self._alone_since >= patience:
            if self._unfit:
                raise SettingsError([f"no worker at {address} can write:", *self._unfit.values()])
            raise TemporaryError(
                f"{address} has had no workers for {patience:.0f} seconds",
                f"start some: dask worker {address}",
            )

    def _hand_out(self) -> None:
        """Give units to those who have the fewest, the earliest units first."""
        most = _AHEAD * sum(hand.threads for hand in self._fit.values())
        while free := [one for one in self._fit.items() if one[1].flying < _IN_FLIGHT * one[1].threads]:
            if self._back:
                number = heapq.heappop(self._back)
            elif len(self._order) < most:
                self._order.append(number := next(self._numbers))
            else:
                return
            address, hand = min(free, key=lambda one: one[1].flying / one[1].threads)
            todo = self._welcome.unit(self._plan, number)
            future = self._client.submit(
                pickle.loads, todo, key=next(self._keys), workers=[address], retries=1, pure=False
            )
            self._flying[future] = number, address
            hand.flying += 1
            future.add_done_callback(self._done.put)

    def _take(self, future: distributed.Future) -> None:
        """Take what has come back: a unit, or why there is none."""
        if future not in self._flying:  # it was taken back before
            return
        number, address = self._flying[future]
        try:
            samples = future.result(timeout=_CONNECT)
        except Exception as error:
            if self._client.status != "running":
                raise self._gone() from error
            self._withdraw(future)
            hand = self._fit[address]
            hand.failed += 1
            if hand.failed >= _FAILURES:
                self._leave_out(address, f"{counted(hand.failed, 'unit')} in a row have failed ({error})")
                self._unfit[address] = f"{hand.name}: {error}"
            return
        del self._flying[future]
        future.release()
        self._fit[address].has_written(len(samples))
        self._ready[number] = samples

    def _leave_out(self, address: str, why: str) -> None:
        """Give the units of a worker to others."""
        for future in [future for future, (_, owner) in self._flying.items() if owner == address]:
            self._withdraw(future)
        hand = self._fit.pop(address)
        self._cluster.say(f"{hand.name} {why}; the others write its units")

    def _withdraw(self, future: distributed.Future) -> None:
        number, address = self._flying.pop(future)
        self._fit[address].flying -= 1
        heapq.heappush(self._back, number)
        self._client.cancel([future], force=True)

    def _run(self, todo: bytes, addresses: Collection[str]) -> Mapping[str, Any]:
        if not addresses:
            return {}
        found: Mapping[str, Any] = self._client.run(
            pickle.loads, todo, workers=list(addresses), on_error="return"
        )
        return found

    def _gone(self) -> TemporaryError:
        return TemporaryError(
            f"the scheduler at {self._cluster.address} has gone away",
            "start it and its workers again; "
            f"the same command with --seed {self._plan.seed} goes on from there",
        )


def _silence() -> None:
    """Keep what Dask would print, tracebacks among it, off the screen: it is said here, in a sentence."""
    for name in list(logging.root.manager.loggerDict):  # Dask gives some of its loggers a level of their own
        if name.partition(".")[0] in ("distributed", "tornado"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def _connect(address: str) -> distributed.Client:
    parts = urlsplit(address)
    arguments = _certificates() if parts.scheme == "tls" else {}
    try:
        # Dask goes on trying where nobody listens, and does not say why; and its client hangs where something
        # else listens, and leaves a traceback behind.
        with socket.create_connection((parts.hostname, parts.port), timeout=_CONNECT) as connection:
            if not arguments:
                _check_greeting(connection)
        asyncio.run(_ask(address, arguments))
        return distributed.Client(address, timeout=_CONNECT, set_as_default=False)
    except (*_AWAY, _AnotherProgramError) as error:
        is_other = isinstance(error, _AnotherProgramError)
        why = "another program does" if is_other else network_words(error)
        raise TemporaryError(
            f"no Dask scheduler answers at {address}: {why}",
            "start one there with: dask scheduler; or correct the address",
        ) from error


def _certificates() -> dict[str, Any]:
    """Find them before a client is made, which would wait for its own end."""
    arguments: dict[str, Any] = {}
    try:
        arguments = distributed.Security().get_connection_args("client")
        found = arguments.get("ssl_context")
        why = "" if found else "DASK_DISTRIBUTED__COMM__TLS__CA_FILE and its like are not set"
    except (OSError, TypeError, ValueError) as error:  # ssl.SSLError, which is an OSError, too
        why = str(error)
    if why:
        raise SettingsError(f"tls:// needs certificates: {why}", "docs/many-machines.md shows which")
    return arguments


def _check_greeting(connection: socket.socket) -> None:
    """Look whether a scheduler speaks, which begins with the size of its first message, 8 bytes of it.

    Dask believes any number there, and asks for so much memory.
    """
    size = int.from_bytes(connection.recv(8, socket.MSG_WAITALL), "little")
    if not 0 < size <= _GREETING:
        raise _AnotherProgramError


async def _ask(address: str, arguments: Mapping[str, Any]) -> None:
    """Ask who is there. Raises OSError or _AnotherProgramError where no scheduler answers."""
    try:
        async with asyncio.timeout(_CONNECT), distributed.rpc(address, connection_args=arguments) as other:
            await other.identity()
    except _AWAY:
        raise
    except ValueError as error:  # tornado's, where what answers does not speak TLS
        raise (ssl.SSLError(str(error)) if arguments else _AnotherProgramError) from error
    except Exception as error:  # whatever Dask makes of the words of another program
        raise _AnotherProgramError from error


def _name(address: str, given: object) -> str:
    """What a worker was called at its start, or host and port."""
    return str(given) if given != address else address.partition("://")[2]
