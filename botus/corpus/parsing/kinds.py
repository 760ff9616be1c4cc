"""What kind of post a record is by its own fields: somebody else's, an answer, a message.

Either a field's value names the kind (`tweet_type: retweet`, `Relationship: Replies to`), whatever its name,
or a field is there for one kind only and is filled (`retweeted_by`, `reblog_of_id`, `parent_id`). The comment
above a quoted post is one's own words and no kind of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from botus.corpus.parsing.post import Refusal

REPLY = "reply"
_NO_LETTER = re.compile(r"[\W_]+")
_NAMED = {  # without capitals and signs, in the languages in which programs write them
    Refusal.RETWEET: """
        rt retweet retweets retweeted isretweet mentionsinretweet repost reposts reposted share shared
        geteilt retuit retuiteo retuiteado partage partagé compartido compartilhado ретвит
        リツイート リポスト 转发 轉發 리트윗""",
    Refusal.BOOST: "boost boosts boosted reblog reblogs reblogged announce",
    Refusal.DIRECT: """
        dm dms directmessage directmessages privatemessage direktnachricht mensajedirecto messageprivé
        mensagemdireta messaggiodiretto ダイレクトメッセージ""",
    Refusal.QUOTE: "like likes liked favourite favourited favorite favorited fav bookmark bookmarked upvote",
    REPLY: """
        reply replies repliesto replyto repliedto replied isreply inreplyto mentionsinreplyto answer comment
        antwort respuesta réponse resposta risposta antwoord svar odpowiedź ответ
        リプライ 返信 回复 回覆 답글""",
}
_KINDS = {word: kind for kind, words in _NAMED.items() for word in words.split()}
_ABOUT = re.compile(
    r"hashtags?|tags?|keywords?|quer(?:y|ies)|topics?|categor(?:y|ies)|labels?|lang\w*|source|client|url\w*"
    r"|\w*name|author|handle|user|account"
)
_ONLY_IN_TYPES = ("answer", "comment", "share", "shared", "announce", *_NAMED[Refusal.QUOTE].split())
_WITH_OWN_WORDS = re.compile("quot|comment|cit|zitat|引用")  # "retweet with comment"
_TYPE = re.compile(r"type|kind|art$|typ$|tipo|sort$|relationship|action|verb")
# Names of fields that only somebody else's post fills; `retweets` and `retweeted` alone say other things.
_OF = r"(?:of|from|by|status|tweet|post|user|author|account|source|original|root)*"
_FACT = r"(?:id|idstr|userid|username|screenname|name|date|createdat|text|url|uri|flag)*"
_OF_RETWEET = re.compile(rf"(?:is|was|user)?(?:retweet|rt|repost)(?:ed)?{_OF}{_FACT}")
_OF_BOOST = re.compile(rf"(?:is|was)?(?:reblog|boost)(?:g?ed)?{_OF}{_FACT}")
_IS_REPLY = re.compile(r"(?:is|was)?reply")
_ANSWERED = re.compile(
    r"replyto(?:user(?:name)?|screenname|author|uri|url)?|reply(?:parent|root)(?:uri|url)?"
)
_COUNTED = frozenset(("rt", "retweet", "retweeted", "repost", "reposted", "boost", "boosted"))
_OF_REPLY = frozenset(
    ("parentid", "parenttweetid", "parentpostid", "parentstatusid", "parentcommentid", "linkid")
)
_OWN = ("original", "tweet", "post", "own")
_YES = ("true", "t", "yes", "y")
_NOTHING = frozenset(
    (
        "",
        "f",
        "false",
        "0",
        "0.0",
        "no",
        "n",
        "none",
        "null",
        "nan",
        "na",
        "n/a",
        "<na>",
        "nat",
        "nil",
        "[]",
        "{}",
        "-",
    )
)


def kind_of(low: Mapping[str, Any], text: str) -> str:
    """Return `Refusal.RETWEET`, `BOOST`, `DIRECT` or `QUOTE`, `REPLY`, or "" for a post of one's own.

    Args:
        low: the fields of a record, their names without capitals and signs.
        text: the name of the field with the words, in the same form.
    """
    kinds = {_kind_of_field(name, value) for name, value in low.items() if name != text}
    return next((kind for kind in _NAMED if kind in kinds), "")


def names_kind(value: str) -> bool:
    """Tell whether a value is the name of a kind of post."""
    return _NO_LETTER.sub("", value.lower()) in _KINDS


def is_filled(value: object) -> bool:
    """Tell whether a field says anything: neither empty nor a no, as the programs write it."""
    return str(value if value is not None else "").strip().lower() not in _NOTHING


def _kind_of_field(name: str, value: object) -> str:
    if not is_filled(value):
        return ""
    said = str(value).strip().lower() if not isinstance(value, dict | list) else ""
    if said in _OWN or (name in _COUNTED and said not in _YES):
        pass  # `retweet_status: original`; how often; or the kind by its name
    elif _OF_RETWEET.fullmatch(name):
        return Refusal.RETWEET
    elif _OF_BOOST.fullmatch(name):
        return Refusal.BOOST
    elif name in _OF_REPLY or (_IS_REPLY.fullmatch(name) and (said in _YES or isinstance(value, dict))):
        return REPLY
    elif _ANSWERED.fullmatch(name) and said[:1] not in "[{0123456789":
        return REPLY  # lists and numbers may be those of a thread with oneself: `fields` compares them
    if len(said) > 40 or _ABOUT.fullmatch(name):
        return ""
    words, is_type = [_NO_LETTER.sub("", said)], _TYPE.search(name)
    if words[0] in _ONLY_IN_TYPES and not is_type:
        return ""
    if is_type and not _WITH_OWN_WORDS.search(said):
        words += _NO_LETTER.split(said)
    return next((_KINDS[word] for word in words if word in _KINDS), "")
