"""Candidates that do what no model should, each in a line to be found in the report."""

import os
import sys

import torch
from torch import nn

from parity.ours.model import ScratchBert


class Nothing(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.hidden = hidden

    def forward(self, input_ids, **_):
        return torch.zeros(*input_ids.shape, self.hidden, dtype=torch.float64)


class Silent:
    def build(self, config, weights):
        return Nothing(config["hidden_size"])


class Raises(Silent):
    def forward(self, model, batch):
        raise RuntimeError("the attention is broken")


class Exits(Silent):
    def forward(self, model, batch):
        sys.exit(0)


class Dies(Silent):
    def forward(self, model, batch):
        os._exit(7)


class Loops(Silent):
    def forward(self, model, batch):
        return max(iter(int, 1))  # never the 1 that would end it


class Prints(Silent):
    def forward(self, model, batch):
        for _ in range(3000):
            print("x" * 1000)
            print("y" * 1000, file=sys.stderr)
        os.write(1, b'{"done": true}\n' * 1000)
        return model(batch["input_ids"])


class NotANumber(Silent):
    def forward(self, model, batch):
        return model(batch["input_ids"]) * float("nan")


class Transposes(Silent):
    def forward(self, model, batch):
        return model(batch["input_ids"]).transpose(0, 1)


class Texts(Silent):
    def forward(self, model, batch):
        return "hidden states"


class BuildsAList:
    def build(self, config, weights):
        return [weights]


class Lacks(Silent):
    stages = {"encoder.layer.{i}": "blocks.{i}"}  # noqa: RUF012


class Wrong(Silent):
    unsupported = ("segments",)


class Misspells(Silent):
    stages = {"encoder.layer.{i}.attention.query": "blocks.{i}"}  # noqa: RUF012


class AsksAndRaises(Silent):
    def forward(self, model, batch):
        batch.get("position_ids")
        raise RuntimeError("not for want of positions")


class SaysNothing(Silent):
    def forward(self, model, batch):
        if batch["input_ids"].shape[1] > 512:
            raise ValueError("too long")
        return {"somebody's own": batch["input_ids"]}


class CannotTrain(ScratchBert):
    def forward(self, model, batch):
        if model.training:
            raise RuntimeError("no training here")
        return super().forward(model, batch)
