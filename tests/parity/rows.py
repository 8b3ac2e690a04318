"""What the candidate's process would send, as the rows that it becomes."""

from parity.core.errors import CandidateCrashedError
from parity.model import worker


def rows_of(function, **asked):
    found, made = [], []
    function(found.append, **asked)
    for answer in found:
        if "broke" in answer:
            raise CandidateCrashedError(answer["broke"])
        made += map(worker.as_row, answer["rows"])
    return made
