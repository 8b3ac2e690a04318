"""A known mistake is named, whoever made it and however; an unknown one is not.

Slow: each case judges a model on several probes and tries mistakes, some seconds.
"""

import json
from pathlib import Path
from typing import ClassVar

import pytest

from parity.cli.main import main
from parity.core.import_by_name import load_maker
from parity.core.mistake import Injection, Mistake
from parity.core.verdict import Report
from parity.model.mistakes.catalogue import CATALOGUE
from parity.self_test.mutants import MutantModel
from tests.parity.strangers.mutants import mutant
from tests.parity.strangers.unlisted_mistakes import UNLISTED

BERTS = Path(__file__).parents[1] / "strangers" / "berts"
FUSED = BERTS / "fused.py"
PROBES = ["sentence", "padded right", "padded left", "padded pairs", "positions"]
NORM = "nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)"
OUTPUT = "self.LayerNorm(self.dropout(self.dense(states)) + residual)"
JOIN = "context.transpose(1, 2).contiguous().flatten(2)"
NOT_JOINED = "context.contiguous().view(context.size(0), context.size(2), -1)"
SPLIT = "states.view(batch, seq, hidden // self.head_dim, self.head_dim).transpose(1, 2)"
LOOP = "in enumerate(self.layer):"

ATTENTION, EMBEDDINGS, FEED_FORWARD = "attention.py", "embeddings.py", "feed_forward.py"
MUTANTS = {
    "scale-missing": [(ATTENTION, " * query.size(-1) ** -0.5", "")],
    "scale-not-rooted": [(ATTENTION, "query.size(-1) ** -0.5", "query.size(-1) ** -1.0")],
    "softmax-over-queries": [(ATTENTION, "softmax(scores, dim=-1)", "softmax(scores, dim=-2)")],
    "mask-ignored": [(ATTENTION, "scores + mask  #", "scores + 0 * mask  #")],
    "mask-weak": [(ATTENTION, "scores + mask  #", "scores + mask.clamp(min=-7)  #")],
    "query-for-key": [
        (
            ATTENTION,
            "torch.matmul(query, key.transpose(2, 3))",
            "torch.matmul(key, query.transpose(2, 3))",
        )
    ],
    "heads-not-joined": [(ATTENTION, JOIN, NOT_JOINED)],
    "heads-cut-by-view": [
        (ATTENTION, SPLIT, "states.view(batch, hidden // self.head_dim, seq, self.head_dim)"),
        (ATTENTION, JOIN, NOT_JOINED),
    ],
    "norm-eps-1e-5": [(FEED_FORWARD, NORM, "nn.LayerNorm(config.hidden_size)")],
    "norm-eps": [(FEED_FORWARD, "eps=config.layer_norm_eps", "eps=3e-4")],
    "gelu-tanh": [(FEED_FORWARD, "activation(config.hidden_act)", 'activation("gelu_new")')],
    "segments-ignored": [
        (
            EMBEDDINGS,
            "self.token_type_embeddings(token_type_ids)",
            "self.token_type_embeddings(0 * token_type_ids)",
        )
    ],
    "positions-ignored": [
        (
            EMBEDDINGS,
            "self.position_embeddings(position_ids)",
            "self.position_embeddings(position_ids.new_ones(1, words.shape[1]).cumsum(1) - 1)",
        )
    ],
    "pooler-tanh-missing": [
        (
            "pooler.py",
            "torch.tanh(self.dense(hidden_states[:, 0]))",
            "self.dense(hidden_states[:, 0])",
        )
    ],
    "layer-skipped": [("encoder.py", LOOP, "in enumerate(self.layer[:-1]):")],
    "layers-shared-last": [
        (
            "encoder.py",
            "nn.ModuleList(layer(config) for _ in range(config.num_hidden_layers))",
            "nn.ModuleList([layer(config)] * config.num_hidden_layers)",
        )
    ],
}


def names_of(diagnosis):
    return [mistake.mistake.id for cause in diagnosis.causes for mistake in cause.mistakes]


