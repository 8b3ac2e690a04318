"""Exercises: what is right is called right, what is wrong is found where it is and named."""

import pytest

from parity.cli.main import main
from parity.exercises import judging
from parity.exercises.catalogue import EXERCISES
from tests.parity.strangers.exercise_solutions import RIGHT, WRONG

MODEL = [name for name, exercise in EXERCISES.items() if exercise.stages]


@pytest.fixture
def judged(tmp_path, monkeypatch, command_line, small):
    """Judge a solution: the exit code, and what is printed."""
    monkeypatch.chdir(tmp_path)

    def judge(name, solution, probe="padded right"):
        (tmp_path / "mine.py").write_text(solution)
        assert probe in judging.PROBES
        monkeypatch.setattr(judging, "PROBES", (probe,))  # all of them take seconds
        weights = ["--checkpoint", str(small)] if name in MODEL else []
        return command_line(main, "exercise", name, "mine.py", *weights)[:2]

    return judge


@pytest.fixture
def command(tmp_path, monkeypatch, command_line):
    """Run one: the exit code, and all that is printed."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        code, out, err = command_line(main, "exercise", *arguments)
        return code, out + err

    return run


def test_each_has_a_solution_here():
    assert [*RIGHT] == [*EXERCISES]
    assert {name for name, *_ in WRONG.values()} == {*EXERCISES}


@pytest.mark.parametrize("name", EXERCISES)
def test_a_skeleton_is_not_written_yet(name, command, tmp_path):
    code, printed = command(name, "--write")
    assert code == 0
    path = EXERCISES[name].path
    assert printed == f"{path} says what to write; then: parity exercise {name}\n"
    assert command(name) == (5, f"not written yet: {path}\n")


@pytest.mark.sample(2)
@pytest.mark.parametrize("name", EXERCISES)
def test_a_right_solution(name, judged):
    code, printed = judged(name, RIGHT[name])
    assert code == 0, printed
    assert printed.endswith(f"right: this {EXERCISES[name].target} is BERT's\n")


@pytest.mark.sample(2)
@pytest.mark.parametrize("mistake", WRONG)
def test_a_mistake_is_found_where_it_is_and_named(mistake, judged):
    name, solution, place, cause = WRONG[mistake]
    probe = {"no positions": "positions", "no dropout": "dropout"}.get(mistake, "padded right")
    code, printed = judged(name, solution, probe)
    assert code == 1, printed
    told, _, why = printed.partition("cause: ")
    assert place in told.partition("\nunknown")[0], printed
    assert cause in why, printed


@pytest.mark.sample(2)
@pytest.mark.parametrize("name", EXERCISES)
def test_half_a_solution(name, judged):
    """Something else than the skeleton, in which the judge comes by what is not written."""
    begun = EXERCISES[name].skeleton + "\n# I have begun.\n"
    code, printed = judged(name, begun)
    assert code == 5, printed
    assert printed.startswith("not written yet:   mine.py, line ")
    assert printed.endswith(": raise NotImplementedError\n")


POOLER = RIGHT["pooler"].replace("BertPooler", "BertPooler as Right")


@pytest.mark.sample(4)
@pytest.mark.parametrize(
    ("name", "solution", "code", "said"),
    [
        (
            "pooler",
            f"{POOLER}\nclass BertPooler(Right):\n    def forward(self, states):\n"
            "        return self.dense(states).tanh()\n",
            1,
            "wrong: BertPooler.forward returns (1, 1, 48), expected (1, 48), which is "
            "(batch, hidden)\n",
        ),
        (
            "pooler",
            f"{POOLER}\nclass BertPooler(Right):\n    def forward(self, states):\n"
            "        self.dense(states)\n",
            1,
            "wrong: BertPooler.forward returns a NoneType, expected (1, 48), which is "
            "(batch, hidden)\n",
        ),
        (
            "pooler",
            f"{POOLER}\nclass BertPooler(Right):\n    def forward(self, states):\n"
            "        states *= 2\n        return super().forward(states)\n",
            1,
            "wrong: BertPooler.forward changes a tensor that it is given, in place; others read "
            "it, too\n",
        ),
        (
            "pooler",
            f"{POOLER}\nclass BertPooler(Right):\n    def forward(self, states):\n"
            "        raise SystemExit(0)\n",
            2,
            "crashed: SystemExit: 0\n  mine.py, line 4, in forward: raise SystemExit(0)\n",
        ),
        (
            "pooler",
            "from torch import nn\nclass BertPooler(nn.Module):\n    def __init__(self, config):\n"
            "        super().__init__()\n        self.linear = nn.Linear(48, 48)\n",
            1,
            "wrong: BertPooler has no parameter dense.weight of (48, 48), which trained weights "
            "have\n",
        ),
        (
            "pooler",
            "from torch import nn\nclass BertPooler(nn.Module):\n    def __init__(self, config):\n"
            "        super().__init__()\n        self.dense = nn.Linear(48, 24)\n",
            1,
            "wrong: BertPooler's dense.weight is (24, 48), expected (48, 48)\n",
        ),
        (
            "pooler",
            f"{POOLER}\nfrom torch import nn\nclass BertPooler(Right):\n"
            "    def __init__(self, config):\n"
            "        super().__init__(config)\n        self.more = nn.Linear(48, 24)\n",
            1,
            "wrong: BertPooler has the parameter more.weight, which trained weights have not\n",
        ),
        (
            "pooler",
            f"{POOLER}\nclass BertPooler(Right):\n    def forward(self, states):\n"
            "        return self.dense(states[:, 0, 1:])\n",
            2,
            "crashed: RuntimeError: mat1 and mat2 shapes cannot be multiplied (1x47 and 48x48)\n"
            "  mine.py, line 4, in forward: return self.dense(states[:, 0, 1:])\n",
        ),
        ("masking", "def mask_words(*given, **more):\n    return 1 / 0\n", 2, None),
        (
            "wordpiece",
            "def wordpiece(word, vocabulary):\n    return [word[100]]\n",
            2,
            "mine.py, line 2, in wordpiece: return [word[100]]",
        ),
        (
            "wordpiece",
            "def wordpiece(word, vocabulary):\n"
            "    return [word] if word in vocabulary else ['[UNK]']\n",
            1,
            "returns ['[UNK]'], expected pieces that the vocabulary has, or None",
        ),
        ("pooler", "class BertPooler(:\n", 2, "crashed: SyntaxError: invalid syntax (mine.py, "),
        ("pooler", "import os\nos._exit(7)\n", 2, "its process ended with code 7"),
    ],
)
def test_what_is_no_answer(name, solution, code, said, judged):
    ended, printed = judged(name, solution)
    assert ended == code, printed
    assert (said or "ZeroDivisionError") in printed
    assert "Traceback" not in printed


def test_the_list(command, tmp_path):
    command("pooler", "--write")
    command("wordpiece", "--write")
    (tmp_path / "exercises/pooler.py").write_text(RIGHT["pooler"])
    code, printed = command()
    assert code == 0
    rows = {line.split()[0]: line for line in printed.splitlines()[1:13]}
    assert [*rows] == [*EXERCISES]
    assert rows["pooler"].rstrip().endswith("begun")
    assert rows["wordpiece"].rstrip().endswith("not written yet")
    assert rows["layer"].rstrip().endswith("—")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["pooling"], "pooling: expected one of layer-norm, embeddings"),
        (
            ["pooler"],
            "exercises/pooler.py: there is no such file; `parity exercise pooler --write`",
        ),
        (["pooler", "notes.txt", "--write"], "notes.txt: expected FILE.py"),
        (["pooler", "empty.py"], "empty.py has no class and no function BertPooler"),
        (["pooler", "empty.py", "--write"], "empty.py is there already; name another"),
        (["pooler", "empty.py", "--checkpoint", "nowhere"], "nowhere"),
        (["wordpiece", "empty.py", "--checkpoint", "nowhere"], "is judged without one"),
        (["pooler", "full/pooler.py", "--write"], "full/pooler.py: cannot be written"),
    ],
)
def test_usage(arguments, said, command, tmp_path):
    (tmp_path / "empty.py").write_text("")
    (tmp_path / "full").write_text("")
    code, printed = command(*arguments)
    assert code == 4
    assert said in " ".join(printed.replace("│", " ").split())
    assert "Traceback" not in printed


@pytest.mark.slow
def test_the_command_that_shows_it_again_is_quoted(command, tmp_path):
    (tmp_path / "my words.py").write_text("def wordpiece(word, vocabulary):\n    return [word]\n")
    code, printed = command("wordpiece", "my words.py")
    assert code == 1
    assert "parity tokenizer 'parity.exercises.candidate:wordpiece=my words.py' --text" in printed
