"""The worker's answers as the rows they become."""

from parity.compare import Comparison, Status
from parity.errors import CandidateCrashedError
from parity.worker import answers


def rows_of(request):
    made = []
    for answer in answers(request):
        if "broke" in answer:
            raise CandidateCrashedError(answer["broke"])
        made.append(Comparison(**{**answer["row"], "status": Status(answer["row"]["status"])}))
    return made