@pytest.mark.sample(2)
@pytest.mark.parametrize("name", MUTANTS)
def test_a_mistake_in_somebodys_code_is_named(name, workbench, tmp_path):
    _, diagnosis = workbench.judge(mutant(tmp_path, *MUTANTS[name]), probes=PROBES)
    assert {*names_of(diagnosis)} == {name}
    assert diagnosis.unknown == {}
    assert all(cause.explained > 1 - 1e-6 for cause in diagnosis.causes)


@pytest.mark.sample(1)
@pytest.mark.parametrize(
    ("factor", "told"),
    [
        ("* query.size(-1) ** (-1 / 3)", "by head_dim ** -0.333333"),
        ("* query.size(-1) ** -0.25", "by head_dim ** -0.25"),
        ("* query.size(-1) ** -5", "by head_dim ** -5"),
        ("/ 8", "by 0.125"),
        ("/ 7", "by 0.142857"),
        ("* 0.3", "by 0.3"),
        ("* query.size(-1) * -0.5", "by -0.5 · head_dim"),
        ("* -2 * query.size(-1) ** -0.5", "by -2 / √head_dim"),
        ("/ (query.size(1) * query.size(-1)) ** 0.5", "divided by √hidden"),
    ],
)
def test_a_scale_is_said_as_somebody_wrote_it(factor, told, workbench, tmp_path):
    change = (ATTENTION, "* query.size(-1) ** -0.5", factor)
    _, diagnosis = workbench.judge(mutant(tmp_path, change), probes=PROBES)
    descriptions = {each.description for cause in diagnosis.causes for each in cause.mistakes}
    (description,) = descriptions
    assert told in description


def test_a_scale_must_hold_for_another_head_dim(workbench, tmp_path):
    change = (ATTENTION, "* query.size(-1) ** -0.5", "/ (query.size(-1) + 1)")
    _, diagnosis = workbench.judge(mutant(tmp_path, change), probes=PROBES)
    assert diagnosis.causes == []
    for facts in diagnosis.unknown.values():
        assert "cut into another number of heads, is not" in facts[0]


NO_POOLER = ("bert.py", "None if self.pooler is None", "None if self.pooler is not None")
NARROW = ("pooler.py", "hidden_states[:, 0]", "hidden_states[:, 0, 1:]")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ([NARROW], "it was raised on the way to pooler.dense; what came before is right"),
        (
            [NO_POOLER],
            "it was raised on the way to cls.seq_relationship; pooler.dense was not made",
        ),
        (
            [NARROW, *MUTANTS["scale-missing"]],
            "before that, encoder.layer.0.attention.self.scores is wrong",
        ),
    ],
)
def test_an_error_says_what_came_before(changed, told, workbench, tmp_path):
    with pytest.raises((RuntimeError, TypeError)) as raised:
        workbench.judge(mutant(tmp_path, *changed), probes=PROBES)
    assert raised.value.__notes__ == [told]


def test_a_parameter_is_estimated(workbench, tmp_path):
    _, diagnosis = workbench.judge(mutant(tmp_path, *MUTANTS["norm-eps"]), probes=PROBES)
    values = [mistake.value for cause in diagnosis.causes for mistake in cause.mistakes]
    assert values == pytest.approx([3e-4] * 6, rel=1e-6)
    assert diagnosis.causes[0].mistakes[0].description == "LayerNorm's eps is 0.0003"


def made(*places):
    return [Injection(CATALOGUE[name], (stage,)) for name, stage in places]


class ShowsLayersAlone(MutantModel):
    stages: ClassVar = {"encoder.layer.{i}": "bert.encoder.layer.{i}"}


@pytest.mark.slow
def test_two_mistakes_in_what_nobody_sees(workbench):
    scale = ("scale-missing", "encoder.layer.1.attention.self.scores")
    tanh = ("gelu-tanh", "encoder.layer.1.intermediate")
    _, diagnosis = workbench.judge(ShowsLayersAlone(made(scale, tanh)), probes=PROBES)
    (cause,) = diagnosis.causes
    assert sorted(names_of(diagnosis)) == ["gelu-tanh", "scale-missing"]
    assert cause.stages == ("encoder.layer.1",)


