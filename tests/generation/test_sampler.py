"""The sampler on tiny models whose every probability is known, and against GPT-2 in numpy."""

from __future__ import annotations

import fcntl
import gc
import itertools
import json
import math
import os
import string
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from botus.checkpoints.checkpoint import open_checkpoint
from botus.checkpoints.markers import Form, fewest_chars
from botus.errors import FileError, SettingsError
from botus.generation.job import Sample, SamplingOptions
from botus.generation.sampling.converted import converted
from botus.generation.sampling.sampler import Sampler
from botus.generation.sampling.units import unit_seed
from botus.platforms.lengths import mastodon_length, x_length
from tests.support import bundle, gpt2, hugging_face

Follow = Mapping[str, Mapping[str, float]]

WORDS = ["The", "Ġfog", "Ġgull", "Ġsings", "Ġand"]
LINES: Follow = {
    "Ċ": {"The": 1},
    "The": {"Ġfog": 0.25, "Ġgull": 0.75},
    "Ġfog": {"Ġsings": 1},
    "Ġgull": {"Ġsings": 1},
    "Ġsings": {".": 0.5, "Ġand": 0.3, "!": 0.2},
    "Ġand": {"Ġfog": 0.5, "Ġgull": 0.5},
    ".": {"Ċ": 1},
    "!": {"Ċ": 1},
}
MARK_WORDS = ["<|", "|>", "startoftext", "endoftext", "The", "Ġfog", "Ġsings", "Ġ|", ".<"]
MARKED: Follow = {
    "Ċ": {"<|": 0.4, "The": 0.6},
    "<|": {"startoftext": 0.9, "endoftext": 0.1},
    "startoftext": {"|>": 1},
    "endoftext": {"|>": 1},
    "|>": {"The": 0.8, "Ċ": 0.2},
    "The": {"Ġfog": 1},
    "Ġfog": {"Ġsings": 0.7, "Ġ|": 0.3},
    "Ġ|": {"Ġsings": 1},
    "Ġsings": {".": 0.4, ".<": 0.4, "<|": 0.2},
    ".": {"Ċ": 1},
    ".<": {"|": 1},
    "|": {"startoftext": 0.1, "endoftext": 0.9},
}
PLAIN = SamplingOptions(temperature=1.0, batch=16)


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundle.write_bigrams(tmp_path_factory.mktemp("lines") / "run1", WORDS, LINES)


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundle.write_bigrams(tmp_path_factory.mktemp("marked") / "run1", MARK_WORDS, MARKED)


@pytest.fixture(scope="module")
def random_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tokens, merges = bundle.vocabulary(["The", "Ġfog"])
    hparams = {"n_vocab": len(tokens), "n_ctx": 48, "n_embd": 32, "n_head": 4, "n_layer": 3}
    tensors = bundle.random_tensors(hparams, scale=0.2)
    return bundle.write_run(tmp_path_factory.mktemp("random") / "run1", hparams, tensors, tokens, merges)


def sampler(run: Path, threads: int = 1, precision: str = "float32") -> Sampler:
    return Sampler(open_checkpoint(run), [run / "cache" / precision], threads=threads, precision=precision)


def take(
    source: Sampler, count: int, options: SamplingOptions = PLAIN, seed: int = 1, skip: int = 0
) -> list[Sample]:
    stream = source.stream(options, seed, skip)
    samples = list(itertools.islice(stream, count))
    stream.close()  # type: ignore[attr-defined]
    return samples


# What is sampled


@pytest.mark.proof
def test_posts_are_as_probable_as_the_model_has_it(lines: Path) -> None:
    samples = take(sampler(lines), 4000)
    assert all(sample.finished for sample in samples)
    texts = Counter(sample.text for sample in samples)
    for text, share in [("The gull sings.", 0.375), ("The fog sings!", 0.05), ("The fog sings.", 0.125)]:
        assert texts[text] / 4000 == pytest.approx(share, abs=4 * math.sqrt(share / 4000))


