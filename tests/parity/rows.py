"""The worker's answers as the rows they become."""

from parity.compare import Comparison, Status
from parity.worker import answers


def rows_of(request):
    rows = [answer["row"] for answer in answers(request)]
    return [Comparison(**{**row, "status": Status(row["status"])}) for row in rows]
