"""README: every command runs, every file is there, every claim of a number is the tool's own."""

import importlib
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

import scratch_bert.cli.main
from parity.cli.main import main
from parity.core.stages import stage_names
from parity.exercises.catalogue import EXERCISES
from tests import forked
from tests.learner import write_learner
from tests.parity.strangers.exercise_solutions import WRONG
from tests.project.structure import BOOK, BOOK_LINES

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


COMMANDS = [
    line.removeprefix("$ ").partition("  #")[0].strip()
    for block in blocks("console")
    for line in block.splitlines()
    if line.startswith("$ ")
]
MINE = [command for command in COMMANDS if re.search(r"my_bert|\b(ours|theirs)\b", command)]
EXERCISE = [command for command in COMMANDS if command.startswith(".venv/bin/parity exercise")]
PARITY = [
    command
    for command in COMMANDS
    if command.startswith(".venv/bin/parity") and command not in MINE + EXERCISE
]
PRETRAIN = [command for command in COMMANDS if re.search(r"\bmine\b", command)]
FINETUNE = [command for command in COMMANDS if " finetune " in command and "tools/" not in command]
SCRATCH_BERT = [
    command
    for command in COMMANDS
    if command.startswith(".venv/bin/scratch-bert") and command not in PRETRAIN + FINETUNE
]
SCRIPTS = [
    command
    for command in COMMANDS
    if command.startswith(".venv/bin/python") and command not in MINE
]


@pytest.fixture
def one_thread(monkeypatch):
    """What a command sets for its own process would stay."""
    monkeypatch.setattr(torch, "set_num_threads", lambda _: None)


def test_there_is_no_other_kind_of_command():
    make = [command for command in COMMANDS if command.startswith("make")]
    ours = SCRATCH_BERT + PRETRAIN + FINETUNE
    assert sorted(COMMANDS) == sorted(make + PARITY + EXERCISE + ours + SCRIPTS + MINE)
    assert make == ["make parity", "make test", "make test-thorough", "make self-test"]


def test_the_makefile_has_what_readme_tells():
    makefile = (ROOT / "Makefile").read_text()
    assert re.search(r"^parity: .*\n\t\$\(BIN\)/parity diff$", makefile, re.MULTILINE)
    assert re.search(r"^test: check\n\t\$\(BIN\)/pytest", makefile, re.MULTILINE)
    assert re.search(r"^test-thorough: check\n\t\S+/pytest .* --thorough$", makefile, re.MULTILINE)
    assert re.search(r"^self-test: .*\n\t\$\(BIN\)/parity self-test", makefile, re.MULTILINE)


@pytest.mark.sample(1)
@pytest.mark.parametrize("command", PARITY)
def test_parity_commands(command, capsys, one_thread):
    """Slow where the command reads the 12-layer checkpoint, or builds a score of tokenizers."""
    arguments = shlex.split(command)[1:]
    if arguments[0] == "tokenizer":  # by default it draws more
        arguments += ["--strings", "140", "--calls", "70", "--no-files"]
    if arguments[0] == "pretraining":
        arguments += ["--check", "masks", "--check", "loss"]
    if arguments[0] == "finetuning":
        arguments += ["--check", "classify", "--check", "windows"]
    if arguments[0] == "inference":
        arguments += ["--check", "next", "--check", "embed"]
    if "bert-base-uncased" in arguments:  # needs a network: there is none, and it says so
        with pytest.raises(SystemExit) as exit_:
            main(arguments)
        assert exit_.value.code == 4
        assert "bert-base-uncased" in capsys.readouterr().err
        return
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 0


