"""What a person kept or starred, and what was posted, becomes text to train on: a source named `kept`.

A star makes a post weigh more in training, and is never a repeated line.
"""

from __future__ import annotations

from pathlib import Path

from botus.store.corpus import Added, Corpus, Post
from botus.store.decisions.journal import Decisions
from botus.store.decisions.judgement import verdicts
from botus.store.durable.document import is_text
from botus.store.log.index import was_posted
from botus.store.log.tweeted import Log
from botus.text import fingerprint

SOURCE = "kept"
STAR_WEIGHT = 3.0


def add_kept(data: Path) -> Added:
    """Add kept, starred and posted lines to the corpus.

    Raises:
        FileError: the log, the journal or the corpus is damaged.
    """
    done = Decisions(data).history().done
    texts = {one.fingerprint: one.text for step in done for one in step.decisions}
    weights = {"keep": 1.0, "star": STAR_WEIGHT}
    found = (entry["text"] for entry in Log(data).scan() if was_posted(entry))
    posted = [text for text in found if is_text(text)]  # half a letter is no line of corpus.txt
    posts = {fingerprint(text): Post(text, SOURCE) for text in posted}
    for key, verdict in verdicts(done).items():
        if verdict in weights:
            posts[key] = Post(texts[key], SOURCE, weights[verdict])
    return Corpus(data).add(posts.values())
