"""Neutral mutants: the operators make what they say, every line has a stage, the judge sees them.

Slow: a hundred mutants are judged on everything, each in a process of its own.
"""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = '''
def mixed(x, y, n=2):
    """Nothing here is changed: 1 + 1."""
    x = x + y[:n]
    if n > 1 and not y:
        x = F.softmax(x - 0.5, dim=-1)
    return x.transpose(1, 2)
'''
MADE = {
    "x = x - y[:n]",
    "pass",
    "x = x + y[:]",
    "x = x + y[:n:-1]",
    "if (n >= 1) and not y:",
    "if n > 1 or not y:",
    "if n > 1 and y:",
    "if n > 2 and not y:",
    "x = F.softmax(0.5 - x, dim=-1)",
    "x = F.softmax(x - 0.5)",
    "x = F.softmax(x - 0.5, dim=1)",
    "x = F.softmax(x - 1.0, dim=-1)",
    "x = x - 0.5",
    "return x.transpose(2, 1)",
    "return x",
}


@pytest.fixture
def tools(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tools")


def test_each_operator_changes_one_place(tools):
    from mutation.operators import mutants

    made = [*mutants("mixed.py", SOURCE)]
    assert {mutant.after for mutant in made} >= MADE
    assert not any("Nothing" in mutant.before for mutant in made)
    assert len({mutant.id for mutant in made}) == len({mutant.source for mutant in made})
    assert {mutant.function for mutant in made} == {"mixed"}


def test_a_refusal_is_left_alone(tools):
    from mutation.operators import mutants

    source = "def f(x: int = 1) -> 'a' | None:\n    if x > 1:\n        raise ValueError(x + 1)\n"
    assert [mutant.after for mutant in mutants("f.py", source)] == [
        "def f(x: int = 2) -> 'a' | None:",
        "def f(x: int = 0) -> 'a' | None:",
    ]


REASONS = [
    ("return lost / max(1, count)", "return lost / max(count, 1)"),
    ("for a, b in zip(first, second, strict=True):", "for a, b in zip(first, second):"),
    ("logits[mask == 0] = -1e9", "logits[mask == 0] = -2000000000.0"),
    ("swapped = chosen & (fate >= 0.8) & keep", "swapped = chosen & (fate > 0.8) & keep"),
    ("ids = torch.tensor([cls, *asked, sep])", "ids = [cls, *asked, sep]"),
    ("yield added, Word(text[start:end], range(start, end))",
     "yield added, Word(text[:end], range(start, end))"),
]  # fmt: skip
NO_REASONS = [
    ("return lost / max(1, count)", "return lost * max(count, 1)"),
    ("for a, b in zip(first, second, strict=True):", "for a, b in zip(second, first):"),
    ("logits[mask == 0] = -1e9", "logits[mask == 0] = -1.0"),
    ("swapped = chosen & (fate >= 0.8) & (fate < 0.9)", "swapped = chosen & (fate >= 0.8)"),
    ("lines = path.read_text(encoding='utf-8').split()", "lines = path.split()"),
    ("x = x.flatten(0, -2)", "x = x"),
    ("hidden = self.dense(x).to(x.dtype)", "hidden = self.dense(x)"),
    ("torch.manual_seed(seed)", "seed"),
]


def test_a_reason_fits_its_own_change_alone(tools):
    from mutation.reasons import reason_for

    assert all(reason_for(*each) for each in REASONS)
    assert not [each for each in NO_REASONS if reason_for(*each)]
    assert not any(reason_for(before, f"{after} + 1") for before, after in REASONS)


@pytest.mark.slow
def test_every_line_that_is_mutated_has_a_stage(tools):
    """Slow: makes three thousand mutants. Else an `UndeclaredError` is raised."""
    from mutation import running
    from mutation.targets import JUDGED, TARGETS

    everything = running.population([name for name in TARGETS if name != "public"])
    names = [running.key(*each) for each in everything]
    assert len(names) == len({*names}) > 2500
    judged = {*JUDGED.read_text().split()}
    chosen = running.sample(everything, "C", 1500)
    assert len(chosen) == 1500
    assert not judged & {running.digest(target.name, mutant) for target, mutant in chosen}


@pytest.mark.slow
@pytest.mark.xfail(
    strict=False,
    reason="91 of 96 are located: with few texts a tokenizer's later rule is found first, and what "
    "the pooler returns is judged after the head that reads it; to be taken out when 97 % are",
)
def test_a_hundred_are_found_and_located(tools, tmp_path):
    """Slow: two minutes, more where other processes run."""
    from mutation import running
    from mutation.results import Place
    from mutation.targets import TARGETS

    everything = running.population([name for name in TARGETS if name != "public"])
    chosen = running.quick_sample(everything, 100)
    place = Place.prepared(tmp_path, is_quick=True)
    results = [*running.run(place, chosen, tmp_path / "results.jsonl")]
    assert not [each for each in results if "failed" in each]
    wrong = [each for each in results if not each.get("equivalent")]
    assert sum(each["killed"] for each in wrong) >= 0.99 * len(wrong)
    assert sum(each.get("located", False) for each in wrong) >= 0.97 * len(wrong)
    assert not [each["id"] for each in results if each.get("named wrongly")]
