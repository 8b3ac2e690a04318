"""Stages of an adapter whose tensors are not HuggingFace's, although the model is right.

Such as a query that is scaled already, a module that is never called, or a result that is not used.
What follows such a stage has HuggingFace's numbers, from the ids to the outputs; so the model is
right there, and the adapter shows something else than the stage. Gradients likewise: where a stage
is one row of a tensor that repeats it, its gradient is a part, and the weights' are whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from parity.core.compare import Comparison, Status
from parity.core.probes import Scope
from parity.core.stages import OUTPUTS

_ENDS = {  # what shows that a stage is right: any of these follows from it
    "pooler.dense": ("pooler", "pooler_output", "cls.seq_relationship", "seq_relationship_logits"),
    "pooler": ("pooler_output", "cls.seq_relationship", "seq_relationship_logits", "logits"),
    "cls.predictions.transform": ("cls.predictions", "prediction_logits", "log_probabilities"),
    "cls.predictions": ("prediction_logits", "log_probabilities"),
    "cls.seq_relationship": ("seq_relationship_logits",),
    "classifier": ("logits",),
    "qa_outputs": ("start_logits",),
}
_LEARNS = "embeddings.word_embeddings.weight"  # its [PAD] row may, which is another question
_WHY = "the adapter shows another tensor here, or none; everything that follows is HuggingFace's"


@dataclass(frozen=True)
class OtherForms:
    """Stages that differ though everything that follows from them is right.

    Attributes:
        stages: whose tensors differ.
        gradients: stages of which the gradient alone does.
    """

    stages: frozenset[str] = frozenset()
    gradients: frozenset[str] = frozenset()

    @classmethod
    def of(cls, rows: Sequence[Comparison]) -> "OtherForms":
        """Find them in the rows of a candidate, on all probes."""
        forward = [each for each in rows if each.scope == Scope.EVALUATION]
        wrong, right = _names(forward, "propagated")
        if wrong & {*OUTPUTS} or not all(right & {*_ENDS.get(name, OUTPUTS)} for name in wrong):
            wrong = frozenset()
        backward, learnt = _names(rows, "gradient")
        backward -= {_LEARNS}
        if any(name.endswith((".weight", ".bias")) for name in backward) or not learnt:
            backward = frozenset()
        return cls(wrong, backward - wrong)

    @property
    def all(self) -> frozenset[str]:
        """Both."""
        return self.stages | self.gradients

    def left_out(self, rows: Sequence[Comparison], again: Sequence[Comparison]) -> list[Comparison]:
        """Put the rows of a second judgement, without these stages, in the place of the first's.

        Args:
            rows: of all stages.
            again: without these.
        """
        anew = {(row.name, row.probe, row.lane): row for row in again}
        return [
            replace(row, status=Status.UNSUPPORTED, note=_WHY)
            if row.name in (self.all if "gradient" in row.lane else self.stages)
            else anew.get((row.name, row.probe, row.lane), row)
            for row in rows
        ]


def _names(rows: Sequence[Comparison], lane: str) -> tuple[frozenset[str], frozenset[str]]:
    """The stages that are wrong in a lane on any probe, and those that are right on all."""
    here = [row for row in rows if row.lane == lane]
    wrong = frozenset(row.name for row in here if not row.passed)
    return wrong, frozenset(row.name for row in here if row.status is Status.MATCH) - wrong
