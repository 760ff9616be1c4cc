"""Whose words the posts of a file are: of one author, of several, of the one that the person named.

Without a name, a second author ends the reading, since nothing is imported before every export is read to its
end. With one, that person's posts are taken and all others counted.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from botus.corpus.parsing import kinds
from botus.corpus.parsing.post import ParsedPost, Refusal
from botus.corpus.parsing.words import quotation
from botus.errors import FileError, SettingsError
from botus.text import counted

# Without capitals and signs; what names one person for good before what anybody may call himself.
_NAMES = tuple(
    str.split(
        """
    username userscreenname screenname fromuser fromusername handle acct nick author authorname authorusername
    authorhandle commentauthor commenter commentername commentedby reviewer email useremail authoremail
    commentauthoremail user u sender sendername from fromname by participant participantname speaker
    speakername
    creator poster postedby postername account accountname member membername contactname chatter
    nickname displayname globalname usernickname userdisplayname realname fullname
    autor autore auteur absender mittente remitente remetente expéditeur avsender avsändare afsender afzender
    verfasser benutzer benutzername usuario usuário utilisateur utente nutzer gebruiker användare bruger
    käyttäjä kirjoittaja lähettäjä nadawca użytkownik odesílatel odosielateľ feladó küldő gönderen kullanıcı
    yazar pengirim ngườigửi автор отправитель пользователь відправник αποστολέας المرسل שולח प्रेषक ผู้ส่ง
    作者 发送者 发送人 发件人 發送者 发言人 发言者 用户 送信者 投稿者 発言者 작성자 보낸사람 사용자
    """
    )
)
_IDS = tuple(str.split("authorid userid useridstr fromid fromuserid senderid accountid"))
# Of a person in an object of its own.
_OWN_NAMES = tuple(str.split("username screenname acct handle login name nickname displayname globalname"))
_OWN_IDS = tuple(str.split("id userid idstr did"))
# Of the author, or something else: the title of the row, the part of a play.
_MAYBE = tuple(
    str.split(
        """
    name who person role owner character charactername rawcharactertext personaje personnage
    nombre nom nome nimi imię имя ім'я 이름 名前 姓名 昵称 名字
    """
    )
)
_MINE = tuple(str.split("fromme isfromme issender ismine isoutgoing outgoing"))
_NOBODY = frozenset(("", "none", "nan", "null", "[deleted]", "deleted", "unknown", "-"))
_OBJECT = re.compile(r"\{.*\}|\w+\(.*\)", re.DOTALL)
_PAIR = re.compile(r"['\"]?\b(\w++)['\"]?\s*[:=]\s*(?:['\"]([^'\"]*)['\"]|([\w.-]+))")
_SHARED = frozenset((Refusal.RETWEET, Refusal.BOOST, Refusal.QUOTE))
_SHOWN = 10
_NAMED_FOR = 3  # posts, the fewest that one has under a name before it changes
_NO_LETTER = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a post: a number that only this person has, or ""; the names, the most exact first."""

    id: str = ""
    names: tuple[str, ...] = ()
    is_certain: bool = True  # the field has authors, whatever is in it

    @property
    def identity(self) -> str:
        """What tells this person from others."""
        return self.id or (self.names[0].casefold().strip().lstrip("@") if self.names else "")


