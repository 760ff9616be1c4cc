"""Is a worker fit, and has it the model? Asked of each once, when it comes.

What goes to a worker is bytes that make a call when they are unpickled there: so the scheduler, which
unpickles functions and arguments to look at them, needs no botus.
"""

from __future__ import annotations

import itertools
import json
import pickle
import re
import secrets
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from botus.generation.job import Sample
from botus.generation.sampling.cluster import worker
from botus.generation.sampling.units import Plan, Writer
from botus.text import counted

# Asks workers, by address, to unpickle something, and returns what came of it, or the exception.
Run = Callable[[bytes, Collection[str]], Mapping[str, Any]]

_NEEDED = ("botus", "ctranslate2")  # of another version, other texts
_BETTER_ALIKE = ("Python", "distributed")  # Dask asks for it, and mostly works all the same
_OF_A_MODEL = re.compile(
    r"model\.bin|config\.json|(?:shared_)?vocabulary\.(?:json|txt)"
)  # what CTranslate2 reads
_PROBE = {"batch": 4, "max_tokens": 24}


class Welcome:
    """What workers are asked and given before they sample units of a stream.

    Attributes:
        model: the digest of the converted model.
    """

    def __init__(self, writer: Writer, plan: Plan, device: str, run: Run, say: Callable[[str], None]) -> None:
        self._files, self._precision, self._loading = _files(writer), writer.precision, writer.loading
        self.model, self._device, self._run, self._say = worker.digest(self._files), device, run, say
        smaller = {name: min(most, getattr(plan.options, name)) for name, most in _PROBE.items()}
        self._probe = replace(plan, options=replace(plan.options, **smaller))
        self._expected = writer.write(self._probe, 0)

    def welcome(self, new: Mapping[str, str]) -> dict[str, str]:
        """Make workers ready, and return what speaks against those that are not, by address.

        Args:
            new: names by address.
        """
        greetings = self._run(call(worker.greet, self.model), new)
        unfit = {address: why for address in new if (why := _objection(greetings.get(address)))}
        for difference in _differences({new[a]: greetings[a].versions for a in new if a not in unfit}):
            self._say(difference)
        places = {a: greetings[a].place for a in new if a not in unfit and not greetings[a].has}
        while places:
            unfit |= self._send({place: address for address, place in places.items()}.values())
            greetings = self._run(call(worker.greet, self.model), [a for a in places if a not in unfit])
            places = {
                a: g.place for a, g in greetings.items() if isinstance(g, worker.Greeting) and not g.has
            }
        unfit |= self._compare({address: name for address, name in new.items() if address not in unfit})
        return {address: f"{new[address]}: {why}" for address, why in unfit.items()}

    def unit(self, plan: Plan, number: int) -> bytes:
        """Return the call that samples a unit on a worker."""
        return call(worker.write, self.model, self._device, self._loading, plan, number)

    def _send(self, addresses: Collection[str]) -> dict[str, str]:
        """Send the model, and return why it did not arrive, by address."""
        size = sum(len(one) if isinstance(one, bytes) else one.stat().st_size for one in self._files.values())
        self._say(f"sending the model, {size / 1e6:.0f} MB, to {counted(len(addresses), 'worker')}")
        transfer, left, failed = secrets.token_hex(8), list(addresses), {}
        pieces = (
            call(worker.put, transfer, name, chunk)
            for name, file in self._files.items()
            for chunk in worker.chunks(file)
        )
        for todo in itertools.chain(pieces, [call(worker.keep, self.model, transfer)]):
            for address, answer in self._run(todo, left).items():
                if answer is not None:
                    failed[address] = f"cannot keep the model ({_words(answer)})"
                    left.remove(address)
        return failed

    def _compare(self, names: Mapping[str, str]) -> dict[str, str]:
        """Say where the same unit comes out otherwise than here, and return who has failed."""
        answers = self._run(self.unit(self._probe, 0), names)
        failed = {
            a: f"cannot write ({_words(one)})" for a, one in answers.items() if not isinstance(one, list)
        }
        # The floats of float32 differ in the last digits between processors, and its texts do not; of int8's
        # texts one in seven did between AVX2 and AVX-512.
        bits = self._precision != "float32"
        expected = _texts(self._expected, bits=bits)
        others = [names[a] for a in answers if a not in failed and _texts(answers[a], bits=bits) != expected]
        if others:
            named, remedy = (
                ", ".join(sorted(others)),
                "; --precision float32 makes them agree" if bits else "",
            )
            self._say(f"another kind of processor, which now and then writes another text: {named}{remedy}")
        return failed


def _texts(samples: list[Sample], *, bits: bool) -> list[tuple[str, float]]:
    return [(sample.text, sample.logprob if bits else 0.0) for sample in samples]


def call(function: Callable[..., object], *arguments: object) -> bytes:
    """Return bytes that are the function's result once they are unpickled."""
    return pickle.dumps(_Call(function, arguments))


class _Call:
    def __init__(self, function: Callable[..., object], arguments: tuple[object, ...]) -> None:
        self._parts = function, arguments

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self._parts


def _files(writer: Writer) -> dict[str, Path | bytes]:
    tokens = {"pieces": [piece.decode("latin-1") for piece in writer.pieces], "ends": sorted(writer.ends)}
    found: dict[str, Path | bytes] = {
        one.name: one for one in writer.folder.iterdir() if _OF_A_MODEL.fullmatch(one.name)
    }
    return found | {worker.TOKENS: json.dumps(tokens).encode()}


def _objection(answer: object) -> str:
    """Why a worker with this answer to `greet` cannot sample; "" if it can."""
    install = f"install botus[generate,cluster] {worker.versions()['botus']} there"
    if isinstance(answer, ModuleNotFoundError) and answer.name == "botus":
        return f"has no botus: {install}"
    if not isinstance(answer, worker.Greeting):
        return f"does not answer as this botus would ({_words(answer)}): {install}"
    for name in _NEEDED:
        here, there = worker.versions()[name], answer.versions[name]
        if here != there:
            return f"has {name} {there}, here is {here}: {install}" if there else f"has no {name}: {install}"
    return ""


def _differences(versions: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """Say what workers, by name, have in another version than this machine, and may work all the same."""
    for what in _BETTER_ALIKE:
        here = worker.versions()[what]
        others = defaultdict[str, list[str]](list)
        for name, there in versions.items():
            others[there.get(what, "")].append(name)
        for version, names in sorted(others.items()):
            if version not in ("", here):
                one = ", ".join(sorted(names))
                yield f"{what} is {version} on {one} and {here} here: where units fail, install the same"


def _words(answer: object) -> str:
    return f"{type(answer).__name__}: {answer}" if isinstance(answer, Exception) else "nothing came"