@pytest.mark.proof
def test_a_temperature_sharpens(lines: Path) -> None:
    samples = take(sampler(lines), 4000, SamplingOptions(temperature=0.5, batch=128))
    gulls = sum(sample.text.startswith("The gull") for sample in samples) / 4000
    assert gulls == pytest.approx(0.9, abs=0.02)  # 0.75² of 0.75² + 0.25²


def test_top_k_and_top_p_leave_out_the_improbable(lines: Path) -> None:
    for options in (SamplingOptions(1.0, top_k=1, batch=16), SamplingOptions(1.0, top_p=0.4, batch=16)):
        assert {sample.text for sample in take(sampler(lines), 50, options)} == {"The gull sings."}
    two = take(sampler(lines), 300, SamplingOptions(1.0, top_k=2))
    assert not any("!" in sample.text for sample in two)
    assert any("fog" in sample.text for sample in two)


def test_log_probabilities_are_of_temperature_one(lines: Path) -> None:
    for options in (PLAIN, SamplingOptions(temperature=0.5, top_k=3, batch=16)):
        found = {sample.text: sample for sample in take(sampler(lines), 300, options)}
        sample = found["The fog sings."]
        assert sample.tokens == 5  # with the newline
        assert sample.logprob == pytest.approx(math.log(0.25 * 0.5) / 5, abs=1e-3)


def test_what_is_written_scores_as_it_was_written(lines: Path, marked: Path) -> None:
    for run, ends in ((lines, (".", "!")), (marked, ("fog sings", "| sings"))):
        source = sampler(run, threads=2)
        samples = [sample for sample in take(source, 300) if sample.text.endswith(ends)]
        # The others are written with more tokens than those that their text is encoded into.
        samples = [
            sample for sample in samples if sample.tokens == len(source._vocabulary.encode(sample.text)) + 1
        ]
        scores = source.logprob([sample.text for sample in samples])
        assert len(samples) > 20
        assert scores == pytest.approx([sample.logprob for sample in samples], abs=1e-3)


def test_scores_are_those_of_gpt2(random_run: Path) -> None:
    source = sampler(random_run)
    tensors = dict(open_checkpoint(random_run).tensors())
    ids = json.loads((random_run / "encoder.json").read_bytes())
    texts = ["The fog", "a", "", "The fog é 🌊 The fog The fog", "x" * 500]
    for text, score in zip(texts, source.logprob(texts), strict=True):
        tokens = ["Ċ", *source._vocabulary.encode(text), "Ċ"][:48]
        expected = np.mean(gpt2.log_probs(tensors, 4, [ids[token] for token in tokens]))
        assert score == pytest.approx(expected, abs=1e-4)


def test_samples_of_a_random_model_score_as_in_gpt2(random_run: Path) -> None:
    tensors = dict(open_checkpoint(random_run).tensors())
    engine = sampler(random_run).engine
    seen: dict[int, list[tuple[int, float]]] = {0: [], 1: []}

    def see(number: int, token: int, log_prob: float) -> bool:
        seen[number].append((token, log_prob))
        return False

    engine.sample(1, ["Ċ"], SamplingOptions(1.3, max_tokens=20, batch=2), see)
    for steps in seen.values():
        ids = [open_newline(random_run), *(token for token, _ in steps)]
        assert [score for _, score in steps] == pytest.approx(gpt2.log_probs(tensors, 4, ids), abs=1e-4)
    assert seen[0] != seen[1]


def open_newline(run: Path) -> int:
    ids: dict[str, int] = json.loads((run / "encoder.json").read_bytes())
    return ids["Ċ"]


# The seed


def test_a_seed_repeats_at_any_number_of_threads(lines: Path, random_run: Path) -> None:
    for run in (lines, random_run):
        first = take(sampler(run), 200)
        assert take(sampler(run), 200) == first
        assert take(sampler(run, threads=2), 200) == first
        assert take(sampler(run, threads=5), 200) == first
        assert take(sampler(run), 200, seed=2) != first


def test_one_sampler_gives_several_streams(random_run: Path) -> None:
    source = sampler(random_run, threads=2)
    first = take(source, 40)
    one, other = source.stream(PLAIN, 1), source.stream(PLAIN, 2)
    mixed = [(next(one), next(other)) for _ in range(40)]
    assert [pair[0] for pair in mixed] == first
    assert [pair[1] for pair in mixed] == take(source, 40, seed=2)


