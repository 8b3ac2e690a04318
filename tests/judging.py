"""Judge a candidate in this process, and read the rows."""

from parity.core.compare import Status
from parity.model import worker


def judged(candidate, folder, recorded, probes):
    """Compare a candidate with a recording; a row for each stage, probe and lane.

    Args:
        candidate: its name, `path/to/file.py:NAME`.
        folder: the checkpoint.
        recorded: the folder of the recording.
        probes: their names.
    """
    found = []
    worker.judge(found.append, candidate, str(folder), str(recorded), probes)
    broke = [answer["broke"] for answer in found if "broke" in answer]
    assert not broke, broke[0]
    return [row for answer in found for row in answer["rows"]]


def failed(rows, lane):
    """The names of what diverges, each once."""
    wrong = [
        row["name"]
        for row in rows
        if row["lane"] == lane and row["status"] not in (Status.MATCH, Status.UNSUPPORTED)
    ]
    return list(dict.fromkeys(wrong))
