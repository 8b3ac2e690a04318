"""The process of a candidate that a suite judges: `python -m parity.suite.worker`.

Questions and answers are files that torch writes, and reads as data only.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from parity.core.import_by_name import load_maker
from parity.core.process import Answer, serve

QUESTION, ANSWER = "question.pt", "answer.pt"


def answers(request: Mapping[str, Any]) -> Iterator[Answer]:
    """Answer a request: `what` is asked of which `candidate`, in which `folder` the question is.

    The class that answers for the candidate is `answering` of `module`.
    """
    name = request["candidate"]
    answering = getattr(import_module(request["module"]), request["answering"])
    candidate = answering(load_maker(name, needs_build=False), name)
    if request["what"] == "has":
        yield {"has": candidate.has()}
        return
    folder = Path(request["folder"])
    given = torch.load(folder / QUESTION, weights_only=True)
    torch.save(candidate.ask(request["what"], **given), folder / ANSWER)


if __name__ == "__main__":
    torch.set_num_threads(1)  # as the judge; small runs, whose threads would wait for each other
    serve(answers)