def test_no_two_units_and_no_two_workers_write_the_same(random_run: Path) -> None:
    samples = take(sampler(random_run, threads=2), 16 * 40)
    texts = [sample.text for sample in samples if sample.tokens > 12]
    assert len(texts) > 100
    assert len(set(texts)) == len(texts)
    seeds = {unit_seed(seed, number) for seed in (0, -1, 10**30) for number in range(10_000)}
    assert len(seeds) == 30_000
    assert all(0 <= seed < 2**31 for seed in seeds)


@pytest.mark.parametrize("skip", [0, 1, 15, 16, 17, 100])
def test_what_was_written_is_passed_over(random_run: Path, skip: int) -> None:
    whole = take(sampler(random_run), 130)
    assert [sample.number for sample in whole] == list(range(130))
    assert take(sampler(random_run, threads=2), 20, skip=skip) == whole[skip : skip + 20]


def test_closing_a_stream_stops_its_threads(lines: Path) -> None:
    before = threading.active_count()
    stream = sampler(lines, threads=2).stream(SamplingOptions(batch=64), 1)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before


# Where posts begin and end


def test_a_model_of_plain_lines_is_recognised(lines: Path, random_run: Path) -> None:
    assert sampler(lines).form is Form.LINES
    assert sampler(random_run).form is Form.LINES


def test_marked_posts(marked: Path) -> None:
    source = sampler(marked)
    assert source.form is Form.MARKED
    samples = take(source, 600, SamplingOptions(temperature=1.0, max_tokens=60))
    texts = {sample.text for sample in samples if sample.finished}
    assert {"The fog sings", "The fog sings.", "The fog | sings.", "The fog sings.\nThe fog sings"} <= texts
    for text in texts:
        assert "<" not in text
        assert "text" not in text
        assert text == text.strip()
        assert text.endswith(("sings", "sings.", "")), text


def test_a_marked_model_may_be_read_as_lines(marked: Path) -> None:
    options = SamplingOptions(temperature=1.0, batch=32, form=Form.LINES)
    for sample in take(sampler(marked), 300, options):
        assert "\n" not in sample.text
        assert "<|endoftext|>" not in sample.text
        assert "<|startoftext|>" not in sample.text


def test_a_line_model_may_be_read_with_markers(lines: Path) -> None:
    samples = take(sampler(lines), 16, SamplingOptions(batch=16, form=Form.MARKED, max_tokens=20))
    assert not any(sample.finished for sample in samples)


def test_an_end_of_text_token_ends_a_post(tmp_path: Path) -> None:
    follow = {"Ċ": {"The": 1}, "The": {bundle.END_OF_TEXT: 1}}
    run = bundle.write_bigrams(tmp_path / "run1", ["The"], follow)
    for form in (Form.LINES, Form.MARKED):
        options = SamplingOptions(batch=2, form=form, prefix="" if form is Form.LINES else "The")
        assert {(s.text, s.finished) for s in take(sampler(run), 2, options)} == {("The", True)}


VERSES: Follow = {  # a post has two lines, and stands between the tokens of another trainer
    bundle.END_OF_TEXT: {"The": 1},
    "The": {"Ġfog": 0.5, "Ġgull": 0.5},
    "Ġfog": {"Ċ": 1},
    "Ċ": {"Ġsings": 1},
    "Ġsings": {"Ġand": 0.5, bundle.END_OF_TEXT: 0.5},
    "Ġand": {bundle.END_OF_TEXT: 1},
    "Ġgull": {"Ġand": 1},
}


def of_tokens(run: Path) -> Sampler:
    checkpoint = replace(open_checkpoint(run), bos=bundle.END_OF_TEXT, ends=(bundle.END_OF_TEXT,))
    return Sampler(checkpoint, [run / "cache"], precision="float32")


