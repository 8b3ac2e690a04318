"""The user's module's own process: `python -m parity.adapter.worker`."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from parity.adapter.build_adapter import write_adapter
from parity.core.process import Answer, serve
from parity.core.recording import Recording
from scratch_bert.weights.checkpoints import Checkpoint


def answers(request: Mapping[str, Any]) -> Iterator[Answer]:
    """Answer a request.

    Args:
        request: `module`, `folder`, `checkpoint`, `recording` and `path`.

    Yields:
        The fields of `Written`.
    """
    place = request["module"].rpartition(":")[0]
    if place.endswith(".py"):
        sys.path.insert(0, str(Path(place).resolve().parent))  # for what lies beside it
    yield write_adapter(
        request["module"],
        Checkpoint(request["checkpoint"], Path(request["folder"])),
        Recording.read(Path(request["recording"])),
        Path(request["path"]),
    ).answer


if __name__ == "__main__":
    serve(answers)
