"""The reference, run as candidates are: to record it, and to measure its own errors."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from parity import reference
from parity.core.stages import OUTPUTS, reference_points
from parity.core.trace import tapped
from parity.model.model_under_test import ModelUnderTest
from parity.model.weight_places import Emit
from parity.ours import checkpoint as scratch
from scratch_bert.weights.checkpoints import Checkpoint


def reference_under_test(checkpoint: Checkpoint) -> ModelUnderTest:
    """Load a checkpoint into the reference's class that uses most of it."""
    architecture = scratch.architecture_of(checkpoint)
    last = f"encoder.layer.{checkpoint.config.num_hidden_layers - 1}"
    returned = {last: "last_hidden_state", "pooler": "pooler_output"}  # by the model without heads

    def make(dtype: torch.dtype) -> nn.Module:
        return reference.load(
            architecture.name,
            checkpoint.folder,
            attention="eager",
            dtype=dtype,
            **architecture.options,
        )

    def forward(model: nn.Module, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        ends = {name: tested.stages[name] for name in returned if name in tested.stages}
        made: dict[str, Tensor] = {}
        with tapped(model, ends, lambda name, tensor: made.update({returned[name]: tensor})):
            outputs = reference.forward(model, batch)
        made |= {name: outputs[name] for name in OUTPUTS if "logits" in name and name in outputs}
        if "prediction_logits" in made:  # what other models return in their place
            made["log_probabilities"] = made["prediction_logits"].log_softmax(dim=-1)
        return made

    @contextmanager
    def gradients(model: nn.Module, emit: Emit) -> Iterator[None]:
        names = {p: name.removeprefix("bert.") for name, p in model.named_parameters()}

        def pass_on(parameter: Tensor) -> None:
            assert isinstance(parameter, nn.Parameter)
            assert parameter.grad is not None
            emit(names[parameter], parameter.grad)
            parameter.grad = None

        hooks = [each.register_post_accumulate_grad_hook(pass_on) for each in names]  # type: ignore[no-untyped-call]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    tested = ModelUnderTest(make, forward, {}, gradients)
    modules = tested.model(tested.dtype).named_modules()
    tested.stages = reference_points(name for name, _ in modules)
    return tested
