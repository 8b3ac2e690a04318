"""Processes that are forked from one in which torch is imported already.

To start a Python that imports torch takes seconds, and HuggingFace's BERT as long again, and to
fork none; and nearly all tests are of what a process answers, not of how it starts.
"""

import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
import traceback
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryFile

MODULES = (
    "parity.model.worker",
    "parity.adapter.build_adapter",
    "parity.suite.candidate",
    "parity.tokenizer.suite",
    "parity.pretraining.mistaken",  # candidates, whose imports take seconds
    "parity.ours.finetuning",
    "parity.inference.mistaken",
)
ROOT = Path(__file__).parents[1]


class Forking:
    """Stands in subprocess's place; a process that forks is started when it is first needed."""

    PIPE = subprocess.PIPE
    _one_at_a_time = threading.Lock()

    @cached_property
    def _place(self):
        ours, its = socket.socketpair()
        command = [sys.executable, "-m", "tests.forked", str(its.fileno())]
        self._forking = subprocess.Popen(command, cwd=ROOT, pass_fds=[its.fileno()])
        its.close()
        return ours

    def ask(self, request, fds=()):
        with self._one_at_a_time:
            socket.send_fds(self._place, [json.dumps(request).encode()], fds)
            return json.loads(self._place.recv(1000))

    def close(self):
        if "_place" in vars(self):
            self._place.close()
            self._forking.wait()

    def Popen(self, command, **options):  # noqa: N802 - its name there
        return _Popen(self.ask, command, **options)


class _Popen:
    """As much of subprocess.Popen as `parity.core.process` asks for."""

    def __init__(self, ask, command, *, stdin, stdout, stderr):
        self._ask = ask
        assert command[1:] == ["-m", "parity.core.process"]
        (its_in, our_end), (our_start, its_out) = os.pipe(), os.pipe()
        request = {"cwd": os.getcwd()}  # noqa: PTH109
        self._pid = self._ask(request, [its_in, its_out, stderr.fileno()])
        os.close(its_in)
        os.close(its_out)
        self.stdin = open(our_end, "wb")  # noqa: PTH123, SIM115
        self.stdout = open(our_start, "rb")  # noqa: PTH123, SIM115
        self._code = None

    def wait(self):
        if self._code is None:
            self._code = self._ask({"ended": self._pid})
        return self._code

    def kill(self):
        if self._code is None:
            os.kill(self._pid, signal.SIGKILL)

    def communicate(self):
        for file in (self.stdin, self.stdout):
            with suppress(BrokenPipeError):
                file.close()
        self.wait()


def _serve(cwd, fds):
    """Be what `python -m parity.core.process` is."""
    for standard, fd in enumerate(fds):
        os.dup2(fd, standard)
        os.close(fd)
    os.chdir(cwd)
    sys.path[0] = cwd
    importlib.import_module("parity.core.process").serve()


def _fork(place):
    for module in MODULES:
        importlib.import_module(module)
    gc.freeze()  # what all of them share
    while True:
        asked, fds, *_ = socket.recv_fds(place, 10_000, 3)
        if not asked:
            return
        request = json.loads(asked)
        if "ended" in request:
            _, status = os.waitpid(request["ended"], 0)
            answer = os.waitstatus_to_exitcode(status)
        elif answer := os.fork():
            for fd in fds:
                os.close(fd)
        else:
            place.close()
            _serve(**request, fds=fds)
            return
        place.send(json.dumps(answer).encode())


OURS = ("scratch_bert", "parity", "tests", "benchmark_")  # what a program imports for itself


def run(command, *, cwd=ROOT, check=False, **_):
    """Be subprocess.run for a Python program, which is forked from this process."""
    with TemporaryFile() as out, TemporaryFile() as err:
        child = os.fork()
        if not child:
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            os.chdir(cwd)
            os._exit(_program(command[1:]))  # nothing of this process is ended with it
        _, status = os.waitpid(child, 0)
        out.seek(0)
        err.seek(0)
        said = out.read().decode(), err.read().decode()
    done = subprocess.CompletedProcess(command, os.waitstatus_to_exitcode(status), *said)
    if check:
        done.check_returncode()
    return done


def _program(arguments):
    """Do what `python -c program` does, or `python file`; returns the exit code."""
    for number, name in enumerate(("stdout", "stderr"), start=1):
        setattr(sys, name, open(number, "w", closefd=False))  # noqa: SIM115
    for name in [each for each in sys.modules if each.startswith(OURS)]:
        del sys.modules[name]
    sys.meta_path[:] = [each for each in sys.meta_path if isinstance(each, type)]  # without hooks
    if "torch" in sys.modules:
        sys.modules["torch._C"].set_num_threads(1)  # those of before the fork are not there
    try:
        if arguments[0] == "-c":
            sys.argv, sys.path[0] = ["-c", *arguments[2:]], ""
            exec(arguments[1], {"__name__": "__main__"})  # noqa: S102
        else:
            sys.argv, sys.path[0] = arguments, str(Path(arguments[0]).parent)
            runpy.run_path(arguments[0], run_name="__main__")
    except SystemExit as ended:
        code = ended.code
        return code if isinstance(code, int) else 0 if code is None else 1
    except BaseException:
        traceback.print_exc()
        return 1
    else:
        return 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


if __name__ == "__main__":
    _fork(socket.socket(fileno=int(sys.argv[1])))
