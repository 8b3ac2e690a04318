"""Training that stops and goes on, and training in several processes, as they go wrong."""

from collections.abc import Sequence

from parity.suite.mistake import instead
from parity.suite.training_runs import Batch

RESUMED = tuple(
    instead(
        "resume",
        f"resume-without-{what}",
        says,
        "keep model, optimiser, step and torch.get_rng_state(), and put all of them back",
        detected_by="a training that is stopped after seven steps, and goes on",
        forgets=forgotten,
    )
    for what, forgotten, says in (
        ("model", "model", "the weights are those it is built with when it goes on"),
        ("optimizer", "optimizer", "Adam's means begin at zero when it goes on"),
        ("rate", "rate", "the learning rate begins anew, warm-up and all, when it goes on"),
        ("data", "data", "the first batches are seen again when it goes on"),
        ("step", "step", "all steps are taken again when it goes on"),
        ("random", "random", "dropout's draws begin anew when it goes on"),
    )
)

_SUM = "add the processes' gradients, each divided by the number of the whole step's labels"
_TWO = "two processes, beside one that accumulates two batches"


def _all(batches: Sequence[Batch], _rank: int, _world: int) -> Sequence[Batch]:
    return batches


PROCESSES = (
    instead(
        "processes",
        "processes-mean-of-means",
        "each process takes the mean over its own labels, and gradients are averaged",
        _SUM,
        detected_by=_TWO,
        seen="DistributedDataParallel and a mean loss",
        weigh=lambda own, _, batches: max(1, own) * batches,
    ),
    instead(
        "processes",
        "processes-averaged",
        "gradients are averaged though each is divided by the number of all labels already",
        _SUM,
        detected_by=_TWO,
        seen="DistributedDataParallel, which divides by the number of processes",
        weigh=lambda _, step, batches: step * batches,
    ),
    instead(
        "processes",
        "processes-sum-of-means",
        "each process takes the mean over its own labels, and gradients are added",
        _SUM,
        detected_by=_TWO,
        weigh=lambda own, _step, _: max(1, own),
    ),
    instead(
        "processes",
        "processes-all-batches",
        "each process computes all batches, and gradients are added",
        "deal the batches out: rank::world",
        detected_by=_TWO,
        mine=_all,
    ),
    instead(
        "processes",
        "processes-apart",
        "each process trains on its own batches alone",
        "torch.distributed.all_reduce of the gradients before they are clipped",
        detected_by=_TWO,
        reduces=False,
    ),
)
