"""Texts: ids and offsets of every scalar value in contexts, and of random strings."""

import random
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any

from parity import reference
from parity.core.outcome import Difference, Outcome
from parity.tokenizer.adversarial_texts import CONTEXTS, LAST, scalars
from parity.tokenizer.crashes import crash_text
from parity.tokenizer.folders import CONFIGURATIONS, with_characters, write_folder
from parity.tokenizer.mistakes.catalogue import CATALOGUE
from parity.tokenizer.mistakes.rules import order_of
from parity.tokenizer.pair import Progress, TokenizerPair, TokenizerPairs, silent
from parity.tokenizer.rules import text_rule
from parity.tokenizer.shrink import shrink

BATCH = 1000  # texts; larger ones keep the garbage collector busy
_BLOCK = 1 << 16  # scalar values that share a vocabulary
_EXPLAINED = 25  # differences shrunk in one outcome; thousands are no clearer


def check_texts(pair: TokenizerPair, texts: Sequence[str], outcome: Outcome) -> None:
    """Compare a batch of texts, and shrink and explain what differs.

    Args:
        pair: both tokenizers.
        texts: without lone surrogates.
        outcome: takes the result.
    """
    outcome.inputs += len(texts)
    their_ids, their_offsets = reference.ids_and_offsets(pair.theirs, texts)
    rows = pair.our_rows(texts)
    if rows in ((their_ids, their_offsets), (their_ids, None)):
        _narrow(pair, texts, outcome)
        return
    equal = []
    for i, text in enumerate(texts):
        if isinstance(rows, Exception) or len(rows[0]) != len(texts):
            differs = _different(pair, text) is not None
        else:
            offsets = rows[1] is None or list(map(tuple, rows[1][i])) == their_offsets[i]
            differs = list(rows[0][i]) != their_ids[i] or not offsets
        if not differs:
            equal.append(text)
        else:
            possible = outcome.possible if outcome.wrong else [*CATALOGUE]
            outcome.wrong += 1
            # A known mistake is made in each text alone; where that is right it explains nothing.
            alone = _different(pair, text) is not None
            outcome.possible = _still_possible(pair, text, possible) if alone else []
            if outcome.wrong <= _EXPLAINED and not _known(outcome, pair, text):
                outcome.add(_explained(pair, text))
    outcome.differences.sort(key=lambda difference: order_of(difference.rule))
    _narrow(pair, equal, outcome)


def check_scalars(
    pairs: TokenizerPairs,
    *,
    chosen: Sequence[tuple[int, int]] = ((0, LAST),),
    progress: Progress = silent,
) -> Iterator[Outcome]:
    """Compare every scalar value in several contexts, in each configuration.

    Args:
        pairs: where both tokenizers are built.
        chosen: first and last of each range of scalar values.
        progress: is told how many are done.
    """
    configurations = [one for one in pairs.configurations if one in CONFIGURATIONS]
    outcomes = [Outcome("scalars", configuration.name) for configuration in configurations]
    chars = chain.from_iterable(scalars(first, last) for first, last in chosen)
    while block := list(islice(chars, _BLOCK)):
        pieces = with_characters((), {*block, *CONTEXTS.format("")})
        for configuration, outcome in zip(configurations, outcomes, strict=True):
            place = pairs.folder / f"{configuration.name} {ord(block[0]):X}"
            pair = pairs.build(configuration, write_folder(place, pieces, configuration))
            for start in range(0, len(block), BATCH):
                texts = [CONTEXTS.format(char) for char in block[start : start + BATCH]]
                check_texts(pair, texts, outcome)
                progress(len(texts))
    yield from outcomes


