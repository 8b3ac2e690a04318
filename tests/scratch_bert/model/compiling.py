"""Compiles and exports models, as a program of its own: with shapes checked, there is no graph."""

import torch

import scratch_bert
from scratch_bert import BertConfig
from tests.models import TINY, adversarial_

ROUNDING = 1e-12  # in float64, of numbers about 1: a compiler may add in another order
KINDS = ["BertModel", "BertForPreTraining", "BertForMultipleChoice"]
LONG = torch.arange(21).view(3, 7), torch.tensor([[1] * 7, [1] * 2 + [0] * 5, [0] * 3 + [1] * 4])
SHORT = torch.arange(10, 18).view(2, 4), torch.tensor([[1] * 4, [1] * 3 + [0]])


def batch_for(kind, tensors):
    tensors = [each[:, None] for each in tensors] if kind == "BertForMultipleChoice" else tensors
    return dict(zip(("input_ids", "attention_mask"), tensors, strict=True))


def compiled(model, _):
    torch.compiler.reset()
    return torch.compile(model, fullgraph=True, backend="aot_eager")


def exported(model, example):
    """For any number of rows and any length; torch has no such export of a head's `**inputs`."""
    shapes = None
    if isinstance(model, scratch_bert.BertModel):
        shape = {0: torch.export.Dim("rows", max=64), 1: torch.export.Dim("seq", max=32)}
        shapes = {"input_ids": shape, "attention_mask": shape, "attention": None}
    return torch.export.export(model, (), example, dynamic_shapes=shapes).module()


def main():
    for kind in KINDS:
        config = BertConfig(**{**TINY, "num_hidden_layers": 1})
        model = adversarial_(getattr(scratch_bert, kind)(config)).double().eval()
        for attention in ("eager", "sdpa"):
            example = {**batch_for(kind, LONG), "attention": attention}
            for way in (compiled, exported):
                made = way(model, example)
                compare(made(**example), model(**example))
                if way is exported and kind == "BertModel":
                    other = {**batch_for(kind, SHORT), "attention": attention}
                    compare(made(**other), model(**other))
                print(kind, attention, way.__name__, flush=True)


def compare(made, expected):
    tensors = {name: each for name, each in vars(expected).items() if torch.is_tensor(each)}
    assert tensors
    for name, tensor in tensors.items():
        torch.testing.assert_close(getattr(made, name), tensor, rtol=0, atol=ROUNDING)


if __name__ == "__main__":
    with torch.no_grad():
        main()