@pytest.mark.slow
def test_commands_on_a_model_of_ones_own(tmp_path, monkeypatch):
    """One after the other, as a reader would. Slow: each builds the models anew."""
    assert len(MINE) == 10
    monkeypatch.chdir(tmp_path)
    model = "from tests.parity.strangers.plain_berts import Tutorial as MyBert"
    (tmp_path / "my_bert.py").write_text(f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n{model}")
    for command in MINE:
        _, *arguments = shlex.split(command)
        if arguments[0] == "-m":
            _, _, *arguments = arguments  # -m pytest
            assert pytest.main([*arguments, "-k", "pair and not gradients"]) == 0, command
            continue
        if arguments[0] in ("check", "diagnose", "record"):
            arguments += ["--probe", "pair"]
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 0, command


@pytest.mark.slow
def test_pretrain_and_see_what_was_learned(tmp_path, monkeypatch, capfd):
    """The commands one after the other, on less."""
    monkeypatch.chdir(tmp_path)
    less = "--steps 2 --layers 1 --hidden 64 --vocab-size 300 --batch-size 2 --seq-length 16"
    pretrain, *uses = (shlex.split(command)[1:] for command in PRETRAIN)
    for arguments in (pretrain + less.split(), *uses):
        with pytest.raises(SystemExit) as ended:
            scratch_bert.cli.main.main(arguments)
        assert not ended.value.code, arguments
    assert "held out: perplexity" in capfd.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("command", FINETUNE)
def test_finetune(command, tmp_path, monkeypatch, capfd):
    """The commands on a small model."""
    monkeypatch.chdir(tmp_path)
    write_learner(tmp_path / "learner")
    with pytest.raises(SystemExit) as ended:
        scratch_bert.cli.main.main(
            [*shlex.split(command)[1:], "--checkpoint", "learner", "--epochs", "1"]
        )
    assert ended.value.code == 0
    printed = capfd.readouterr().out
    assert "rows held out" in printed
    if "classify" in command:
        (shown,) = (block for block in blocks("text") if "rows held out" in block)
        whose = [re.split(" {2,}", line.strip())[0] for line in shown.splitlines()]
        assert [re.split(" {2,}", line.strip())[0] for line in printed.splitlines()] == whose


@pytest.mark.sample(1)
@pytest.mark.parametrize("command", SCRATCH_BERT)
def test_scratch_bert_commands(command, capfdbinary):
    with pytest.raises(SystemExit) as exit_:
        scratch_bert.cli.main.main(shlex.split(command)[1:])
    assert exit_.value.code == 0
    assert capfdbinary.readouterr().out


LESS = {  # than a benchmark measures by default
    "forward": ["--batch", "2", "--length", "32"],
    "memory": ["--attention", "sdpa"],
    "finetune": ["--task", "classify", "--rows", "8"],
    "embed": ["--texts", "20"],
    "corpus": ["--size", "0.1", "--processes", "1"],
    "pretrain": shlex.split(
        "--batch 2 --length 32 --layers 1 --hidden 64 --fill 1 --attention packed"
    ),
}


@pytest.mark.sample(2)
@pytest.mark.parametrize("command", SCRIPTS)
def test_scripts(command, tmp_path, monkeypatch, capsys):
    """The benchmarks on less; slow for models of 12 layers or many vocabularies (tokenize)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(ROOT / "tools")
    monkeypatch.setattr(importlib.import_module("benchmark_memory"), "subprocess", forked)
    timing = importlib.import_module("benchmark_timing")
    monkeypatch.setattr(timing, "gc", SimpleNamespace(collect=lambda: None))  # a suite has much
    arguments = shlex.split(command)[1:]
    if arguments[0].endswith("benchmark.py"):
        if arguments[1] != "corpus":
            arguments += ["--runs", "1"]
        if arguments[1] not in ("pretrain", "corpus"):
            arguments += ["--checkpoint", "builtin:adversarial"]
        arguments += LESS.get(arguments[1], [])
    if "tokenize" in arguments:
        measured = importlib.import_module("benchmark_tokenize")
        name, texts = next(iter(measured.corpora().items()))
        monkeypatch.setattr(measured, "corpora", lambda: {name: texts[:3]})
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(ROOT / arguments[0]), run_name="__main__")
    assert not ended.value.code
    made = [tmp_path / name for name in arguments if name.endswith(".html")]
    assert all(page.is_file() for page in made)
    assert made or capsys.readouterr().out


@pytest.mark.slow
def test_a_script_in_a_shell():
    command = [sys.executable, "tools/diff_layers.py", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, "Usage" in done.stdout) == (0, True), done.stderr


def test_the_example_prints_what_it_says(capsys):
    example, _, _ = blocks("python")
    exec(compile(example, "README.md", "exec"), {})  # noqa: S102
    printed = capsys.readouterr().out.splitlines()
    said = re.findall(r"print\(.*\)  # (torch\.Size.*|-?[\d.]+|True)", example)
    assert len(said) == 5
    assert said == printed[:5]
    assert printed[5] == "103 loaded, 0 of them renamed"


def test_the_second_example_does_too(capsys):
    _, example, _ = blocks("python")
    exec(compile(example, "README.md", "exec"), {})  # noqa: S102
    said = re.findall(r"print\(.*\)  # (.*)", example)
    assert len(said) == 3
    assert said == capsys.readouterr().out.splitlines()


@pytest.mark.slow
def test_an_exercise(tmp_path, monkeypatch, capsys):
    """The commands one after the other, and what a wrong solution reads. Slow: 30522 words."""
    monkeypatch.chdir(tmp_path)
    codes = []
    for command in EXERCISE:
        with pytest.raises(SystemExit) as ended:
            main(shlex.split(command)[1:])
        codes.append(ended.value.code)
    assert codes == [0, 0, 5]
    name, solution, *_ = WRONG["no scale"]
    (tmp_path / EXERCISES[name].path).write_text(solution.lstrip())
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main(["exercise", name])
    (shown,) = (block for block in blocks("text") if block.startswith("wrong"))
    assert shown in capsys.readouterr().out


def test_the_learning_path_has_every_exercise_and_notebook():
    rows = re.findall(r"^\|.*\|$", README.partition("## A learning path")[2], re.MULTILINE)
    path = [row.strip("|").split(" | ") for row in rows[2:22]]
    assert {len(row) for row in path} == {5}
    exercises = [name for *_, write in path for name in re.findall(r"`([a-z-]+)`", write)]
    assert {*exercises} == {*EXERCISES}
    notebooks = {link for _, _, look, *_ in path for link in re.findall(r"\(([^)]*ipynb)\)", look)}
    assert notebooks == {str(p.relative_to(ROOT)) for p in ROOT.glob("tools/notebooks/*.ipynb")}
    for _, read, _, proof, _ in path:
        assert re.findall(r"\((?:scratch_bert|parity)/[\w/]+\.py\)", read)
        assert re.findall(r"\(tests/[\w/]+\.py\)", proof)


@pytest.mark.slow
def test_what_a_wrong_eps_reads(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit):
        main(["check", "tests/parity/strangers/berts/fused.py:Fused_1_eps", "--probe", "sentence"])
    printed = without_rounding(capsys.readouterr().out)
    shown = [block for block in blocks("text") if block.startswith(("Evaluation", "cause"))]
    assert len(shown) == 2
    assert all(without_rounding(block) in printed for block in shown)


def without_rounding(text):
    """Leave out differences by rounding alone, which are others on other processors."""
    return re.sub(r"\d\.\de-1[3-9]", "rounding", text)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("suite", "candidate", "check"),
    [
        ("pretraining", "parity.pretraining.mistaken:steps-decay-of-all", "steps"),
        ("finetuning", "parity.finetuning.mistaken:regress-broadcast", "regress"),
    ],
)
def test_what_a_wrong_training_reads(suite, candidate, check, capsys, one_thread):
    with pytest.raises(SystemExit):
        main([suite, candidate, "--check", check])
    printed = capsys.readouterr().out.splitlines()
    (shown,) = (block for block in blocks("text") if block.startswith(f"{check}:"))
    missing = [line for line in shown.splitlines() if line not in printed]
    assert missing == ["  …"]


def test_the_sketch_of_a_candidate_names_stages():
    *_, sketch = blocks("python")
    names: dict = {}
    exec(compile(sketch, "README.md", "exec"), names)  # noqa: S102
    assert set(names["MyBert"].stages) <= set(stage_names(["{i}"]))


def test_the_first_output_is_the_tools_own(capsys):
    """The rows README shows are rows `make parity` prints, in that order."""
    with pytest.raises(SystemExit):
        main(["diff"])
    printed = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    shown = [line for line in blocks("text")[0].splitlines() if line and not line.startswith("…")]
    place = -1
    for line in shown:
        assert line in printed[place + 1 :], line
        place = printed.index(line, place + 1)
    left_out = printed.index("") - (len(shown) - 1)
    assert f"({left_out} more rows" in README


@pytest.mark.slow
def test_the_edit_it_proposes_is_found(tmp_path):
    """README's own experiment on a copy."""
    old, path, new = re.search(r"say `([^`]*)` in `([^`]*)` to\n`([^`]*)`", README).groups()
    for package in ("scratch_bert", "parity"):
        shutil.copytree(ROOT / package, tmp_path / package)
    source = (tmp_path / path).read_text()
    assert source.count(old) == 1
    (tmp_path / path).write_text(source.replace(old, new))
    program = "from parity.cli.main import main; main(['diff'])"
    done = forked.run([sys.executable, "-c", program], cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    (shown,) = (block for block in blocks("text") if "▲ first divergence" in block)
    assert shown in done.stdout


def test_nothing_is_left_to_fill_in():
    assert re.findall(r"^[A-Z-]{4,}$|TODO|TBD", README, re.MULTILINE) == []


def test_every_file_named_is_there():
    links = re.findall(r"\]\(([^)#]+)\)", README)
    links += re.findall(r"`((?:scratch_bert|parity|tests|tools)/[\w./]+)`", README)
    assert links
    missing = [link for link in links if not (ROOT / link).exists()]
    assert missing == []


def test_the_reading_path_is_the_book():
    (section,) = re.findall(r"^## Read it$(.*?)^## ", README, re.MULTILINE | re.DOTALL)
    named = re.findall(r"\]\(scratch_bert/([\w./]+)\)", section)
    assert [name for name in named if not name.endswith("__init__.py")] == BOOK
    assert f"{len(BOOK)} files and fewer than {BOOK_LINES['']:,} lines" in section


@pytest.mark.parametrize("package", sorted({Path(name).parent for name in BOOK[1:]}), ids=str)
def test_a_package_says_what_to_read(package):
    """Its own files, in the order of the book; and the folders that it has besides."""
    place = ROOT / "scratch_bert" / package
    text = " ".join((place / "__init__.py").read_text().split())
    ((read, needed),) = re.findall(r"Read: ([^.]*)\. When you need it: ([^.]*)\.", text)
    assert read.split(", ") == [Path(name).stem for name in BOOK if Path(name).parent == package]
    folders = {path.name for path in place.iterdir() if path.is_dir()} - {"__pycache__"}
    assert set(re.findall(r"(\w+)/", needed)) == folders


def test_nothing_names_a_machine():
    """Neither a machine's paths nor a registry's host is in any file of the project."""
    files = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
    ).stdout.split()
    pattern = re.compile(r"(?<![\w.~$}])/(?:root|home|work)/|pypi\.org|pythonhosted|debian\.org")
    found = [f for f in files if (ROOT / f).is_file() and pattern.search((ROOT / f).read_text())]
    assert [f for f in found if f != "tests/project/test_readme.py"] == []
