"""Models that exist in a low precision alone, whether they say so or not; and wrong ones."""

import torch

from tests.parity.strangers.variants.attentions import scaled
from tests.parity.strangers.variants.parts import Adapter, Model


def alone(dtype, outputs=None):
    """A model that has one dtype, whichever it is moved to."""

    class Alone(Model):
        def _apply(self, fn, recurse=True):
            def kept(tensor):
                return fn(tensor).to(dtype) if tensor.is_floating_point() else fn(tensor)

            return super()._apply(kept, recurse)

        def forward(self, *inputs):
            made = super().forward(*inputs)
            return [each.to(outputs) for each in made] if outputs else made

    return Alone


class Refuses(Model):
    """Raises an error in the larger dtypes."""

    def forward(self, *inputs):
        if self.top.bias.dtype in (torch.float64, torch.float32):
            raise RuntimeError("there is no such kernel")
        return super().forward(*inputs)


class SkipsALayer(alone(torch.bfloat16)):
    def run(self, x, mask):
        for layer in [*self.layers][:-1]:
            x = layer(x, mask)
        return x


def adapter(model, unsupported=(), **replaced):
    own = {"model": model, "unsupported": unsupported, "replaced": replaced}
    return type("Low", (Adapter,), own)


LARGER = ("float64", "float32")
BFLOAT16 = alone(torch.bfloat16)
CORRECT = {
    "bfloat16 alone": (adapter(BFLOAT16), "bfloat16"),
    "bfloat16 alone, declared": (adapter(BFLOAT16, (*LARGER, "float16")), "bfloat16"),
    "bfloat16 alone, float64 declared": (adapter(BFLOAT16, ("float64", "float16")), "bfloat16"),
    "bfloat16 inside, float32 returned": (
        adapter(alone(torch.bfloat16, torch.float32)),
        "bfloat16",
    ),
    "larger dtypes refused": (adapter(Refuses), "bfloat16"),
    "float16 alone": (adapter(alone(torch.float16)), "float16"),
    "float16 alone, declared": (adapter(alone(torch.float16), (*LARGER, "bfloat16")), "float16"),
    "float32 alone": (adapter(alone(torch.float32)), "float32"),
    "float32 alone, declared": (adapter(alone(torch.float32), ("float64",)), "float32"),
}
WRONG = {
    "the scale is missing": adapter(BFLOAT16, attend=scaled(lambda q, k, d: (q, k))),
    "the mask is ignored": adapter(BFLOAT16, masked=lambda scores, mask: scores),
    "a layer is skipped": adapter(SkipsALayer),
    "ReLU": adapter(BFLOAT16, act=torch.relu),
}