def test_posts_between_tokens_may_have_line_breaks(tmp_path: Path) -> None:
    source = of_tokens(bundle.write_bigrams(tmp_path / "run1", WORDS, VERSES))
    assert source.form is Form.TOKENS
    samples = take(source, 100)
    assert {sample.text for sample in samples} == {"The fog\n sings", "The fog\n sings and", "The gull and"}
    assert all(sample.finished for sample in samples)
    scores = source.logprob([sample.text for sample in samples])
    assert scores == pytest.approx([sample.logprob for sample in samples], abs=1e-3)
    assert {one.text for one in take(source, 9, replace(PLAIN, prefix="The gull "))} == {"The gull and"}
    assert take(source, 1, replace(PLAIN, prefix="The fog\n sings"))[0].text.startswith("The fog\n sings")


def test_a_model_with_end_tokens_may_have_learnt_lines(lines: Path, marked: Path) -> None:
    source = of_tokens(lines)
    assert source.form is Form.LINES
    assert {sample.text for sample in take(source, 50)} >= {"The gull sings.", "The fog sings!"}
    assert of_tokens(marked).form is Form.MARKED


def test_an_end_before_any_text_is_passed_over(tmp_path: Path) -> None:
    follow = VERSES | {bundle.END_OF_TEXT: {"The": 0.5, bundle.END_OF_TEXT: 0.5}}
    source = of_tokens(bundle.write_bigrams(tmp_path / "run1", WORDS, follow))
    samples = take(source, 100, replace(PLAIN, max_tokens=30))
    assert {sample.text for sample in samples} == {"The fog\n sings", "The fog\n sings and", "The gull and"}
    assert {sample.tokens for sample in samples} == {4, 5, 6}  # from the first of the text
    ended = take(source, 100, replace(PLAIN, prefix="The fog\n sings"))
    assert "The fog\n sings" in {sample.text for sample in ended}


def test_a_model_is_asked_once_how_its_posts_end(tmp_path: Path) -> None:
    run = bundle.write_bigrams(tmp_path / "run1", WORDS, VERSES)
    for _ in range(2):
        assert of_tokens(run).form is Form.TOKENS
        (kept,) = (run / "cache" / "measured").iterdir()
    (kept / "findings.json").write_text('{"form": "LINES"}')  # no more than that: it is not believed
    assert of_tokens(run).form is Form.TOKENS


def test_a_model_is_asked_each_time_where_no_answer_can_be_kept(tmp_path: Path) -> None:
    run = bundle.write_bigrams(tmp_path / "run1", WORDS, VERSES)
    (run / "cache").mkdir()
    (run / "cache" / "measured").write_text("a file where its folder should be")
    assert of_tokens(run).form is Form.TOKENS


def test_a_vocabulary_without_a_line_break(tmp_path: Path) -> None:
    tokens, merges = bundle.vocabulary(["fog"])
    tokens.remove("Ċ")
    hparams = {"n_vocab": len(tokens), "n_ctx": 16, "n_embd": 8, "n_head": 2, "n_layer": 1}
    folder = hugging_face.write_folder(
        tmp_path / "model", hparams, bundle.random_tensors(hparams), tokens, merges
    )
    source = Sampler(open_checkpoint(folder), [tmp_path / "cache"])
    assert source.form is Form.TOKENS
    assert len(take(source, 20)) == 20


def test_letters_of_several_tokens(tmp_path: Path) -> None:
    letters = bundle.byte_tokens()
    wave = [letters[byte] for byte in "🌊".encode()]
    follow = {"Ċ": {wave[0]: 1}} | {a: {b: 1.0} for a, b in itertools.pairwise(wave)}
    run = bundle.write_bigrams(tmp_path / "run1", [], follow)
    assert {sample.text for sample in take(sampler(run), 8)} == {"🌊"}
    cut = take(sampler(run), 2, SamplingOptions(batch=2, max_tokens=2))
    assert {(sample.text, sample.finished) for sample in cut} == {("\N{REPLACEMENT CHARACTER}", False)}


