"""The text of compose.yaml: a folder's bot in a container that reads settings and secrets where they are."""

from __future__ import annotations

import json
from pathlib import Path

FIRST = "# Made by botus init: this folder's bot in a container."


def compose(data: str, owner: tuple[int, int], source: Path | None, extras: str) -> str:
    """Write it.

    Args:
        data: the data folder, seen from the folder of compose.yaml.
        owner: the user and the group that the files belong to.
        source: botus's own folder, with its Dockerfile; None where it is not known.
        extras: what the image needs besides, separated by commas.
    """
    build = {"context": str(source), **({"args": {"EXTRAS": extras}} if extras else {})}
    wanted = f" --build-arg EXTRAS={extras}" if extras else ""
    by_hand = f"    pull_policy: never # in botus's own folder: docker build -t botus{wanted} ."
    volumes = json.dumps([".:/app:ro", f"{data}:/app/data"])
    return "\n".join(
        (
            f"{FIRST} To start it, and to see whether all is well:",
            "#   docker compose up -d",
            "#   docker compose run --rm botus doctor",
            "# After a change of .env: docker compose kill -s HUP botus",
            "services:",
            "  botus:",
            "    image: botus",
            f"    build: {json.dumps(build)}" if source else by_hand,
            f'    user: "{owner[0]}:{owner[1]}" # who owns this folder',
            "    restart: unless-stopped",
            "    stop_grace_period: 45s",
            "    read_only: true",
            "    cap_drop: [ALL]",
            '    security_opt: ["no-new-privileges:true"]',
            f"    volumes: {volumes} # .env and secrets/ are read there",
            "",
        )
    )


def source_of(*places: Path) -> Path | None:
    """The first of some folders that is botus's own, from which an image can be built."""
    for place in places:
        setup = place / "setup.cfg"
        is_one = (place / "Dockerfile").is_file() and setup.is_file()
        if is_one and "name = botus" in setup.read_text("utf-8", "replace"):
            return place.resolve()
    return None
