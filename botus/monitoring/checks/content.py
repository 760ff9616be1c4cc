r"""Checks of the files in the data directory: can they be read, are they whole, is a line what it seems?

A line with `C:\new` in it is sound and yet not what its author meant, because `\n` is a
line break in tweets.txt. In a queue of botus-twitter, which knew no escapes, every such line is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from botus.checkpoints.samples import leftover
from botus.errors import how_to_generate
from botus.monitoring.checks.finding import Finding, guarded, line_numbers, problems_of
from botus.monitoring.queue.counts import rounded, unreviewed
from botus.monitoring.survey import Survey
from botus.store.candidates import Candidates
from botus.store.corpus import Corpus
from botus.store.decisions.journal import Decisions
from botus.store.durable.lines import Line
from botus.store.queue.tweets import Queue
from botus.text import counted, fingerprint

_ESCAPE = re.compile(rb"\\[n\\]")
_BEGINS_AS_PATH = re.compile(rb"""(?:^|["'(])(?:[A-Za-z]:\\n|\\\\+[\w.-]++\\n)""")
_NAME = re.compile(rb"""(?:^|["'(])[\w.:-]++\\n""")
_BACKSLASH = re.compile(rb"\\[A-Za-mo-z0-9]")


def content(survey: Survey) -> Iterator[Finding]:
    """Check every file that botus reads; what is damaged comes after what is sound."""
    data = survey.data
    yield from _queue(survey)
    if survey.queue and (said := unreviewed(survey.queue)):
        what, _, hint = said.partition(": ")
        yield Finding("warning", what, hint)
    if survey.log and survey.log.is_whole:
        count, old = survey.log.count, survey.log.predecessors
        origin = f", {old} of them from botus-twitter" if old else ""
        yield Finding("ok", f"tweeted.json: {counted(count, 'entry', 'entries')}{origin}")
    if survey.judgement and Decisions(data).path.exists():
        yield Finding("ok", f"decisions.jsonl: {counted(len(survey.judgement[0]), 'post')} decided")
    if survey.candidates and Candidates(data).path.exists():
        written = counted(len(survey.candidates.flags), "line")
        yield Finding("ok", f"candidates.jsonl: {written} written by botus")
    if (found := survey.denylist) and (data / "denylist.txt").exists():
        yield Finding("ok", f"denylist.txt: {counted(len(found.words) + len(found.patterns), 'rule')}")
    if survey.intents:
        verb = "is" if len(survey.intents) == 1 else "are"
        what = f"{counted(len(survey.intents), 'post')} {verb} still in progress"
        yield Finding("ok", what, "botus status says what becomes of each")
    if lost := len(survey.unknown):
        what = f"of {counted(lost, 'post')} nobody knows whether {'it' if lost == 1 else 'they'} arrived"
        yield Finding("warning", what, "botus status names them and what to type")
    for error in survey.damage:
        yield from problems_of(error)
    yield from guarded(lambda: _corpus(Corpus(data)))


def _queue(survey: Survey) -> Iterator[Finding]:
    path = Queue(survey.data).path
    for save in Queue(survey.data).overtaken():
        what = f"{save.name} was saved as tweets.txt while botus was killed, and then somebody saved another"
        yield Finding("warning", what, "copy from it what tweets.txt lacks, then delete it")
    if survey.step is None:
        return
    if not path.exists():
        yield Finding("warning", f"there is no {path}", f"write one with: {how_to_generate()}")
        return
    decided = survey.judgement[0] if survey.judgement else {}
    total, bad, marked, suspects = 0, list[int](), list[int](), list[Line]()
    for line in survey.lines():
        total += 1
        if line.text is None:
            bad.append(line.number)
            continue
        if leftover(line.text) and fingerprint(line.text) not in decided:
            marked.append(line.number)
        if _ESCAPE.search(line.raw):
            suspects.append(line)
    if not total:
        yield Finding("warning", f"{path} is empty", f"add lines with: {how_to_generate()}")
    elif survey.step == 1:
        yield Finding("ok", f"{path}: {counted(total, 'line')}")
    else:
        said = f"about {rounded(total * survey.step):,} lines, {total:,} of them looked at"
        yield Finding("ok", f"{path}: {said}")
    if bad:
        how = "iconv -f WINDOWS-1252 -t UTF-8, or an editor"
        hint = f"it is never posted; write it anew, or save all as UTF-8, with {how}, if no line is yet"
        yield Finding("warning", f"{path}: not valid UTF-8 in {line_numbers(bad)}", hint)
    if marked:
        verb = "is" if len(marked) == 1 else "are"
        what = f"{counted(len(marked), 'line')} of tweets.txt {verb} what a training writes between posts"
        hint = "they wait for a keep; if all of it is samples, rename it and type: botus queue add FILE"
        yield Finding("warning", f"{what}: {line_numbers(marked)}", hint)
    if suspects:
        yield from _escapes(survey, suspects)


def _has_path(line: bytes) -> bool:
    """Tell whether a `\\n` stands beside other backslashes or after a drive letter: more likely a path."""
    return any(map(_is_path, line.split()))


def _is_path(word: bytes) -> bool:
    if _BEGINS_AS_PATH.search(word):
        return True
    other, name = _BACKSLASH.search(word), _NAME.search(word)
    is_before = other is not None and word.rfind(b"\\n") >= other.end()
    return is_before or (name is not None and _BACKSLASH.search(word, name.end()) is not None)


def _escapes(survey: Survey, suspects: list[Line]) -> Iterator[Finding]:
    log, judgement, candidates = survey.log, survey.judgement, survey.candidates
    if log is None or judgement is None or candidates is None:
        return
    is_predecessors = bool(log.predecessors)
    ours = candidates.flags.keys() | judgement[0].keys() if is_predecessors else set()
    odd = [
        line.number
        for line in suspects
        if _has_path(line.raw) or (is_predecessors and fingerprint(line.text or "") not in ours)
    ]
    if odd:
        what = rf"tweets.txt: \n is a line break and \\ one backslash: is that meant in {line_numbers(odd)}?"
        yield Finding("warning", what, r"a backslash before an n is written \\: C:\\new")


def _corpus(corpus: Corpus) -> Iterator[Finding]:
    reading = corpus.read()
    if corpus.path.exists():
        yield Finding("ok", f"corpus.txt: {counted(len(reading.posts), 'post')}")
    for problem in reading.problems():
        yield Finding("warning", problem)
    corpus.weights()