def check_strings(
    pairs: TokenizerPairs, *, number: int, seed: int, progress: Progress = silent
) -> Iterator[Outcome]:
    """Compare random strings, as many in each configuration.

    Args:
        pairs: where both tokenizers are built.
        number: of strings, in all configurations together.
        seed: of the strings.
        progress: is told how many are done.
    """
    for place, configuration in enumerate(pairs.configurations):
        outcome = Outcome("strings", configuration.name)
        pair = pairs.pair(configuration)
        choose = random.Random(f"{seed}/{configuration.name}")  # noqa: S311
        share = len(range(place, number, len(pairs.configurations)))
        while outcome.compared < share:
            texts = pair.source.texts(choose, min(BATCH, share - outcome.compared))
            check_texts(pair, texts, outcome)
            progress(len(texts))
        yield outcome


def check_given(pairs: TokenizerPairs, texts: Sequence[str]) -> Iterator[Outcome]:
    """Compare given texts, in each configuration."""
    pieces = with_characters(pairs.vocabulary, set("".join(texts)))
    for configuration in pairs.configurations:
        place = write_folder(pairs.folder / f"{configuration.name} given", pieces, configuration)
        outcome = Outcome("texts", configuration.name)
        check_texts(pairs.build(configuration, place), texts, outcome)
        yield outcome


def _different(pair: TokenizerPair, text: str) -> str | None:
    """What differs for one text alone: "an error", "input_ids", "offset_mapping" or nothing."""
    rows = pair.our_rows([text])
    if isinstance(rows, Exception):
        return "an error"
    (their_ids,), (their_offsets,) = reference.ids_and_offsets(pair.theirs, [text])
    (our_ids,), our_offsets = rows
    if list(our_ids) != their_ids:
        return "input_ids"
    if our_offsets is not None and list(map(tuple, our_offsets[0])) != their_offsets:
        return "offset_mapping"
    return None


def _narrow(pair: TokenizerPair, texts: Sequence[str], outcome: Outcome) -> None:
    """Tell causes apart by texts that are right."""
    for text in texts if len(outcome.possible) > 1 else ():
        outcome.possible = _still_possible(pair, text, outcome.possible)


def _still_possible(pair: TokenizerPair, text: str, causes: Sequence[str]) -> list[str]:
    """Of known mistakes keep those that give the candidate's ids, and its offsets if it has any."""
    rows = pair.our_rows([text])
    if isinstance(rows, Exception):
        return []
    return [cause for cause in causes if pair.gives(CATALOGUE[cause], text, rows)]


def _known(outcome: Outcome, pair: TokenizerPair, text: str) -> bool:
    """Whether a text shows no more than a difference that was made small already."""
    known = [difference.rule for difference in outcome.differences]
    return bool(known) and text_rule(pair, text) in known


def _explained(pair: TokenizerPair, text: str) -> Difference:
    what = _different(pair, text)
    if what is None:
        rule = "a text alone is right, in a batch it is wrong: texts must not depend on each other"
        return Difference(f"tokenizer([…, {text!a}, …])", text, "a batch", "", "", rule, "")
    text = shrink(text, lambda shorter: _different(pair, shorter) == what)
    (their_ids,), (their_offsets,) = reference.ids_and_offsets(pair.theirs, [text])
    theirs: Any = (their_ids, [pair.tokens[i] for i in their_ids])
    rows = pair.our_rows([text])
    if isinstance(rows, Exception):
        ours: Any = crash_text(rows)
    elif what == "offset_mapping":
        ours, theirs = (rows[1][0], theirs[1]), (their_offsets, theirs[1])
    else:
        ours = (list(rows[0][0]), [pair.tokens.get(i, "(no such id)") for i in rows[0][0]])
    given = f"([{text!a}])" if callable(pair.ours) else f".encode({text!a})"
    call, rule, rerun = f"tokenizer{given}", text_rule(pair, text), f"--text {_quoted(text)}"
    return Difference(call, text, what, ours, theirs, rule, rerun)


def _quoted(text: str) -> str:
    """A text for a shell, in Python's escapes."""
    escaped = text.encode("unicode_escape").decode()
    return "'" + escaped.replace("'", "\\x27") + "'"
