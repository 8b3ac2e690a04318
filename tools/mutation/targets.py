"""What is mutated: files, the candidates that they make, and the stage of each line."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from mutation import stages_of_models as models
from mutation import stages_of_more_models as more
from mutation import stages_of_suites as suites
from mutation.operators import Mutant, mutants

ROOT = Path(__file__).parents[2]
_STRANGERS = "tests/parity/strangers"
_PLAIN = f"{_STRANGERS}/plain"
SEEDS = {"A": 1, "B": 2, "C": 4}
"""Gaps were closed on mutants of A and B. The score is that of C, which leaves these out."""
JUDGED = Path(__file__).parent / "judged.txt"
"""Digests of the mutants on which gaps were closed."""

NotMutated = tuple[tuple[str, str], ...]


class UndeclaredError(Exception):
    """A line has no stage."""


@dataclass(frozen=True)
class Target:
    """Code that is mutated, one file at a time, and judged as a candidate.

    Attributes:
        name: as in ids and tables.
        kind: "model", "tokenizer" or a suite's name.
        files: where each file is, from the folder of this repository, with the rules of its lines.
        maker: the candidate's class, in the mutated file, or in one of its own.
        not_mutated: patterns of functions, and of changed lines, that are left out.
        package: whether the files belong to scratch_bert, and all of it is copied.
        checks: of a suite, those that judge it.
    """

    name: str
    kind: str
    files: Mapping[str, models.Rules]
    maker: str
    not_mutated: NotMutated = ()
    package: bool = False
    checks: tuple[str, ...] = ()
    root: Path = field(default=ROOT, compare=False)

    def mutants(self) -> Iterator[Mutant]:
        """Yield all mutants."""
        yield from _mutants(self.name)

    def stages(self, mutant: Mutant) -> tuple[str, ...]:
        """Return the stages that may be the first that a mutant's line feeds.

        Raises:
            UndeclaredError: no rule says so.
        """
        text = f"{mutant.node} <- {mutant.before}"
        for functions, pattern, stages in self.files[mutant.id.split(":")[0]]:
            if _is_in(mutant.function, functions) and re.search(pattern, text):
                return (stages,) if isinstance(stages, str) else tuple(stages)
        raise UndeclaredError(f"{mutant.id}: {mutant.function!r} has no stage for {text}")

    def leaves_out(self, mutant: Mutant) -> bool:
        """Whether a mutant is none because the judged calls do not come by."""
        text = f"{mutant.node} <- {mutant.before}"
        return any(
            _is_in(mutant.function, functions) and re.search(pattern, text)
            for functions, pattern in self.not_mutated
        )


def _is_in(function: str, patterns: str) -> bool:
    """Whether a function is one of some patterns; `$` at an end means this place alone."""
    return any(
        function == each.removesuffix("$") if each.endswith("$") else fnmatchcase(function, each)
        for each in patterns.split("|")
    )


def _in(folder: str, files: Mapping[str, models.Rules]) -> dict[str, models.Rules]:
    return {f"{folder}/{name}": rules for name, rules in files.items()}


_TRAINING = ("initial", "masks", "pairs", "loss", "steps", "dropout", "run")
_FINETUNING = (*suites.TASKS, "dropout", "align", "windows", "run", "accumulate")
_INFERENCE = ("fill-mask", "classify", "tag", "answer", "next", "embed")

TARGETS = {
    target.name: target
    for target in (
        Target(
            "book",
            "model",
            _in("scratch_bert/model", models.BOOK),
            "parity/ours/model.py:ScratchBert",
            models.BOOK_NOT_MUTATED,
            package=True,
        ),
        Target("tutorial", "model", {f"{_PLAIN}/tutorial_bert.py": models.TUTORIAL}, "Tutorial",
               (("third", ""), ("Tutorial", ""), ("Tutorial.*", ""), ("$", ""))),
        Target("sums", "model", {f"{_PLAIN}/sums_bert.py": more.SUMS}, "Sums",
               (("Sums", ""), ("Sums.*", ""))),
        Target("public", "model", more.PUBLIC, "tools/mutation/public_bert.py:Public",
               more.PUBLIC_NOT_MUTATED),
        Target("plain tokenizer", "tokenizer", {f"{_PLAIN}/plain_tokenizer.py": suites.TOKENIZER},
               "Plain"),
        Target(
            "book's tokenizer",
            "tokenizer",
            _in("scratch_bert/tokenization", suites.BOOK_TOKENIZER),
            "tools/mutation/book_tokenizer.py:BookOffsets",
            suites.BOOK_TOKENIZER_NOT_MUTATED,
            package=True,
        ),
        Target(
            "pretraining",
            "pretraining",
            {f"{_STRANGERS}/strange_trainings.py": suites.TRAININGS},
            "Stranger",
            suites.TRAININGS_NOT_MUTATED,
            checks=_TRAINING,
        ),
        Target(
            "book's pretraining",
            "pretraining",
            _in("scratch_bert", suites.BOOK_TRAINING),
            "parity/ours/pretraining.py:ScratchTraining",
            suites.BOOK_TRAINING_NOT_MUTATED,
            package=True,
            checks=_TRAINING,
        ),
        Target(
            "finetuning",
            "finetuning",
            {f"{_STRANGERS}/strange_finetunings.py": suites.FINETUNINGS},
            "Stranger",
            suites.FINETUNINGS_NOT_MUTATED,
            checks=_FINETUNING,
        ),
        Target(
            "inference",
            "inference",
            {f"{_STRANGERS}/strange_inferences.py": suites.INFERENCES},
            "Stranger",
            suites.INFERENCES_NOT_MUTATED,
            checks=_INFERENCE,
        ),
    )
}  # fmt: skip


@cache
def _mutants(name: str) -> tuple[Mutant, ...]:
    """Make a target's mutants once; each has a stage.

    Raises:
        UndeclaredError: one has none.
    """
    target, found = TARGETS[name], []
    for file in target.files:
        source = (target.root / file).read_text(encoding="utf-8")
        for mutant in mutants(file, source):
            if not target.leaves_out(mutant):
                target.stages(mutant)
                found.append(mutant)
    return tuple(found)
