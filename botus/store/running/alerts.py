"""Owns .botus/news.json: how the last slots of `run` went, and which alerts the owner has been told of.

An alert is told once to each service and is forgotten when it is over, so that it can come again; a service
that did not take it is tried again, some times and ever more rarely. Nothing is posted on this file's word,
so a damaged one is in nobody's way: it is begun anew, and what still holds is told once more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from botus.store.durable import document, files
from botus.store.durable.document import check

TRIES = 6  # per alert and service
_PAUSE, _GROWTH = 60.0, 6  # seconds to the second try, and how much longer each pause is than the last


@dataclass
class Told:
    """One service, one alert: `tries` so far, the last `at` (epoch seconds), whether it was `heard`."""

    tries: int = 0
    at: float = 0.0
    heard: bool = False

    def is_due(self, now: float) -> bool:
        """Tell whether it is to be tried now."""
        if self.heard or self.tries >= TRIES:
            return False
        return not self.tries or not 0 <= now - self.at < _PAUSE * _GROWTH ** (self.tries - 1)


@dataclass
class Alerts:
    """The content of news.json.

    Attributes:
        failed_slots: slots in a row at which a post should have gone out and none did.
        trouble: what went wrong at the last slot, in the words in which it was said.
        empty: the last slot found no line that may go out.
        told: per alert, per service, whether it was told.
    """

    failed_slots: int = 0
    trouble: str = ""
    empty: bool = False
    told: dict[str, dict[str, Told]] = field(default_factory=dict)

    def due(self, alert: str, services: Iterable[str], now: float) -> list[str]:
        """The services that are to hear of an alert now."""
        told = self.told.get(alert, {})
        return [service for service in services if told.get(service, Told()).is_due(now)]

    def tried(self, alert: str, service: str, now: float) -> Told:
        """Count a try; it is written down before it is made."""
        told = self.told.setdefault(alert, {}).setdefault(service, Told())
        told.tries, told.at = told.tries + 1, now
        return told

    def end(self, over: Iterable[str]) -> None:
        """Forget alerts that are over."""
        for alert in over:
            self.told.pop(alert, None)


def load(data: Path) -> Alerts:
    """Return what is remembered; a FileError if the file is damaged."""
    return document.load(_path(data), _alerts, "it is begun anew at the next slot of botus run") or Alerts()


def save(data: Path, alerts: Alerts) -> None:
    """Write it, durably, if it has changed."""
    path, fields = _path(data), asdict(alerts)
    if alerts != Alerts() or path.exists():
        document.save(path, {"barren": fields.pop("failed_slots"), **fields})  # its name in the file


def _alerts(fields: dict[str, Any]) -> Alerts:
    fields["failed_slots"] = fields.pop("barren", 0)
    check(Alerts, fields)
    told = {
        alert: {service: Told(**one) for service, one in services.items()}
        for alert, services in fields.pop("told").items()
    }
    return Alerts(**fields, told=told)


def _path(data: Path) -> Path:
    return data / files.STATE_FOLDER / "news.json"
