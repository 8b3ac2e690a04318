"""What becomes of a candidate that lacks something, in the judge's own words."""

import json
from pathlib import Path

import pytest

from parity.core.compare import Comparison, Status
from parity.core.errors import CandidateCrashedError, CandidateError, DivergesError
from parity.core.verdict import Report
from parity.model import worker
from parity.model.judge import Judge
from parity.model.record import record
from parity.model.worker import probes_of
from parity.testing import checks
from parity.testing.checks import checks_of, parametrize_with_checks
from parity.tokenizer.candidate import TokenizerCandidate as Tokenizer
from scratch_bert.weights.checkpoints import Checkpoint
from tests.parity.rows import rows_of

BERTS = Path(__file__).parents[1] / "strangers" / "lacking_berts.py"
SCORES = "encoder.layer.0.attention.self.scores"
QUERY = "encoder.layer.2.attention.self.query.weight"


def judged(name, probe, small, recorded_for_scratch):
    request = {"candidate": f"{BERTS}:{name}", "checkpoint": str(small), "probes": [probe]}
    return rows_of(worker.judge, **request, recording=str(recorded_for_scratch))


CASES = [
    ("NamesWhatIsNotCalled", "pair", "pooler", "MISSING_OURS", "its module was not called"),
    (
        *("NamesAPlaceWithoutSoftmax", "pair", SCORES, "UNSUPPORTED"),
        "no softmax was called in its module, or not where the judge sees it",
    ),
    (
        *("UsesSdpa", "pair", SCORES, "UNSUPPORTED"),
        "no softmax was called in its module, or not where the judge sees it",
    ),
    (
        *("WritesIntoItsMask", "padded right", "attention_mask", "VALUE"),
        "the candidate writes into its input attention_mask; whoever gave it has other numbers now",
    ),
    (
        *("KeepsItsFirstMask", "twice", "prediction_logits", "VALUE"),
        "another batch before it gives other numbers: something is kept",
    ),
    (*("DrawsNoise", "twice", "prediction_logits", "VALUE"), "a second run gives other numbers"),
    (
        *("ReturnsIntegers", "pair", "prediction_logits", "DTYPE"),
        "ours is torch.int64, theirs torch.float64",
    ),
    (
        *("CutsTheLastToken", "one token", "prediction_logits", "SHAPE"),
        "ours is (1, 0, 199), theirs (1, 1, 199)",
    ),
    (
        *("ReturnsOnlyTheFirstVector", "gradients", "gradients", "UNSUPPORTED"),
        "the gradients begin at prediction_logits, which the candidate does not return",
    ),
    (
        *("HoldsTheQueryInParts", "gradients", QUERY, "UNSUPPORTED"),
        "no parameter holds this weight's numbers, so its gradient is not seen",
    ),
    (
        *("TakesAnyLength", "too long", "error", "VALUE"),
        "81 tokens are one more than there are positions, but no error was raised",
    ),
    (
        *("NeedsSegments", "no segments", "token_type_ids", "UNSUPPORTED"),
        "token_type_ids: the candidate cannot do without it",
    ),
    (*("HasNoMask", "padded right", "attention_mask", "UNSUPPORTED"), "attention_mask: declared"),
    (
        *("LooksAtNoPositions", "positions", "position_ids", "UNSUPPORTED"),
        "position_ids: the candidate does not look at it",
    ),
]


@pytest.mark.parametrize(("name", "probe", "stage", "status", "note"), CASES)
def test_what_a_candidate_lacks(name, probe, stage, status, note, small, recorded_for_scratch):
    rows = judged(name, probe, small, recorded_for_scratch)
    said = {(row.name, row.status, row.note) for row in rows if row.status is not Status.MATCH}
    assert (stage, status, note) in said
    if status == "UNSUPPORTED":  # and never a wrong number
        assert {row.status for row in rows} <= {Status.MATCH, Status.UNSUPPORTED}


@pytest.mark.parametrize("name", ["ForgetsTheMask", "MasksALittle"])
def test_a_wrong_mask_is_born_where_it_acts(name, small, recorded_for_scratch):
    report = Report(judged(name, "padded right", small, recorded_for_scratch))
    probabilities = [f"encoder.layer.{i}.attention.self.probabilities" for i in range(3)]
    assert report.first_divergence.name == probabilities[0]
    assert report.born == probabilities


def test_a_wrong_input_hides_nothing(small, recorded_for_scratch):
    """The numbers are judged by the mask that was given, not by what became of it."""
    rows = judged("WritesIntoItsMaskAndIsWrong", "sentence", small, recorded_for_scratch)
    report = Report(rows)
    assert report.first_divergence.name == "encoder.layer.0.attention.self.scores"
    assert report.born == [f"encoder.layer.{i}.attention.self.scores" for i in range(3)]


