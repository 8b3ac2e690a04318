"""What the judge says of a candidate: its verdict, the first wrong stage, and the causes."""

import random
import re
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from mutation.operators import Mutant
from mutation.targets import Target
from parity.core.compare import Status
from parity.core.errors import CandidateError
from parity.core.outcome import Outcome
from parity.core.stages import OUTPUTS
from parity.core.verdict import Report
from parity.finetuning.suite import FINETUNING
from parity.inference.suite import INFERENCE
from parity.model.candidate import Candidate
from parity.model.describe import description_of
from parity.pretraining.suite import PRETRAINING
from parity.self_test.workbench import Workbench
from parity.suite.suite import Suite
from parity.tokenizer.candidate import TokenizerCandidate
from parity.tokenizer.crashes import chain
from parity.tokenizer.mistakes.catalogue import CATALOGUE as TOKENIZER
from parity.tokenizer.mistakes.rules import RULES, order_of
from parity.tokenizer.outcome import causes
from parity.tokenizer.pair import TokenizerPair, TokenizerPairs
from parity.tokenizer.suite import vocabulary
from parity.tokenizer.texts import check_texts

SUITES: dict[str, Suite] = {each.name: each for each in (PRETRAINING, FINETUNING, INFERENCE)}
_texts, _FEW_TEXTS = 300, 100  # in each configuration
_left_out: tuple[str, ...] = ()
_OF_TWO_OTHERS = ("cased, accents stripped", "uncased, added tokens")  # configurations
ERROR = "a text has ids; none is an error"