def test_an_unfinished_post_says_so(lines: Path) -> None:
    samples = take(sampler(lines), 200, SamplingOptions(temperature=1.0, max_tokens=4, batch=32))
    assert {(sample.text, sample.finished) for sample in samples} == {
        (f"The {who} sings{end}", False) for who in ("fog", "gull") for end in (".", "!", " and")
    }
    longest = take(sampler(lines), 400, SamplingOptions(temperature=1.0, max_chars=20, batch=32))
    assert all(sample.finished == (len(sample.text) <= 20) for sample in longest)
    assert {len(sample.text) <= 20 for sample in longest} == {True, False}
    assert max(len(sample.text) for sample in longest) < 30


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("A gull, at 5:30!\nWell.", 22),
        ("  sad gull  ", 8),
        ("Größe ἄ кит ヒト 霧 한글", 18),
        ("e\u0301te\u0301", 3),  # two of them are a letter and its accent
        ("see https://example.com/a/long/way or example.org", 7),
        ("@gull &amp; me&you", 0),
        ("👨\u200d👩\u200d👧 fog", 4),
    ],
)
def test_the_fewest_characters_that_anybody_counts(text: str, count: int) -> None:
    assert fewest_chars(text) == count
    if "http" not in text:
        assert count <= min(x_length(text.strip()), mastodon_length(text.strip()))


def test_a_long_link_does_not_end_a_post(tmp_path: Path) -> None:
    follow: Follow = {
        "Ċ": {"w": 1},
        "w": {"ww.fog": 1},
        "ww.fog": {"/sea": 1},
        "/sea": {"/sea": 0.9, "Ċ": 0.1},
    }
    run = bundle.write_bigrams(tmp_path / "run1", ["ww.fog", "/sea"], follow)
    samples = take(sampler(run), 200, SamplingOptions(temperature=1.0, max_chars=20, max_tokens=50, batch=64))
    assert sum(sample.finished and len(sample.text) > 20 for sample in samples) > 50


def test_a_context_that_is_full_ends_a_post(tmp_path: Path) -> None:
    run = bundle.write_bigrams(tmp_path / "run1", ["The"], {"Ċ": {"The": 1}, "The": {"The": 1}}, n_ctx=12)
    (sample, *_) = take(sampler(run), 4, SamplingOptions(batch=4))
    assert (sample.text, sample.finished, sample.tokens) == ("The" * 11, False, 11)


# A prefix


def test_a_prefix_is_the_beginning_of_each_post(lines: Path, marked: Path) -> None:
    for prefix in ("The fog", "The fog "):
        samples = take(sampler(lines), 40, SamplingOptions(temperature=1.0, batch=8, prefix=prefix))
        assert all(sample.text.startswith("The fog sings") for sample in samples)
    for prefix in ("The fog", "<|startoftext|>The fog"):
        samples = take(sampler(marked), 40, SamplingOptions(temperature=1.0, batch=8, prefix=prefix))
        assert all(sample.text.startswith("The fog") for sample in samples)
        assert {sample.text for sample in samples} >= {"The fog sings", "The fog | sings."}


def test_a_prefix_that_cannot_be(lines: Path, marked: Path) -> None:
    for prefix, says in [
        ("word " * 40, "the context of the model only 64"),
        ("The\nfog", "line break"),
        ("The <|endoftext|>", "marker"),
    ]:
        with pytest.raises(SettingsError, match=says):
            sampler(lines).stream(SamplingOptions(prefix=prefix), 1)
    with pytest.raises(SettingsError, match="a whole post at most 7"):
        sampler(lines).stream(SamplingOptions(prefix="The fog", max_chars=7), 1)
    take(sampler(marked), 1, SamplingOptions(prefix="The\nfog", batch=2))


# Settings