def test_what_was_not_seen_is_not_born(small, recorded_for_scratch):
    report = Report(judged("NamesWhatIsNotCalled", "pair", small, recorded_for_scratch))
    assert report.first_divergence.status is Status.MISSING_OURS
    assert report.born == []


def test_residuals_may_be_added_in_place(small, recorded_for_scratch):
    rows = judged("AddsInPlace", "gradients", small, recorded_for_scratch)
    assert {row.status for row in rows} == {Status.MATCH}
    assert "encoder.layer.2.attention.output.dense" in {row.name for row in rows}


def test_how_near_gradients_are_is_no_matter_of_one_that_vanishes(small, recorded):
    """A key's bias has none but rounding."""
    fused = BERTS.with_name("berts") / "fused.py"
    places = {"checkpoint": str(small), "recording": str(recorded)}
    rows = rows_of(worker.judge, candidate=f"{fused}:Fused", probes=["gradients"], **places)
    rounding = [row.max_rel for row in rows if row.name.endswith("key.bias")]
    assert rounding
    assert 0 < max(rounding) < 1e-12


def test_an_output_is_not_blamed_for_another(small, recorded):
    rows = judged("HasNoStages", "pair", small, recorded)
    assert Report(rows).born == ["last_hidden_state"]
    (row,) = (row for row in rows if (row.name, row.lane) == ("pooler_output", "isolated"))
    assert row.status is Status.UNSUPPORTED
    assert row.note == "not judged alone: last_hidden_state, which it may be made from, is wrong"


def test_a_refusal(small, recorded_for_scratch):
    (row,) = judged("ScratchBert", "too long", small, recorded_for_scratch)
    assert (row.name, row.status) == ("error", Status.MATCH)


def test_a_candidate_that_refuses_everything_has_not_refused_too_much(small, recorded_for_scratch):
    with pytest.raises(CandidateCrashedError, match=r"^ValueError: no length is right\n"):
        judged("TakesNoLength", "too long", small, recorded_for_scratch)


def test_a_configuration_without_dropout(small, tmp_path):
    place = tmp_path / "checkpoint"
    place.mkdir()
    for file in small.iterdir():
        (place / file.name).write_bytes(file.read_bytes())
    config = json.loads((small / "config.json").read_text())
    config |= {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    (place / "config.json").write_text(json.dumps(config))
    chosen = [probe for probe in probes_of(Checkpoint.of(place), 0) if probe.name == "dropout"]
    record(Checkpoint.of(place), chosen, None, tmp_path / "recording")
    (row,) = judged("ScratchBert", "dropout", place, tmp_path / "recording")
    assert (row.status, row.note) == (Status.UNSUPPORTED, "the configuration has no dropout")


def test_what_is_judged_in_single_precision(small):
    """Starts a Python that imports torch."""
    with Judge(
        f"{BERTS.with_name('faulty_trainings.py')}:RefusesDouble", Checkpoint.of(small)
    ) as judge:
        (row,) = judge.lacking()
    assert (row.name, row.status) == ("float64", Status.UNSUPPORTED)
    assert row.note == "judged in float32 instead: RuntimeError: this kernel knows no double"


class _Judge:
    """Has an answer ready."""

    def __init__(self, rows):
        self._rows = rows

    def prepare(self, chosen):
        pass

    def rows(self, names):
        return self._rows


@pytest.mark.parametrize(
    ("lane", "born"),
    [
        ("isolated", "born here, though its input was right: pooler\n"),
        ("isolated gradient", "born on the way back: pooler\n"),
        ("propagated", ""),
    ],
)
def test_a_check_of_somebodys_tests(lane, born, monkeypatch):
    row = Comparison("pooler", Status.VALUE, max_abs=0.5, where=(0,), probe="pair", lane=lane)
    monkeypatch.setattr(checks, "_judge", lambda *_: _Judge([row]))
    (check,) = (each for each in checks_of("a.py:A", "builtin:adversarial") if each.name == "pair")
    with pytest.raises(DivergesError) as diverges:
        check()
    assert str(diverges.value) == (
        "a.py:A on 'pair': pooler: VALUE, max abs diff 5.0e-01 at (0,), allowed 0\n"
        f"{born}again: parity check a.py:A --checkpoint builtin:adversarial --probe 'pair' --seed 0"
    )


def test_a_class_nobody_finds_by_its_name():
    class Inside:
        pass

    with pytest.raises(ValueError, match="Inside: expected a class at the top level of a file"):
        parametrize_with_checks(Inside)


def test_a_tokenizer_that_is_none(folder):
    class Maker:
        def build(self, folder):
            return 3

    with pytest.raises(CandidateError, match=r"^mine: built a int, expected a call or encode$"):
        Tokenizer(Maker(), "mine").build(folder)