def test_two_mistakes_at_one_stage(workbench):
    both = made(("segments-not-added", "embeddings.sum"), ("positions-not-added", "embeddings.sum"))
    _, diagnosis = workbench.judge(MutantModel(both), probes=PROBES)
    assert sorted(names_of(diagnosis)) == ["positions-not-added", "segments-not-added"]
    assert len(diagnosis.causes) == 1


@pytest.mark.slow
def test_training_beside_evaluation(workbench):
    dropped = ("dropout-missing", "encoder.layer.1.output.sum")
    tanh = ("gelu-tanh", "encoder.layer.1.intermediate")
    _, diagnosis = workbench.judge(MutantModel(made(tanh, dropped)), probes=[*PROBES, "dropout"])
    assert names_of(diagnosis) == ["gelu-tanh", "dropout-missing"]
    assert diagnosis.unknown == {}


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["functional.py:Functional_1_eps", "ragged.py:Ragged_1_tanh"])
def test_other_layouts(layout, workbench):
    """Slow: of one that shows no stage, every mistake in every layer may be the cause."""
    heads = "functional" not in layout  # it returns the last layer's states alone
    _, diagnosis = workbench.judge(load_maker(f"{BERTS / layout}"), heads=heads, probes=PROBES)
    known = {"eps": "norm-eps-1e-5", "tanh": "gelu-tanh"}
    assert names_of(diagnosis) == [known[layout.rpartition("_")[2]]]


@pytest.mark.slow
def test_the_command(capsys):
    probes = ["--probe", "sentence", "--probe", "padded right"]
    with pytest.raises(SystemExit) as done:
        main(["diagnose", f"{FUSED}:Fused_0_eps_2_scale", *probes, "--format", "json"])
    assert done.value.code == 1
    told = json.loads(capsys.readouterr().out)
    eps, scale = told["causes"]
    assert (eps["fault"], eps["stage"]) == (
        "norm-eps-1e-5",
        "encoder.layer.0.attention.output.LayerNorm",
    )
    assert (scale["fault"], scale["stages"]) == (
        "scale-of-hidden",
        ["encoder.layer.2.attention.self"],
    )
    assert eps["explained"] > 1 - 1e-6
    assert eps["before"] > 1e-7 > 1e-12 > eps["after"]
    assert "fused.py:" in eps["place"]
    assert "eps=config.layer_norm_eps" in eps["hint"]
    assert told["unknown"] == []


def test_what_a_learner_reads(capsys):
    checkpoint = ["--checkpoint", "builtin:adversarial"]
    with pytest.raises(SystemExit):
        main(["diagnose", f"{FUSED}:Fused_1_tanh", "--probe", "sentence", *checkpoint])
    printed = capsys.readouterr().out
    assert "cause: GELU is its approximation by tanh\n" in printed
    assert "  where  encoder.layer.1.intermediate, at " in printed
    assert "fused.py:" in printed
    assert "from HuggingFace's BERT with this mistake it is 0.0e+00" in printed
    assert "  fix    F.gelu(x) is exact" in printed
    assert "again: " in printed


@pytest.mark.parametrize("probe", ["order", "float16"])  # a law, and another precision
def test_only_stages_in_double_precision_are_diagnosed(probe, capsys):
    with pytest.raises(SystemExit) as done:
        main(["diagnose", f"{FUSED}:Fused", "--probe", "sentence", "--probe", probe])
    told = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert done.value.code == 4
    assert f"--probe: {probe}: no stages are looked at there in double precision" in told


@pytest.mark.sample(1)
@pytest.mark.parametrize("name", UNLISTED)
def test_an_unlisted_mistake_is_unknown(name, workbench):
    stage, wrong, known = UNLISTED[name]
    mistake = Injection(Mistake("unlisted", (stage,), wrong), (stage,))
    rows, diagnosis = workbench.judge(MutantModel([mistake]), probes=PROBES)
    assert Report(rows).first_divergence.name == stage
    assert names_of(diagnosis) == []
    assert [*diagnosis.unknown] == [stage]
    assert known in "; ".join(diagnosis.unknown[stage])
