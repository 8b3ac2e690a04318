"""Two models side by side: each tensor of either is compared, and one wrong bit is seen."""

from functools import partial

import pytest
import torch

from parity import reference
from parity.core.compare import Status
from parity.core.stages import Stage
from parity.core.verdict import Report, Verdict
from parity.model.side_by_side import Side, compare_runs, judge_side_by_side
from parity.ours import checkpoint as scratch
from tests.reference.sides import batch_for, pair


def emitted(**tensors):
    def run(emit):
        for name, value in tensors.items():
            emit(name, torch.tensor(value))

    return run


def test_another_order_of_computation_is_no_difference():
    rows = compare_runs(emitted(b=2.0, a=1.0), emitted(a=1.0, b=2.0))
    assert [(row.name, row.status) for row in rows] == [("a", "MATCH"), ("b", "MATCH")]


def test_a_recorded_tensor_is_kept_as_it_was():
    def run(emit):
        tensor = torch.tensor(2.0)
        emit("b", tensor)
        tensor.zero_()
        emit("a", torch.tensor(1.0))

    rows = compare_runs(emitted(a=1.0, b=2.0), run)
    assert [(row.name, row.status) for row in rows] == [("b", "MATCH"), ("a", "MATCH")]


def test_a_tensor_of_one_side_only_is_missing_on_the_other():
    rows = compare_runs(emitted(a=1.0, c=3.0), emitted(a=1.0, b=2.0))
    statuses = {row.name: row.status for row in rows}
    assert statuses == {"a": "MATCH", "b": "MISSING_OURS", "c": "MISSING_THEIRS"}


def test_a_tensor_that_is_made_again_is_no_match():
    def twice(emit):
        emit("a", torch.tensor(2.0))
        emit("a", torch.tensor(1.0))

    assert [row.status for row in compare_runs(twice, emitted(a=1.0))] == ["MISSING_THEIRS"]


def test_both_runs_draw_the_same_random_numbers():
    def run(emit):
        for name in "abc":
            emit(name, torch.rand(2))

    assert all(row.bit_equal for row in compare_runs(run, run))


def test_the_rows_before_a_crash_are_shown():
    def run(emit):
        emit("a", torch.tensor(1.0))
        raise ArithmeticError

    rows = compare_runs(run, emitted(a=1.0, b=2.0))
    assert next(rows).name == "a"
    with pytest.raises(ArithmeticError):
        next(rows)


@pytest.fixture
def models():
    return pair("BertForMaskedLM")


def judged(models, **options):
    ours, theirs = models
    torch.manual_seed(1)
    rows = judge_side_by_side(
        Side.of(ours, partial(scratch.forward, attention="eager"), "eager"),
        Side.of(theirs, reference.forward, "eager"),
        batch_for("BertForMaskedLM"),
        **options,
    )
    return {row.name: row for row in rows}


def wrong(rows):
    return [name for name, row in rows.items() if not row.bit_equal]


def test_one_wrong_bit_of_a_bias(models):
    bias = models[0].bert.encoder.layer[1].intermediate.dense.bias
    bias.data[0] = torch.nextafter(bias.data[0], torch.tensor(9.0))
    rows = judged(models, backward=True)
    assert wrong(rows)[0] == "encoder.layer.1.intermediate.dense"
    assert "encoder.layer.0" not in wrong(rows)
    assert any(name.endswith(".grad") for name in wrong(rows))


def test_a_mistake_on_the_way_back_alone(models):
    """The forward pass is right; the gradient is wrong from the stage on, going back."""
    layer = models[0].bert.encoder.layer[1]
    layer.attention.output.register_forward_hook(
        lambda _module, _args, output: output * 2 - output.detach()
    )
    rows = judged(models, backward=True)
    names = [name for name in wrong(rows) if not name.startswith("bert.")]
    assert names[0] == "encoder.layer.1.attention.output.LayerNorm.grad"
    assert "encoder.layer.1.output.sum.grad" not in names
    assert "embeddings.grad" in names


def test_a_parameter_without_a_gradient(models):
    models[0].bert.embeddings.position_embeddings.weight.requires_grad_(False)
    row = judged(models, backward=True)["bert.embeddings.position_embeddings.weight.grad"]
    assert row.status is Status.MISSING_OURS


def test_without_a_way_back_there_are_no_gradients(models):
    rows = judged(models)
    assert not wrong(rows)
    assert not [name for name in rows if name.endswith(".grad")]


def test_a_loss_of_its_own_and_one_dropout_less(models):
    models[0].bert.encoder.layer[0].output.dropout.p = 0.0
    rows = judged(models, backward=True)
    assert wrong(rows)[0] == "encoder.layer.0.output.sum"
    assert rows["loss"].status is Status.VALUE


def test_an_output_that_is_not_returned(models):
    ours, theirs = models
    side = Side.of(ours.eval(), lambda *_: {}, "eager")
    sides = side, Side.of(theirs.eval(), reference.forward, "eager")
    rows = {row.name: row for row in judge_side_by_side(*sides, batch_for("BertForMaskedLM"))}
    assert rows["logits"].status is Status.MISSING_OURS


def test_a_stage_neither_side_computes_is_told(models):
    sides = []
    for model in models:
        model.unused = torch.nn.Linear(1, 1)
        sides.append(Side(model, lambda *_: {}, {"dead": Stage("unused")}))
    (row,) = judge_side_by_side(*sides, {})
    assert (row.status, row.note) == (Status.UNSUPPORTED, "neither side computed it")
    report = Report([row])
    assert (report.compared, report.verdict) == (0, Verdict.NOTHING_COMPARED)