class Authors:
    """Takes the posts of one author out of a file.

    Args:
        place: how to name the file to the person.
        wanted: a name or a number; None: there must be but one author.
        kind: what the person says the file is; then only what certainly is an author is taken for one.
    """

    def __init__(self, place: str, wanted: str | None, kind: str | None = None) -> None:
        self._place, self._wanted, self._kind = place, wanted, kind
        self._exact = _exactly(wanted or "")
        self._counts = Counter[tuple[str, str]]()
        self._names = dict[tuple[str, str], str]()
        self._found = set[str]()
        self._held = list[tuple[str, ParsedPost]]()
        self._turns = dict[str, list[str]]()  # under which names each has posted, one after the other
        self._guesses = 0

    def posts(self, post: ParsedPost, author: Author | None) -> Iterator[ParsedPost]:
        """Yield the post of an author as it is to be taken; one that may be the wanted person's comes later.

        Raises:
            FileError: it is of a second author, where none is wanted, or several have the wanted name.
        """
        if self._wanted is None:
            if author and post.refused not in _SHARED and not quotation(post.text):
                self._count(author)
                if author.is_certain and (len(self._turns) > 1 or self._is_shared(author.identity)):
                    raise self._several()
            yield post
            return
        if author is None or not author.identity:
            yield replace(post, refused=post.refused or Refusal.OTHER)
            return
        self._count(author)
        if self._exact == _exactly(author.id) or self._exact in map(_exactly, author.names):
            self._found.add(author.identity)
            if len(self._found) > 1:
                raise self._ambiguous(self._found)
            yield post
        elif _loosely(self._wanted) in {*map(_loosely, author.names), _digits(author.id)} - {""}:
            self._held.append((author.identity, post))
        else:
            yield replace(post, refused=Refusal.OTHER)

    def rest(self) -> Iterator[ParsedPost]:
        """Yield what was held back, when the file has ended.

        Raises:
            FileError: the wanted author is not there, or titles of the rows turned out to be authors.
            SettingsError: an author is wanted of a file that has none.
        """
        if self._wanted is None:
            if 1 < len(self._turns) <= self._counts.total() / 2 and self._kind is None:
                raise self._several()
            if any(len(turns) > 1 and not self._is_renamed(one) for one, turns in self._turns.items()):
                raise self._several()
            return
        if not self._counts:
            raise nameless(self._place)
        likely = {identity for identity, _ in self._held}
        if not self._found and len(likely) > 1:
            raise self._ambiguous(likely)
        if not self._found and not likely:
            raise FileError(f"{self._place} has nobody called {self._wanted}", f"it has: {self._listed()}")
        for _, post in self._held:
            yield replace(post, refused=Refusal.OTHER) if self._found else post

    def _count(self, author: Author) -> None:
        if author.identity:
            name = author.names[0] if author.names else author.id
            self._counts[(author.identity, _exactly(name))] += 1
            self._names.setdefault((author.identity, _exactly(name)), name)
            turns = self._turns.setdefault(author.identity, [])
            turns += [_exactly(name)] if turns[-1:] != [_exactly(name)] else []
            self._guesses += not author.is_certain

    def _is_shared(self, identity: str) -> bool:
        """Whether several people have one number, as some programs give it: their names take turns."""
        turns = self._turns.get(identity, [])
        return len(turns) > len(set(turns))

    def _is_renamed(self, identity: str) -> bool:
        """Whether one person has called itself something else from some day on."""
        return all(self._counts[(identity, name)] >= _NAMED_FOR for name in self._turns[identity])

    def _listed(self) -> str:
        shown = [f"{self._names[one]} ({count:,})" for one, count in self._counts.most_common(_SHOWN)]
        return ", ".join([*shown, "…"] if len(self._counts) > _SHOWN else shown)

    def _several(self) -> FileError:
        names = ", ".join(list(self._names.values())[:2])
        hint = f"{ONE_AUTHOR}; if they are no people, --kind csv or json" if self._guesses else ONE_AUTHOR
        return FileError(f"{self._place} has the words of several people: {names}, …", hint)

    def _ambiguous(self, those: set[str]) -> FileError:
        people = ", ".join(
            sorted(f"{name} is {one[0]}" for one, name in self._names.items() if one[0] in those)
        )
        return FileError(
            f"{self._place}: {counted(len(those), 'person', 'people')} are called {self._wanted}",
            f"say which with --author: {people}",
        )


ONE_AUTHOR = "--author NAME takes only that person's words"


def nameless(place: str) -> SettingsError:
    """The error for an author who is wanted of a file that does not say who wrote what."""
    return SettingsError(f"{place} does not say who wrote what, so --author finds nobody", "drop --author")


def author_of(low: Mapping[str, Any]) -> Author | None:
    """Return the author of a record; None where no field says who it is.

    Args:
        low: its fields by names without capitals and signs.
    """
    there = _fields(tuple(low))
    if not there:
        return None
    for name in there:
        if person := _object(low[name]):
            return _author(person, _OWN_IDS, _OWN_NAMES)
    if flat := _author(
        low, tuple(filter(_IDS.__contains__, there)), tuple(filter(_NAMES.__contains__, there))
    ):
        return flat
    for name in there:
        if name in _MINE:
            return Author("", ("somebody else" if not kinds.is_filled(low[name]) else "me",))
        if name in _MAYBE and isinstance(low[name], str) and not _is_nobody(low[name]):
            return Author("", (low[name].strip(),), False)
    return None


@lru_cache(maxsize=64)
def _fields(names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of some fields that may say who wrote it, the surest first."""
    there = frozenset(names)
    return tuple(name for name in (*_IDS, *_NAMES, *_MINE, *_MAYBE) if name in there)


def _author(low: Mapping[str, Any], ids: tuple[str, ...], names: tuple[str, ...]) -> Author | None:
    number = next((str(low[name]) for name in ids if not _is_nobody(low.get(name))), "")
    called = [str(low[name]).strip() for name in names if not _is_nobody(low.get(name))]
    return Author(number.removesuffix(".0"), tuple(dict.fromkeys(called))) if number or called else None


def _object(value: object) -> dict[str, Any]:
    """An object by its plain names, also as the text of a Python value."""
    if isinstance(value, str) and _OBJECT.fullmatch(value.strip()):
        value = {name: text or bare for name, text, bare in reversed(_PAIR.findall(value))}
    if not isinstance(value, dict):
        return {}
    return {_NO_LETTER.sub("", name.lower()): one for name, one in value.items()}


def _is_nobody(value: object) -> bool:
    return not isinstance(value, str | int) or str(value).strip().lower() in _NOBODY


def _exactly(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip().lstrip("@").casefold()


def _loosely(name: str) -> str:
    """A name without capitals, emoji and signs."""
    return _NO_LETTER.sub("", unicodedata.normalize("NFKC", name).casefold())


def _digits(number: str) -> str:
    return "".join(filter(str.isdecimal, number))