@dataclass
class Judgement:
    """What was said.

    Attributes:
        verdict: "parity", "diverges", "refused" or "crashed".
        first: the first stage, in order of computation, that is itself wrong; "" if none is known.
        wrong: all of these.
        shown: the stages that the candidate shows.
        causes: ids of the mistakes that were named, each with its stages.
        unknown: stages that nothing explains.
        notes: what was said besides.
        trace: of a crash, its lines as (file, line), and the error.
        made: the mistakes that were named.
    """

    verdict: str = "parity"
    first: str = ""
    wrong: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    causes: list[tuple[str, list[str], float]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    trace: list[tuple[str, int]] = field(default_factory=list)
    error: str = ""
    made: list[Any] = field(default_factory=list)

    def crashed(self, error: BaseException) -> "Judgement":
        """Take an error as the verdict."""
        self.verdict = "refused" if isinstance(error, CandidateError) else "crashed"
        frames = [f for each in chain(error) for f in traceback.extract_tb(each.__traceback__)]
        self.trace = [(frame.filename, frame.lineno or 0) for frame in frames]
        notes = getattr(error, "__notes__", ())
        self.error = "; ".join([f"{type(error).__name__}: {error}"[:300], *notes])
        return self


def be_quick() -> None:
    """Let this process compare less and try no two causes at once; there is no way back."""
    global _texts, _left_out
    _texts, _left_out, every = _FEW_TEXTS, _OF_TWO_OTHERS, Outcome.explain

    def explain(outcome: Outcome, *given: Any, pairs: bool = True) -> None:  # noqa: ARG001
        every(outcome, *given, pairs=False)

    Outcome.explain = explain  # type: ignore[assignment,method-assign]


def kind_of(stage: str) -> str:
    """Return a stage's name without the number of its layer."""
    return re.sub(r"(?<=encoder\.layer\.)\d+", "{i}", stage)


def judge_model(workbench: Workbench, maker: Any) -> Judgement:
    """Judge a model on every probe."""
    found = Judgement()
    if lacks_double(workbench, maker):
        maker.unsupported = {*getattr(maker, "unsupported", ()), "float64"}
    try:
        rows, diagnosis = workbench.judge(maker)
    except (Exception, SystemExit) as error:
        return found.crashed(error)
    report = Report(rows)
    found.shown = list(dict.fromkeys(row.name for row in rows if row.lane == "isolated"))
    if report.first_divergence is None:
        return found
    found.verdict = "diverges"
    wrong = [row for row in rows if not row.passed and row.lane != "padding"]
    named = [row.name for row in wrong if row.lane == "propagated"] or [row.name for row in wrong]
    order = {name: place for place, name in enumerate(workbench.stages)}
    born = report.born or report.born_backward or list(dict.fromkeys(named))
    isolated = [row for row in wrong if row.lane == "isolated"]
    missing = [row.name for row in isolated if row.status is Status.MISSING_OURS]
    found.wrong = sorted({*born, *missing}, key=lambda name: order.get(name, -1))
    found.first = found.wrong[0]
    found.notes = list(dict.fromkeys(row.note for row in wrong if row.note))[:3]
    found.made = [mistake for cause in diagnosis.causes for mistake in cause.mistakes]
    found.causes = [(m.mistake.id, [*m.stages], m.value) for m in found.made]
    found.unknown = [*diagnosis.unknown]
    return found


def lacks_double(workbench: Workbench, maker: Any) -> bool:
    """Whether the judge falls back to single precision, as it does for `parity check`."""
    checkpoint = str(workbench.folder / "checkpoint")
    try:
        return description_of(Candidate(maker, "mutant"), checkpoint).dtype != "float64"
    except Exception:  # it raises in every dtype, and is judged as it stands
        return False


def judge_suite(target: Target, maker: Any) -> Judgement:
    """Judge by a suite's checks, up to the first that does not hold."""
    suite, found = SUITES[target.kind], Judgement()
    candidate = suite.local_class(maker, target.name)
    for check in target.checks:
        found.shown.append(check)
        try:
            outcome = suite.checks[check].run(candidate)
        except (Exception, SystemExit) as error:
            found.first, found.wrong = check, [check]
            return found.crashed(error)
        if outcome.failed:
            found.verdict, found.first, found.wrong = "diverges", check, [check]
            found.made = [*outcome.causes]
            found.causes = [(cause.id, [check], 0.0) for cause in outcome.causes]
            found.notes = [*outcome.known, "two at once"] if outcome.together else outcome.known
            found.unknown = [] if outcome.causes else [check]
            break
    return found


@cache
def tokenizer_pairs(folder: Path) -> tuple[TokenizerPair, ...]:
    """Build the reference's tokenizer in each configuration, once, from files in a folder."""
    from mutation.book_tokenizer import BookOffsets

    candidate = TokenizerCandidate(BookOffsets(), "scratch_bert")
    pairs = TokenizerPairs(candidate, folder, vocabulary())
    made = tuple(pairs.pair(each) for each in pairs.configurations)
    for pair in made:
        assert pair.tokens
        pair.mistaken(next(iter(TOKENIZER.values())), "a")  # builds what makes mistakes
    return made


def with_candidate(pair: TokenizerPair, candidate: TokenizerCandidate) -> TokenizerPair:
    """Put a candidate beside the reference that is there already."""
    made = replace(pair, candidate=candidate, ours=candidate.build(pair.folder))
    made.__dict__.update({name: pair.__dict__[name] for name in ("tokens", "_book")})
    return made


def texts_of(pair: TokenizerPair, seed: str, number: int) -> list[str]:
    """Draw texts: random ones, and some that are long."""
    choose = random.Random(f"{seed}/{pair.configuration.name}")  # noqa: S311
    texts: list[str] = pair.source.texts(choose, number)
    letters = "abcde"
    words = ("".join(choose.choices(letters, k=size)) for size in (99, 100, 101, 102, 150))
    return [*texts, *words, ""]


def judge_tokenizer(folder: Path, maker: Any) -> Judgement:
    """Judge a tokenizer on texts, in each configuration it can have."""
    found, candidate = Judgement(), TokenizerCandidate(maker, "mutant")
    outcomes = []
    try:
        candidate.build(folder / "uncased")
        for pair in tokenizer_pairs(folder):
            configuration = pair.configuration
            if configuration.added_tokens and "added tokens" in candidate.unsupported:
                continue
            if configuration.name in _left_out:
                continue
            outcome = Outcome("strings", pair.configuration.name)
            check_texts(with_candidate(pair, candidate), texts_of(pair, "judged", _texts), outcome)
            outcomes.append(outcome)
    except (Exception, SystemExit) as error:
        return found.crashed(error)
    rules = [each.rule for outcome in outcomes for each in outcome.differences]
    rules.sort(key=order_of)
    if not any(outcome.wrong for outcome in outcomes):
        return found
    found.verdict = "diverges"
    found.wrong = list(dict.fromkeys(map(_rule, rules)))
    found.first = found.wrong[0] if found.wrong else ""
    found.made = [TOKENIZER[name] for name in causes(outcomes)]
    found.causes = [(each.id, [*each.stages], 0.0) for each in found.made]
    found.unknown = [] if found.made else found.wrong
    found.notes = rules[:3]
    if found.first == "input error":
        texts = [each.text for outcome in outcomes for each in outcome.differences]
        try:
            candidate.ids_and_offsets(candidate.build(folder / "uncased"), texts)
        except Exception as error:
            return found.crashed(error)
    return found


def _rule(text: str) -> str:
    """The short name of a rule that a report tells."""
    if text == ERROR:
        return "input error"
    return next((name for name, told in RULES.items() if text.startswith(told)), text)


def judge(target: Target, maker: Any, workbench: Workbench, folder: Path) -> Judgement:
    """Judge a target's candidate.

    Args:
        target: what it was made of.
        maker: the candidate.
        workbench: for models.
        folder: of the tokenizers' files.
    """
    if target.kind == "model":
        return judge_model(workbench, maker)
    if target.kind == "tokenizer":
        return judge_tokenizer(folder, maker)
    return judge_suite(target, maker)


def is_located(found: Judgement, declared: Sequence[str], mutant: Mutant) -> bool:
    """Whether the first wrong stage is one that the changed line feeds first.

    A crash is located if it comes through the function that was changed, if it names the weight of
    such a stage or a part of the model that the line makes, or if it is that of the check that the
    line feeds first.
    """
    if found.verdict not in ("crashed", "refused"):
        return kind_of(found.first) in declared
    file, (begin, end) = Path(mutant.id.split(":")[0]).name, mutant.lines
    inside = any(name.endswith(file) and begin <= line <= end for name, line in found.trace)
    weights = [each.replace("{i}", "0") for each in declared if each not in OUTPUTS]
    named = re.findall(r"mismatch for ([\w.]+)", found.error)
    parts = {part for name in named for part in name.split(".")[:-1]}
    makes = any(f"self.{part}" in mutant.before for part in parts)
    return (
        inside or makes or found.first in declared or any(each in found.error for each in weights)
    )
