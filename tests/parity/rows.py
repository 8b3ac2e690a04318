"""The worker's answers as the rows they become."""

from parity.check import row_of
from parity.worker import serve


def rows_of(request):
    return [row_of(answer["row"]) for answer in serve(request)]
