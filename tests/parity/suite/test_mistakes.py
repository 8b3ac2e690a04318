"""Every known mistake of a suite is caught and named; what is right is left in peace.

Slow where it is the first that needs HuggingFace's model or Trainer, or two processes, and where
pairs of mistakes are tried.
"""

import pytest

from parity.core.compare import Status
from parity.finetuning import mistaken as finetuning
from parity.finetuning import runs
from parity.finetuning.suite import FINETUNING
from parity.inference import mistaken as inference
from parity.inference.suite import INFERENCE
from parity.pretraining import mistaken as pretraining
from parity.pretraining.inputs import SETTINGS
from parity.pretraining.mistakes.steps import STEPS
from parity.pretraining.suite import PRETRAINING
from parity.report.suite import failure_text
from parity.self_test.trials import judge_known
from parity.suite.mistake import Mistaken
from tests.parity.strangers import strange_finetunings, strange_inferences, strange_trainings

SUITES = {
    "pretraining": (PRETRAINING, pretraining, strange_trainings),
    "finetuning": (FINETUNING, finetuning, strange_finetunings),
    "inference": (INFERENCE, inference, strange_inferences),
}
FEW_STEPS = 7  # of twenty, which `parity self-test` takes; the last mistake shows at the sixth
DEAR = {"processes-averaged", "processes-sum-of-means", "processes-all-batches"}  # in the self-test
DEAR |= {f"finetune-{each.id.partition('-')[2]}" for each in STEPS}
KNOWN = {name: each for _, module, _ in SUITES.values() for name, each in module.KNOWN.items()}
EQUIVALENT = [name for name, mistake in KNOWN.items() if mistake.equivalent]
WRONG = [name for name in KNOWN if name not in (*EQUIVALENT, *DEAR)]
CHECKS = [(name, check) for name, (suite, *_) in SUITES.items() for check in suite.checks]
STRANGERS = [
    (name, kind)
    for name, (*_, strangers) in SUITES.items()
    for kind in vars(strangers).values()
    if hasattr(kind, "called")
]
TWO_AT_ONCE = [
    ("pretraining", "masks", {"masks-always", "masks-in-place"}),
    ("pretraining", "steps", {"steps-clip-each", "steps-mean-of-means"}),
    ("finetuning", "align", {"align-every-piece", "align-specials-outside"}),
    ("inference", "next", {"next-types-zero", "next-score-of-the-first"}),
]


@pytest.fixture(scope="module", autouse=True)
def _less_than_the_self_test():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SETTINGS, "steps", FEW_STEPS)
        yield


def judged(name, kind, check):
    suite, _, strangers = SUITES[name]
    candidate = suite.local_class(kind(), f"{strangers.__file__}:{kind.__name__}")
    return suite.checks[check].run(candidate)


@pytest.mark.sample(18)
@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_named(name, monkeypatch):
    monkeypatch.setattr(runs, "LEARNED", ("tag",))  # of the three that the self-test takes
    ((_, outcome),) = judge_known(name)
    assert outcome.different
    assert [known.id for known in outcome.causes] == [name], outcome.known


@pytest.mark.parametrize("name", EQUIVALENT)
def test_what_is_right(name):
    ((suite, outcome),) = judge_known(name)
    assert outcome.status is Status.MATCH, failure_text(outcome, suite, name)
    assert outcome.rows


@pytest.mark.sample(10)
@pytest.mark.parametrize(("name", "check"), CHECKS)
def test_a_stranger_who_is_right(name, check):
    suite, _, strangers = SUITES[name]
    outcome = judged(name, strangers.Stranger, check)
    assert outcome.status is Status.MATCH, failure_text(outcome, suite, "Stranger")
    assert outcome.rows


@pytest.mark.sample(12)
@pytest.mark.parametrize(("name", "kind"), STRANGERS)
def test_a_strangers_mistake(name, kind):
    outcome = judged(name, kind, KNOWN[kind.called].stages[0])
    assert [known.id for known in outcome.causes] == [kind.called]


def test_every_check_of_a_fine_tuning_has_a_stranger_who_is_wrong():
    checks = {KNOWN[kind.called].stages[0] for name, kind in STRANGERS if name == "finetuning"}
    assert checks == {*FINETUNING.checks}


@pytest.mark.sample(3)
@pytest.mark.parametrize(("name", "check", "causes"), TWO_AT_ONCE[::-1])
def test_two_mistakes_at_once(name, check, causes):
    """All pairs of mistakes are tried until one fits."""
    suite, _, strangers = SUITES[name]
    outcome = judged(name, strangers.TwoAtOnce, check)
    assert {known.id for known in outcome.causes} == causes
    assert "one of two causes" in failure_text(outcome, suite, "TwoAtOnce")


@pytest.mark.parametrize("name", SUITES)
def test_a_candidate_is_called_by_the_ids_of_its_mistakes(name):
    _, module, _ = SUITES[name]
    first, second, *_ = module.KNOWN
    assert isinstance(getattr(module, first), Mistaken)
    assert isinstance(getattr(module, f"{first}+{second}"), Mistaken)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        module.nonsense  # noqa: B018


NOBODY_KNOWS = [
    ("finetuning", "TwoAtOnce", "tag", "no known mistake of the loss does this; is the model"),
    ("inference", "Unheard", "classify", "no known mistake of classify does this; are the model"),
    ("inference", "Warm", "next", "everything but the scores is right; is the model right, too"),
]


@pytest.mark.parametrize(("name", "kind", "check", "begin"), NOBODY_KNOWS)
def test_what_nobody_knows(name, kind, check, begin):
    outcome = judged(name, getattr(SUITES[name][2], kind), check)
    assert outcome.causes == []
    (known,) = outcome.known
    assert known.startswith(begin)


@pytest.mark.slow
def test_other_names_and_less_than_is_asked():
    for check in ("classify", "dropout", "align", "run"):
        outcome = judged("finetuning", strange_finetunings.OtherNames, check)
        assert outcome.different[0].status is Status.MISSING_OURS, check
        assert outcome.causes == []
    rows = judged("finetuning", strange_finetunings.OtherNames, "align").different
    assert {row.status for row in rows} == {Status.MISSING_OURS, Status.SHAPE}
