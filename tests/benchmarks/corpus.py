"""What an import costs: `nice python -m tests.benchmarks.corpus [POSTS] [--keep FOLDER]`.

Makes exports of invented posts (archives of X, Mastodon and Discord, CSV, JSON, plain text, a model's
samples, a conversation of WhatsApp of which one person's words are taken; 50,000 posts each) and imports each
with the real command into an empty folder, and the first one once more: prints posts read and kept, seconds
of the whole command and of the processor, and the peak memory. The measure is 10 s of the processor and
120 MB. The posts are chains of words of the demo corpus, so that phrases come again as they do in somebody's
own posts; some are repeated, answers, retweets.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

from botus import demo

POSTS = 50_000
_START = datetime(2012, 1, 1, tzinfo=UTC)
_ME = "https://social.example/users/keeper"
_SOURCE = '<a href="https://example.com/app" rel="nofollow">An app for gulls</a>'


def texts(count: int, rng: Random) -> Iterator[str]:
    """Yield invented posts: each word follows the one before somewhere in the demo corpus."""
    follows: dict[str, list[str]] = {}
    for post in demo.corpus().read_text("utf-8").split("\n")[:4000]:
        words = ["", *post.split(), ""]
        for word, after in pairwise(words):
            follows.setdefault(word, []).append(after)
    earlier: list[str] = []
    for number in range(count):
        if number > 100 and rng.random() < 0.05:
            yield rng.choice(earlier)
            continue
        words, word = list[str](), rng.choice(follows[""])
        while word and len(words) < 45:
            words.append(word)
            word = rng.choice(follows[word])
        earlier = [*earlier[-200:], " ".join(words)]
        yield earlier[-1]


def tweet(number: int, text: str, rng: Random) -> dict[str, object]:
    """One post as an X archive has it: a tenth retweets, three in twenty answers, a third with a link."""
    kind, link = rng.random(), f"https://t.co/{number:010x}"
    text = text.replace("&", "&amp;") + (f" {link}" if rng.random() < 0.3 else "")
    text = (
        f"RT @gull{number % 90}: {text}"
        if kind < 0.1
        else f"@gull{number % 90} {text}"
        if kind < 0.25
        else text
    )
    moment = _START + timedelta(hours=2.3 * number)
    number_of_it = str(10**18 + number * 10**6)
    until = (moment + timedelta(minutes=30)).isoformat()
    edits = {
        "editTweetIds": [number_of_it],
        "editableUntil": until,
        "editsRemaining": "5",
        "isEditEligible": True,
    }
    places = {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": [{"url": link, "indices": ["0", "23"]}],
    }
    answer = {"in_reply_to_user_id_str": "77", "in_reply_to_screen_name": f"gull{number % 90}"}
    return {
        "tweet": {
            "edit_info": {"initial": edits},
            "retweeted": False,
            "source": _SOURCE,
            "entities": places,
            "display_text_range": ["0", str(len(text))],
            "favorite_count": str(rng.randrange(9)),
            "id_str": number_of_it,
            "truncated": False,
            "retweet_count": "0",
            "id": number_of_it,
            "created_at": moment.strftime("%a %b %d %H:%M:%S +0000 %Y"),
            "favorited": False,
            "full_text": text,
            "lang": "en",
        }
        | (answer if 0.1 <= kind < 0.25 else {})
    }


def activity(number: int, text: str, rng: Random) -> dict[str, object]:
    """One post as a Mastodon outbox has it: a tenth boosts, a tenth for followers, a tenth answers."""
    kind, moment = rng.random(), (_START + timedelta(hours=2.3 * number)).isoformat()
    to, address = ["https://www.w3.org/ns/activitystreams#Public"], f"{_ME}/statuses/{10**17 + number}"
    if kind < 0.1:
        return {"type": "Announce", "published": moment, "to": to, "object": "https://else.example/1"}
    to = [f"{_ME}/followers"] if kind < 0.2 else to
    safe = text.replace("&", "&amp;").replace("<", "&lt;")
    note = {
        "id": address,
        "type": "Note",
        "summary": None,
        "inReplyTo": "https://else.example/users/gull/statuses/1" if 0.2 <= kind < 0.3 else None,
        "published": moment,
        "url": address,
        "attributedTo": _ME,
        "to": to,
        "cc": [f"{_ME}/followers"],
        "sensitive": False,
        "conversation": f"tag:social.example,2012-01-01:objectId={number}:objectType=Conversation",
        "content": f"<p>{safe}</p>",
        "contentMap": {"en": f"<p>{safe}</p>"},
        "attachment": [],
        "tag": [],
        "replies": {"id": f"{address}/replies", "type": "Collection", "first": {"items": []}},
    }
    return {"id": f"{address}/activity", "type": "Create", "actor": _ME, "published": moment, "to": to,
            "cc": note["cc"], "object": note}  # fmt: skip


def x_archive(path: Path, count: int) -> None:
    """Write an X archive, post by post."""
    rng = Random(1)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        owner = [{"account": {"accountId": "42", "username": "keeper"}}]
        archive.writestr("data/twitter-circle-tweet.js", "window.YTD.twitter_circle_tweet.part0 = [ ]")
        archive.writestr("data/account.js", "window.YTD.account.part0 = " + json.dumps(owner))
        with archive.open("data/tweets.js", "w") as out:
            for number, text in enumerate(texts(count, rng)):
                out.write(b"window.YTD.tweets.part0 = [\n" if number == 0 else b",\n")
                out.write(json.dumps(tweet(number, text, rng), indent=2).encode())
            out.write(b"\n]")


def mastodon_archive(path: Path, count: int) -> None:
    """Write a Mastodon archive."""
    rng = Random(2)
    with tempfile.TemporaryFile() as outbox:
        start = {
            "@context": "https://www.w3.org/ns/activitystreams",
            "type": "OrderedCollection",
            "totalItems": count,
        }
        outbox.write(json.dumps(start)[:-1].encode() + b', "orderedItems": [')
        for number, text in enumerate(texts(count, rng)):
            outbox.write((", " if number else "").encode() + json.dumps(activity(number, text, rng)).encode())
        outbox.write(b"]}")
        entry = tarfile.TarInfo("outbox.json")
        entry.size = outbox.tell()
        outbox.seek(0)
        with tarfile.open(path, "w:gz") as archive:
            archive.addfile(entry, outbox)


def discord_package(path: Path, count: int) -> None:
    """Write a Discord package of twenty channels, in which every second message follows quickly."""
    rng, channels = Random(3), [list[dict[str, object]]() for _ in range(20)]
    for number, text in enumerate(texts(count, rng)):
        moment = _START + timedelta(minutes=3 * number)
        line = {
            "ID": number,
            "Timestamp": moment.strftime("%Y-%m-%d %H:%M:%S"),
            "Contents": text,
            "Attachments": "",
        }
        channels[rng.randrange(20) if rng.random() < 0.5 else number // 50 % 20].append(line)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, messages in enumerate(channels):
            folder = f"Messages/c{10**17 + number}"
            about = {"id": str(10**17 + number), "type": "GUILD_TEXT", "name": f"room {number}"}
            archive.writestr(f"{folder}/channel.json", json.dumps(about))
            archive.writestr(f"{folder}/messages.json", json.dumps(messages))


def csv_table(path: Path, count: int) -> None:
    """Write a table as spreadsheets do."""
    with path.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out)
        table.writerow(["id", "created_at", "text", "likes"])
        for number, text in enumerate(texts(count, Random(4))):
            moment = _START + timedelta(hours=2.3 * number)
            table.writerow([number, moment.strftime("%Y-%m-%d %H:%M"), text, number % 9])


def json_array(path: Path, count: int) -> None:
    """Write an array of objects."""
    records = [
        {"id": number, "created_at": (_START + timedelta(hours=number)).isoformat(), "text": text, "likes": 3}
        for number, text in enumerate(texts(count, Random(5)))
    ]
    path.write_text(json.dumps(records, indent=1), "utf-8")


def plain_text(path: Path, count: int) -> None:
    """Write one post per line."""
    path.write_text("\n".join(texts(count, Random(6))), "utf-8")


def samples(path: Path, count: int) -> None:
    """Write what gpt-2-simple wrote."""
    path.write_text(f"\n{'=' * 20}\n".join(texts(count, Random(7))), "utf-8")


def whatsapp(path: Path, count: int) -> None:
    """Write a conversation of two people."""
    with path.open("w", encoding="utf-8") as out:
        for number, text in enumerate(texts(count, Random(8))):
            moment = _START + timedelta(minutes=7 * number)
            name = "The Keeper" if number % 3 else "Gerald"
            out.write(f"{moment:%d/%m/%Y, %H:%M} - {name}: {text}\n")


EXPORTS: dict[str, tuple[Callable[[Path, int], None], list[str]]] = {  # with the options of the command
    "twitter.zip": (x_archive, []),
    "archive.tar.gz": (mastodon_archive, []),
    "package.zip": (discord_package, []),
    "posts.csv": (csv_table, []),
    "posts.json": (json_array, []),
    "posts.txt": (plain_text, []),
    "samples.txt": (samples, []),
    "chat.txt": (whatsapp, ["--author", "The Keeper"]),
}


def measured(data: Path, export: Path, options: list[str]) -> str:
    """Import an export and return a row: read, kept, seconds and memory of the whole command."""
    command = [sys.executable, "-m", "botus", "--data", str(data), "corpus", "import", str(export), "--json"]
    command += options
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    done = json.load(io.TextIOWrapper(process.stdout, "utf-8"))
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    assert status == 0
    assert done["read"] == done["kept"] + done["joined"] + sum(done["dropped"].values())
    memory = used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    size = export.stat().st_size / 2**20
    costs = f"{seconds:8.1f} s {used.ru_utime + used.ru_stime:6.1f} s {memory:6.0f} MB"
    return f"{done['exports'][0]['kind']:24}{size:6.0f} MB {done['read']:9,} {done['kept']:9,} {costs}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("posts", type=int, nargs="?", default=POSTS)
    parser.add_argument("--keep", type=Path, help="make the exports here, and leave them")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = options.keep or Path(name)
        print(f"{'':24}{'size':>9} {'read':>9} {'kept':>9} {'whole':>10} {'CPU':>8} {'peak':>9}")
        for file, (make, given) in EXPORTS.items():
            make(folder / file, options.posts)
            print(measured(Path(name) / f"data-{file}", folder / file, given), flush=True)
        print(measured(Path(name) / "data-twitter.zip", folder / "twitter.zip", []), "(again)")


if __name__ == "__main__":
    main()
