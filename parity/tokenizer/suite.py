"""All checks of a tokenizer, one after the other."""

import tempfile
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from parity.core.outcome import Outcome
from parity.core.process import LIMIT, CandidateProcess, Send
from parity.tokenizer.calls import check_calls
from parity.tokenizer.candidate import FEATURES, TokenizerCandidate, load_candidate
from parity.tokenizer.decoding import check_decoding
from parity.tokenizer.files import check_files
from parity.tokenizer.outcome import as_data, as_outcome
from parity.tokenizer.pair import Progress, TokenizerPairs, silent
from parity.tokenizer.texts import check_given, check_scalars, check_strings
from scratch_bert.weights.builtin import minilm

_PER_QUESTION = 5  # calls to one question about decoding


@dataclass(frozen=True)
class Amounts:
    """How much is compared.

    Attributes:
        scalars: whether every scalar value is.
        files: whether unusual files are.
        strings: random strings.
        calls: random calls; a fifth as many questions about decoding.
        seed: of the strings and of the first call.
        texts: where there are any, these alone are compared.
    """

    scalars: bool = False
    files: bool = True
    strings: int = 20_000
    calls: int = 2_000
    seed: int = 0
    texts: Sequence[str] = ()


def vocabulary() -> list[str]:
    """The vocabulary of bert-base-uncased, which builtin:minilm shares."""
    return (minilm() / "vocab.txt").read_text(encoding="utf-8").split("\n")[:-1]


def run_checks(
    candidate: TokenizerCandidate, amounts: Amounts, words: Sequence[str], progress: Progress
) -> Iterator[Outcome]:
    """Run them.

    Args:
        candidate: whose tokenizer.
        amounts: how much of each.
        words: the vocabulary.
        progress: is told how many texts or calls are done.

    Raises:
        CandidateError: what it builds is no tokenizer.
        Exception: whatever its `build` raises.
    """
    seed = amounts.seed
    with tempfile.TemporaryDirectory() as name:
        candidate.build(minilm())  # tells what it cannot do
        pairs = TokenizerPairs(candidate, Path(name), words)
        if amounts.texts:
            yield from check_given(pairs, amounts.texts)
            return
        if amounts.files:
            yield from check_files(pairs, seed=seed)
        if amounts.calls:
            questions = -(-amounts.calls // _PER_QUESTION)
            yield from check_calls(pairs, number=amounts.calls, seed=seed, progress=progress)
            yield from check_decoding(pairs, number=questions, seed=seed, progress=progress)
        if amounts.strings:
            yield from check_strings(pairs, number=amounts.strings, seed=seed, progress=progress)
        if amounts.scalars:
            yield from check_scalars(pairs, progress=progress)
    for feature in FEATURES:
        if feature in candidate.unsupported - {"calls", "decode", "files"}:
            yield Outcome(FEATURES[feature], "all", lacks=feature)


def judge_in_process(
    candidate: str, amounts: Amounts, progress: Progress = silent, limit: float = LIMIT
) -> Iterator[Outcome]:
    """Run the checks in a process of the candidate's own.

    Args:
        candidate: its name.
        amounts: how much of each.
        progress: is told how many texts or calls are done.
        limit: seconds that the candidate has from one outcome or progress to the next.

    Raises:
        CandidateError: it is not what a candidate must be.
        CandidateCrashedError: it cannot be built, ended its process, or took too long.
    """
    given = {"candidate": candidate, "amounts": asdict(amounts), "words": vocabulary()}
    with CandidateProcess(limit) as process:
        for answer in process.answers(send_outcomes, **given):
            if isinstance(answer, int):
                progress(answer)
            else:
                yield as_outcome(answer)


def send_outcomes(send: Send, candidate: str, amounts: dict[str, Any], words: list[str]) -> None:
    """Send each check's outcome, and numbers of texts or calls that are done."""
    judged = load_candidate(candidate)
    warnings.simplefilter("ignore")  # the reference's, about what is ignored
    for outcome in run_checks(judged, Amounts(**amounts), words, send):
        send(as_data(outcome))
