"""What a candidate makes, and the dtype that it computes in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from parity.core.errors import CandidateError
from parity.core.trace import tapped
from parity.model.candidate import Batch, Candidate
from parity.model.model_under_test import candidate_under_test
from scratch_bert.weights.checkpoints import Checkpoint

DTYPES = ("float64", "float32", "bfloat16", "float16")  # the first that it computes in is judged


@dataclass(frozen=True)
class Description:
    """What a candidate makes.

    Attributes:
        stages: these and the outputs, with the dtype of each.
        outputs: their names.
        dtype: in which it is judged.
        lacks: why that is not float64; empty if it is.
    """

    stages: Mapping[str, str]
    outputs: Sequence[str]
    dtype: str
    lacks: str = ""


def description_of(candidate: Candidate, checkpoint: str) -> Description:
    """Find out what a candidate makes, and in which dtype.

    A model may refuse a dtype, or compute in another one than it is asked for.

    Raises:
        CandidateError: it is not what a candidate must be.
        Exception: what it raises in all dtypes.
    """
    lacks = "the candidate says so" if DTYPES[0] in candidate.unsupported else ""
    found, errors = list[Description](), dict[str, Exception]()
    asked = [each for each in DTYPES if each not in candidate.unsupported]
    if not asked:
        raise CandidateError(f"{candidate.name}: unsupported names all of {', '.join(DTYPES)}")
    for dtype in asked:
        try:
            made = _look(candidate, checkpoint, dtype)
        except CandidateError:
            raise
        except Exception as error:
            errors[dtype] = error
            lacks = lacks or f"{type(error).__name__}: {error}"
            continue
        other = [f"{name} is {each}" for name, each in made.stages.items() if each != dtype]
        if not other:
            return Description(made.stages, made.outputs, dtype, lacks)
        lacks = lacks or other[0]
        found.append(made)
    if not found:
        raise errors.get("float32", [*errors.values()][-1])
    coarsest = max(DTYPES.index(each) for each in found[0].stages.values())
    return Description(found[0].stages, found[0].outputs, DTYPES[coarsest], lacks)


def _look(candidate: Candidate, checkpoint: str, dtype: str) -> Description:
    """Run one token, and look at the dtypes of stages and outputs."""
    ids = torch.ones(1, 1, dtype=torch.long)
    batch = {"attention_mask": ids, "token_type_ids": ids * 0, "position_ids": ids * 0}
    asked = getattr(torch, dtype)
    with candidate_under_test(candidate, Checkpoint.of(Path(checkpoint)), asked) as tested:
        seen: dict[str, str] = dict.fromkeys((*tested.stages, *tested.unseen), dtype)

        def look(name: str, tensor: Tensor) -> None:
            made = str(tensor.dtype).removeprefix("torch.")
            if made in DTYPES:
                seen[name] = made

        model = tested.model(asked)
        with torch.no_grad(), tapped(model, tested.stages, look):
            outputs = tested.forward(model, Batch({"input_ids": ids, **batch}))
        for name, tensor in outputs.items():
            look(name, tensor)
        return Description(seen, [*outputs], dtype)
