"""The worker's answers as the rows they become."""

from parity.compare import Comparison, Status
from parity.worker import serve


def rows_of(request):
    rows = [answer["row"] for answer in serve(request)]
    return [Comparison(**{**row, "status": Status(row["status"])}) for row in rows]
