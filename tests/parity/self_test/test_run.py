"""The self-test says what is caught, and says so when something is not."""

import json
import shutil
from functools import partial
from types import SimpleNamespace

import pytest

from parity.cli.main import main
from parity.model.mistakes.catalogue import CATALOGUE
from parity.report.self_test import to_html, to_json
from parity.self_test import run
from parity.self_test.run import Results, TrialResult
from parity.self_test.trials import Trial, draws

TEXT = "tokenizer-cjk-always"
SOME = ["pooler-relu", TEXT, "mask-of-minus-10000", "dropout-before-norm", "as it stands", "draw *"]


@pytest.fixture(autouse=True)
def _prepared(workbench, few_words, monkeypatch):
    """What is prepared is the workbench, which other tests have, too."""
    copy = partial(shutil.copytree, workbench.folder, dirs_exist_ok=True)
    monkeypatch.setattr(run, "prepare", copy)


@pytest.mark.slow
def test_a_small_part_of_it(tmp_path, capsys):
    """Slow: six models and a tokenizer are judged on everything, and explained."""
    chosen = [word for name in SOME for word in ("--fault", name)]
    page = tmp_path / "page.html"
    options = ["--draws", "1", "--workers", "1", "--format", "json", "-o", str(page)]
    with pytest.raises(SystemExit) as done:
        main(["self-test", *chosen, *options])
    assert done.value.code == 0
    told = json.loads(capsys.readouterr().out)
    assert told["score"] == {
        "faults": 3,
        "caught": 3,
        "locatable": 2,  # a text has no stages
        "located": 2,
        "named": 3,
        "harmless": 0,
        "noted": 0,
        "variants": 1,
        "false_alarms": 0,
    }
    assert [draw["named"] for draw in told["draws"]] == [True]
    assert told["only_one_probe"] == {
        "dropout-before-norm": "dropout",
        TEXT: "texts, uncased, no CJK padding",
    }
    assert [each["outputs"] for each in told["equivalent"]] == [False]
    text = page.read_text()
    assert "<b>pooler-relu</b>" in text
    assert f"<b>{TEXT}</b>" in text
    assert "http" not in text  # nothing is fetched


def test_what_nothing_is_called(capsys):
    with pytest.raises(SystemExit) as done:
        main(["self-test", "--fault", "nonsense", "--workers", "1"])
    assert done.value.code == 4
    assert "nonsense: no mistake and no variant is called so" in capsys.readouterr().err


def results(**changes):
    found = {"trial": RELU, "probes": ["pair"], "first": INNER, "causes": ["relu"], **changes}
    made = Results()
    made.add(TrialResult(**found))
    return made


INNER = "encoder.layer.2.intermediate"
RELU = Trial("relu", (("relu", (INNER,)),))


@pytest.mark.parametrize(
    ("changes", "lost"),
    [
        ({"probes": []}, "caught"),
        ({"first": "encoder.layer.2"}, "located"),
        ({"causes": ["silu", "relu"]}, "named"),
    ],
)
def test_a_mistake_that_is_missed(changes, lost):
    assert results().holds
    missed = results(**changes)
    assert not missed.holds
    assert [key for key in ("caught", "located", "named") if missed.score[key] == 0] == [lost]
    assert '<td class="seen"' not in to_html(results(probes=[]))
    assert json.loads(to_json(missed))["score"][lost] == 0


def test_a_correct_model_that_is_accused():
    accused = results(trial=Trial("as it stands"))
    assert accused.score["false_alarms"] == 1
    assert not accused.holds


def test_a_harmless_edit_that_changes_an_output():
    same = Trial("mask-of-infinity", (("mask-of-infinity", ("scores",)),))
    assert results(trial=same, probes=[]).holds
    assert not results(trial=same, outputs=True).holds


def test_several_mistakes_of_which_one_is_not_named():
    both = Trial("draw 0", (("relu", (INNER,)), ("scale", ("scores",))))
    assert results(trial=both, causes=["scale", "relu"]).holds
    assert not results(trial=both).holds


def test_the_catalogue_says_what_a_learner_needs():
    assert len([known for known in CATALOGUE.values() if not known.equivalent]) >= 75
    for name, known in CATALOGUE.items():
        assert name == known.id
        assert known.description
        assert known.detected_by
        assert known.fix or known.equivalent


def test_draws_are_of_different_stages(workbench):
    drawn = [*draws(workbench.stages, workbench.layers, 20, seed=1)]
    assert drawn == [*draws(workbench.stages, workbench.layers, 20, seed=1)]
    assert {len(trial.made) for trial in drawn} == {2, 3}
    for trial in drawn:
        stages = [stage for _, stages in trial.made for stage in stages]
        assert len({*stages}) == len(stages)


def test_no_two_processes_write_tokenizers_into_one_folder(tmp_path, monkeypatch):
    places = []
    monkeypatch.setattr(run, "judge_tokenizer", lambda _, folder: places.append(folder) or ([], []))
    for process in (1, 1, 2):
        monkeypatch.setattr(run.os, "getpid", lambda number=process: number)
        run.run_trial(SimpleNamespace(folder=tmp_path), Trial(TEXT))
    assert places[0] == places[1] != places[2]