def test_all_problems_of_the_options_at_once(lines: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        sampler(lines).stream(SamplingOptions(temperature=0, top_k=-1, top_p=0, max_tokens=0), 1)
    assert [problem.split()[0] for problem in caught.value.problems] == [
        "temperature",
        "top-k",
        "top-p",
        "the",
    ]


@pytest.mark.parametrize("wrong", [{"temperature": -1}, {"temperature": math.nan}, {"temperature": math.inf}])
@pytest.mark.parametrize("more", [{"top_p": 1.1}, {"top_p": math.nan}, {"batch": -1}, {"max_chars": -1}])
def test_options_that_cannot_be(lines: Path, wrong: dict[str, float], more: dict[str, float]) -> None:
    for options in (wrong, more):
        with pytest.raises(SettingsError):
            sampler(lines).stream(SamplingOptions(**options), 1)  # type: ignore[arg-type]


def test_a_machine_that_cannot_be(lines: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        Sampler(open_checkpoint(lines), [lines], device="tpu", threads=0, precision="int4")
    assert [problem.split()[0] for problem in caught.value.problems] == ["unknown", "unknown", "threads"]
    assert sampler(lines).engine.device == "cpu"


# The limit of top-p


def write_even(folder: Path, count: int) -> Sampler:
    """A model for which all of so many tokens are equally probable."""
    pairs = [f"{a}{b}" for a in string.ascii_letters for b in string.ascii_letters]
    tokens, merges = bundle.vocabulary(pairs[: count - 257])
    hparams = {"n_vocab": count, "n_ctx": 16, "n_embd": 8, "n_head": 1, "n_layer": 1}
    tensors = bundle.random_tensors(hparams, scale=1e-6)
    return sampler(bundle.write_run(folder / "run1", hparams, tensors, tokens, merges))


def test_the_mass_that_the_limit_of_top_p_loses(lines: Path, tmp_path: Path) -> None:
    source = sampler(lines)
    limited, lost = source.limit_top_p(SamplingOptions(1.0, top_p=0.9), ["The fog sings."])
    assert (limited.among, lost) == (200, pytest.approx(0, abs=1e-3))
    for untouched in (SamplingOptions(1.0), SamplingOptions(1.0, top_p=0.9, top_k=50)):
        assert source.limit_top_p(untouched, ["The fog sings."]) == (untouched, 0)


def test_the_mass_is_measured_once_at_own_texts_where_no_others_are_known(tmp_path: Path) -> None:
    run, options = bundle.write_bigrams(tmp_path / "run1", WORDS, LINES), SamplingOptions(1.0, top_p=0.9)
    first, again = sampler(run), sampler(run)
    limited, lost = first.limit_top_p(options, [])
    assert (limited.among, lost) == (200, pytest.approx(0, abs=1e-3))
    assert again.limit_top_p(options, []) == (limited, lost)
    assert "_scorer" not in vars(again.engine)
    again.limit_top_p(replace(options, prefix="The"), [])  # whose texts are others
    assert "_scorer" in vars(again.engine)


def test_top_p_gets_as_many_tokens_as_it_needs(tmp_path: Path) -> None:
    # Of 400 equal tokens, top-p 0.901 keeps 361; with the 200 best alone it would keep 181.
    limited, lost = write_even(tmp_path, 400).limit_top_p(SamplingOptions(1.0, top_p=0.901), [""])
    assert (limited.among, lost) == (400, pytest.approx(0, abs=1e-3))


def drawn(source: Sampler, options: SamplingOptions) -> list[int]:
    """Return the tokens of 5,000 first steps."""
    fitted, prompt = source._fitted(options)
    found: list[int] = []

    def see(number: int, token: int, log_prob: float) -> bool:
        found.append(token)
        return True

    for seed in range(10):
        source.engine.sample(seed, prompt, replace(fitted, batch=500, max_tokens=1), see)
    return found


def test_top_p_gets_no_more_tokens_than_is_fast(tmp_path: Path) -> None:
    # Of 1,500 it keeps 1,350, with the 1,000 best alone 900.
    source = write_even(tmp_path, 1500)
    limited, lost = source.limit_top_p(SamplingOptions(1.0, top_p=0.9), [""])
    assert (limited.among, lost) == (1000, pytest.approx(1 - 900 / 1350, abs=0.01))
    tokens = drawn(source, limited)
    assert 850 < len(set(tokens)) <= 901


# The cache of the converted model


def models(folder: Path) -> list[Path]:
    return sorted(path.parent for path in folder.glob("*/model.bin"))


def test_the_second_start_converts_nothing(lines: Path, tmp_path: Path) -> None:
    checkpoint = open_checkpoint(lines)
    first = Sampler(checkpoint, [tmp_path], precision="int8")
    (model,) = models(tmp_path)
    stamp = (model / "model.bin").stat().st_mtime_ns
    (lines / "model-7.data-00000-of-00001").rename(lines / "away")  # the weights are not needed any more
    try:
        again = Sampler(checkpoint, [tmp_path / "other", tmp_path], precision="int8")
    finally:
        (lines / "away").rename(lines / "model-7.data-00000-of-00001")
    assert models(tmp_path) == [model]
    assert (model / "model.bin").stat().st_mtime_ns == stamp
    assert take(again, 20) == take(first, 20)


@pytest.mark.parametrize("name", ["model.bin", "vocabulary.json", "config.json", "seal.json"])
@pytest.mark.parametrize("damage", ["missing", "truncated", "bent", "empty"])
def test_a_damaged_cache_is_built_again(lines: Path, tmp_path: Path, name: str, damage: str) -> None:
    checkpoint = open_checkpoint(lines)
    expected = take(Sampler(checkpoint, [tmp_path], precision="float32"), 20)
    (model,) = models(tmp_path)
    whole = (model / name).read_bytes()
    broken = {"truncated": whole[:-1], "empty": b"", "bent": whole[:50] + b"?" + whole[51:]}
    (model / name).unlink() if damage == "missing" else (model / name).write_bytes(broken[damage])
    assert take(Sampler(checkpoint, [tmp_path], precision="float32"), 20) == expected
    assert models(tmp_path) == [model]
    assert (model / "model.bin").stat().st_size > len(whole[:-1]) * (name == "model.bin")


def cached(folder: Path, run: Path) -> set[str]:
    """The models of a run in a cache, by precision."""
    digits = open_checkpoint(run).fingerprint
    return {path.name.rpartition("-")[2] for path in models(folder) if path.name.startswith(digits)}


def test_the_oldest_model_goes_and_a_stranger_stays(lines: Path, random_run: Path, tmp_path: Path) -> None:
    for number, precision in enumerate(("int8", "float32")):
        Sampler(open_checkpoint(lines), [tmp_path], precision=precision)
        for model in models(tmp_path):
            os.utime(model / "seal.json", (number, number))
    Sampler(open_checkpoint(lines), [tmp_path], precision="int8")  # now it was used last
    (tmp_path / "mine").mkdir()
    Sampler(open_checkpoint(random_run), [tmp_path], precision="int8")
    assert (cached(tmp_path, lines), cached(tmp_path, random_run)) == ({"int8"}, {"int8"})
    assert {path.name for path in tmp_path.iterdir()} == {"mine", *(path.name for path in models(tmp_path))}


def test_a_model_that_is_open_stays(lines: Path, random_run: Path, tmp_path: Path) -> None:
    checkpoint = open_checkpoint(lines)
    first = Sampler(checkpoint, [tmp_path], precision="int8")
    expected = take(first, 20)
    for precision in ("int8", "float32", "auto"):
        Sampler(open_checkpoint(random_run), [tmp_path], precision=precision)
    assert cached(tmp_path, lines) == {"int8"}
    assert take(first, 20) == expected
    del first
    gc.collect()
    Sampler(checkpoint, [tmp_path], precision="float32")
    assert cached(tmp_path, lines) == {"float32"}


def test_killed_conversions_go_also_where_none_succeeds(lines: Path, tmp_path: Path) -> None:
    for name in ("new-0123", "new-4567"):
        (tmp_path / name / "tmp").mkdir(parents=True)
        (tmp_path / name / "model.bin").write_bytes(b"half a model")
    building = os.open(tmp_path / "new-4567", os.O_RDONLY)
    fcntl.flock(building, fcntl.LOCK_EX)

    def fail(folder: Path) -> None:
        assert {path.name for path in tmp_path.iterdir()} == {"new-4567", folder.name}
        raise FileError("the checkpoint is damaged")

    with pytest.raises(FileError, match="damaged"):
        converted([tmp_path], f"{'0' * 32}-1.0-int8", fail)
    assert [path.name for path in tmp_path.iterdir()] == ["new-4567"]
    os.close(building)


def test_the_first_folder_that_can_be_written_is_taken(lines: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    Sampler(open_checkpoint(lines), [tmp_path / "file" / "cache", tmp_path / "deep" / "cache"])
    assert models(tmp_path / "deep" / "cache")
    with pytest.raises(FileError, match="file/cache"):
        Sampler(open_checkpoint(lines), [tmp_path / "file" / "cache"])
    with pytest.raises(FileError, match="no folder"):
        Sampler(open_checkpoint(lines), [])


def test_a_damaged_checkpoint_leaves_no_model(lines: Path, tmp_path: Path) -> None:
    tokens, merges = bundle.vocabulary(WORDS)
    hparams = {"n_vocab": len(tokens), "n_ctx": 8, "n_embd": 8, "n_head": 2, "n_layer": 1}
    run = bundle.write_run(tmp_path / "run1", hparams, bundle.random_tensors(hparams), tokens, merges)
    data = run / "model-7.data-00000-of-00001"
    data.write_bytes(b"\xff" + data.read_bytes()[1:])
    with pytest.raises(FileError, match="checksum"):
        Sampler(open_checkpoint(run), [tmp_path / "cache"])
    assert list((tmp_path / "cache").iterdir()) == []


# The precision


def test_int8_where_it_costs_nothing(lines: Path, random_run: Path) -> None:
    for run in (lines, random_run):
        source = sampler(run, precision="auto")
        assert source.engine.precision == "int8"
    exact, small = (sampler(lines, precision=kind) for kind in ("float32", "int8"))
    texts = [sample.text for sample in take(exact, 100)]
    assert np.mean(small.logprob(texts)) == pytest.approx(np.mean(exact.logprob(texts)), rel=0.01)


def test_float32_where_int8_would_spoil_the_model(tmp_path: Path) -> None:
    tokens, merges = bundle.vocabulary()
    hparams = {"n_vocab": len(tokens), "n_ctx": 40, "n_embd": 16, "n_head": 2, "n_layer": 1}
    tensors = bundle.random_tensors(hparams)
    # A huge value in each row takes all of the 127 steps; it is the same for all logits: float32 is well.
    wte = np.asarray(tensors["model/wte"]) * 10
    wte[:, 0] = 200
    run = bundle.write_run(tmp_path / "run1", hparams, tensors | {"model/wte": wte}, tokens, merges)
    assert sampler(run, precision="int8").engine.precision == "int8"
    assert sampler(run, precision="auto").engine.precision == "float32"
    assert take(sampler(run, precision="auto"), 20) == take(sampler(run, precision="float32"), 20)


def test_layers_that_do_nothing_are_converted_too(tmp_path: Path) -> None:
    tokens, merges = bundle.vocabulary(["The", "Ġfog"])
    hparams = {"n_vocab": len(tokens), "n_ctx": 16, "n_embd": 16, "n_head": 2, "n_layer": 2}
    tensors = dict(bundle.random_tensors(hparams, scale=0.2))
    for part in ("attn", "mlp"):  # whose matrices have other shapes and, of zeros, the same scales
        tensors[f"model/h0/{part}/c_proj/w"][:] = 0
    run = bundle.write_run(tmp_path / "run1", hparams, tensors, tokens, merges)
    exact, quantized = (sampler(run, precision=one).logprob(["The fog"])[0] for one in ("float32", "int8"))
    assert quantized == pytest.approx(exact, abs=0.05)


def test_a_batch_is_bounded_by_memory(random_run: Path) -> None:
    source = sampler(random_run)
    assert source._fitted(SamplingOptions())[0].batch == 128
    assert source._fitted(SamplingOptions(batch=300))[0].batch == 300
    each = 48 * 3 * 2 * 32 * 4  # places, layers, keys and values, width, bytes
    assert source._fitted(SamplingOptions(batch=10**9))[0].batch == 2**31 // each


def test_texts_of_no_length(lines: Path) -> None:
    texts: Sequence[str] = []
    assert sampler(lines).logprob(texts) == []
