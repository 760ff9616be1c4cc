"""One module per export format: each turns bytes into `Found` posts, and says why one must not be imported.

A reader undoes what its format did to the words (markup, entities, encodings) and nothing else: cleaning,
options and duplicates are `gathering`'s.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Found:
    """One post as an export has it.

    Attributes:
        text: the author's words, without the markup and the entities of the format; "" where there are none.
        refused: why it is never imported, whatever the options say, such as "retweet" or "direct message";
            "" where it may be.
        at: when it was posted, seconds since the epoch; None where the export does not say.
        likes: how often it was liked; None where the export does not count.
        is_reply: an answer to somebody else; an answer to oneself is none.
        warning: the content warning, "" without one.
        has_media: pictures, films or sounds belong to it.
        description: what the export says of them for those who cannot see them.
        channel: what must be the same for two posts to be one thought, where the format splits thoughts.
    """

    text: str
    refused: str = ""
    at: float | None = None
    likes: int | None = None
    is_reply: bool = False
    warning: str = ""
    has_media: bool = False
    description: str = ""
    channel: str = ""
