"""A post as an export has it, why it may be refused, and what a person may say about an export.

A refused post keeps its words, because the person may ask to see samples of what was left out; nothing else
may be done with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Refusal(StrEnum):
    """Why a post is never imported, whatever the options say."""

    RETWEET = "retweet"
    BOOST = "boost"
    QUOTE = "other people's words"
    OTHER = "another author"
    FOLLOWERS_ONLY = "followers-only"
    CIRCLE = "for a Circle or subscribers only"
    DIRECT = "direct message"
    PRIVATE = "private conversation"
    UNKNOWN_CHANNEL = "unknown channel"
    EARLIER = "earlier version of an edited post"
    AGAIN = "the same post again"
    NOT_A_POST = "not a post"
    CUT_OFF = "cut off"
    ENDLESS = "longer than any post"


class Taken(str):
    """A note that says which column or field has the texts: worth knowing, and no warning."""


@dataclass(frozen=True, slots=True)
class ParsedPost:
    """One post as an export has it.

    Attributes:
        text: the author's words, without the markup and the entities of the format; "" where there are none.
        refused: why it is never imported, a `Refusal`; "" where it may be.
        at: when it was posted, seconds since the epoch; None where the export does not say.
        likes: how often it was liked; None where the export does not count.
        is_reply: an answer to somebody else; an answer to oneself is none.
        is_deleted: its author took it back, and an archive of somebody else kept it.
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
    is_deleted: bool = False
    warning: str = ""
    has_media: bool = False
    description: str = ""
    channel: str = ""


@dataclass(frozen=True)
class Options:
    """What a person may say about an export.

    Attributes:
        unknown_channels: also read Discord folders that do not say what kind of channel they are.
        column: the column of a CSV or the field of a JSON record that has the text; None: find it.
        kind: the short name of a format (`detection.FORMATS`) to read the file as; None: find out.
        author: whose posts to take where there are those of several people; None: there must be but one.
        encoding: of the text, a name that Python knows; None: find out.
    """

    unknown_channels: bool = False
    column: str | None = None
    kind: str | None = None
    author: str | None = None
    encoding: str | None = None
