"""`scratch-bert`: exit codes, what is not imported, and what an interruption leaves behind."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scratch_bert.cli.main import main

ROOT = Path(__file__).parents[3]
PROGRAM = "from scratch_bert.cli.main import main; main()"
COMMAND = [sys.executable, "-c", PROGRAM]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["frobnicate"], "No such command 'frobnicate'"),
        (["tokenize", "--frobnicate"], "No such option"),
    ],
)
def test_usage(arguments, message, command_line):
    code, out, err = command_line(main, *arguments)
    assert (code, out) == (4, "")
    assert message in err


def test_help(command_line):
    code, out, _ = command_line(main, "--help")
    assert (code, "tokenize" in out) == (0, True)


def test_it_is_installed_under_its_name():
    from importlib.metadata import entry_points

    (script,) = entry_points(group="console_scripts", name="scratch-bert")
    assert script.load() is main


def test_tokenize_imports_no_torch():
    program = """
import sys
from scratch_bert.cli.main import main
try:
    main(["tokenize", "a", "--format", "ids"])
finally:
    print(sorted({"torch", "transformers", "tokenizers", "parity"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "101 1037 102\n[]\n", done.stderr


def test_a_reader_who_leaves_is_no_error():
    """In a shell, whose pipe is closed; slow, since it starts a Python of its own."""
    command = f"yes word | head -20000 | {sys.executable} -c '{PROGRAM}' tokenize --format ids"
    shell = f"set -o pipefail; {command} | head -1"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True)  # noqa: S607
    assert (done.stdout, done.stderr) == ("101 2773 102\n", "")
    assert done.returncode == 128 + signal.SIGPIPE


def test_an_interruption_leaves_nothing(tmp_path):
    """It waits until the file is begun; slow, since it starts a Python of its own."""
    command = [*COMMAND, "tokenize", "-o", str(tmp_path / "ids"), "--format", "ids"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}

    def heed():  # where the tests are a shell's background job, it would ignore Ctrl-C
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with subprocess.Popen(command, cwd=ROOT, preexec_fn=heed, **pipes) as process:
        while not list(tmp_path.iterdir()):
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert (process.returncode, out, err.strip()) == (130, b"", b"")
    assert list(tmp_path.iterdir()) == []
