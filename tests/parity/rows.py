"""The worker's answers as the rows they become."""

from parity.core.compare import Comparison, Status
from parity.core.errors import CandidateCrashedError
from parity.model.worker import answers


def rows_of(request):
    made = []
    for answer in answers(request):
        if "broke" in answer:
            raise CandidateCrashedError(answer["broke"])
        made.append(Comparison(**{**answer["row"], "status": Status(answer["row"]["status"])}))
    return made
