"""scratch_bert's inference is HuggingFace's, judged as anybody's is; so is what judges it.

Slow where it is the first that needs HuggingFace's model, or sentence-transformers.
"""

import pytest
import torch
from sentence_transformers import SentenceTransformer

from parity import reference
from parity.core.compare import Status
from parity.inference.candidate import InferenceCandidate
from parity.inference.cases import CASES
from parity.inference.checkpoints import folder_of
from parity.inference.reference import expected
from parity.inference.suite import INFERENCE
from parity.ours.inference import ScratchInference
from parity.report.suite import failure_text

CANDIDATE = InferenceCandidate(ScratchInference(), INFERENCE.scratch_bert)


@pytest.mark.sample(1)
@pytest.mark.parametrize("check", INFERENCE.checks)
def test_a_check_holds(check):
    outcome = INFERENCE.checks[check].run(CANDIDATE)
    assert outcome.status is Status.MATCH, failure_text(outcome, INFERENCE, CANDIDATE.name)
    assert outcome.bits is not None
    equal, number = outcome.bits
    assert equal == number > 10


@pytest.mark.parametrize("number", range(len(CASES["embed"])))
def test_vectors_are_those_of_sentence_transformers(number):
    """Which reads all that it has to know in the folder."""
    case = CASES["embed"][number]
    with reference.quiet():
        theirs = SentenceTransformer(str(folder_of(case.folder)), device="cpu")
    vectors = theirs.encode(case.given["texts"], batch_size=1, convert_to_tensor=True)
    assert torch.equal(vectors, torch.tensor(expected("embed", number, torch.float32)))
