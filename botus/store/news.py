"""Owns .botus/news.json: how the last slots of `run` went, and what the owner has been told of.

In: what happens now. Out: what is still to be told, to whom. An event is told once to each service and is
forgotten when it is over, so it can be news again; a service that did not take it is tried again, some times
and ever more rarely. The one surprise: nothing is posted on this file's word, so a damaged one is not in the
way of anything: it is begun anew, and what still holds is told once more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from botus.errors import FileError
from botus.store.durable import files

TRIES = 6  # per event and service
_PAUSE, _GROWTH = 60.0, 6  # seconds to the second try, and how much longer each pause is than the last


@dataclass
class Told:
    """One service, one event: `tries` so far, the last `at` (epoch seconds), whether it was `heard`."""

    tries: int = 0
    at: float = 0.0
    heard: bool = False

    def is_due(self, now: float) -> bool:
        """Tell whether it is to be tried now."""
        if self.heard or self.tries >= TRIES:
            return False
        return not self.tries or not 0 <= now - self.at < _PAUSE * _GROWTH ** (self.tries - 1)


@dataclass
class News:
    """The content of news.json.

    Attributes:
        barren: slots in a row at which a post should have gone out and none did.
        trouble: what went wrong at the last slot, in the words in which it was said.
        empty: the last slot found no line that may go out.
        told: per event, per service, whether it was told.
    """

    barren: int = 0
    trouble: str = ""
    empty: bool = False
    told: dict[str, dict[str, Told]] = field(default_factory=dict)

    def is_on(self, event: str) -> bool:
        """Tell whether an event was news already."""
        return event in self.told

    def due(self, event: str, services: Iterable[str], now: float) -> list[str]:
        """The services that are to hear of an event now."""
        told = self.told.get(event, {})
        return [service for service in services if told.get(service, Told()).is_due(now)]

    def tried(self, event: str, service: str, now: float) -> Told:
        """Count a try; it is written down before it is made."""
        told = self.told.setdefault(event, {}).setdefault(service, Told())
        told.tries, told.at = told.tries + 1, now
        return told

    def end(self, over: Iterable[str]) -> None:
        """Forget events that are over."""
        for event in over:
            self.told.pop(event, None)


def load(data: Path) -> News:
    """Return what is remembered.

    Raises:
        FileError: the file is damaged.
    """
    path = _path(data)
    content = files.read(path)
    if content is None:
        return News()
    try:
        fields = json.loads(content)
        told = {event: _services(found) for event, found in fields.pop("told").items()}
        news = News(**fields, told=told)
        if not (isinstance(news.barren, int) and isinstance(news.trouble, str)):
            raise ValueError("a value is of another kind")
        return news
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise FileError(f"{path} is damaged", "it is begun anew at the next slot of botus run") from error


def save(data: Path, news: News) -> None:
    """Write it, durably, if it has changed."""
    path, content = _path(data), json.dumps(asdict(news), indent=1).encode()
    known = files.read(path)
    if known == content or (known is None and news == News()):
        return
    files.make_folder(path.parent)
    files.replace(path, content)


def _services(found: Mapping[str, Mapping[str, object]]) -> dict[str, Told]:
    services = {service: Told(**told) for service, told in found.items()}  # type: ignore[arg-type]
    for told in services.values():
        told.tries, told.at = int(told.tries), float(told.at)
    return services


def _path(data: Path) -> Path:
    return data / files.STATE_FOLDER / "news.json"
