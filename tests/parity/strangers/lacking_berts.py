"""scratch_bert without something, or with something of its own: what a candidate may lack."""

from dataclasses import replace

import torch
from torch import nn

from parity.ours.model import ScratchBert


class NamesWhatIsNotCalled(ScratchBert):
    stages = {"pooler": "unused"}  # noqa: RUF012

    def build(self, config, weights):
        model = super().build(config, weights)
        model.unused = nn.Linear(1, 1)
        return model


class NamesAPlaceWithoutSoftmax(ScratchBert):
    stages = {"encoder.layer.{i}.attention.self.scores": "bert.embeddings:scores"}  # noqa: RUF012


class ForgetsTheMask(ScratchBert):
    def forward(self, model, batch):
        mask = batch.get("attention_mask", batch["input_ids"])
        return super().forward(model, {**batch, "attention_mask": mask * 0 + 1})


class MasksALittle(ScratchBert):
    """Adds -10 where the reference adds the most negative number there is."""

    def build(self, config, weights):
        model = super().build(config, weights)
        for layer in model.bert.encoder.layer:
            layer.attention.self.register_forward_pre_hook(_weaken)
        return model


def _weaken(_module, given):
    hidden, plan = given
    return hidden, plan if plan.mask is None else replace(plan, mask=plan.mask.clamp(min=-10))


class UsesSdpa(ScratchBert):
    def forward(self, model, batch):
        return vars(model(**batch, attention="sdpa"))


class ReturnsIntegers(ScratchBert):
    def forward(self, model, batch):
        return {"prediction_logits": super().forward(model, batch)["prediction_logits"].long()}


class CutsTheLastToken(ScratchBert):
    def forward(self, model, batch):
        return {"prediction_logits": super().forward(model, batch)["prediction_logits"][:, :-1]}


class ReturnsOnlyTheFirstVector(ScratchBert):
    def forward(self, model, batch):
        return {"pooler_output": model.bert(**batch, attention="eager").pooler_output}


class HoldsTheQueryInParts(ScratchBert):
    """The scale of the scores is in the weight, as fast implementations have it."""

    stages = {"encoder.layer.{i}": "bert.encoder.layer.{i}"}  # noqa: RUF012

    def build(self, config, weights):
        model = super().build(config, weights)
        for layer in model.bert.encoder.layer:
            query = layer.attention.self.query
            query.weight.data /= 8
            query.register_forward_hook(
                lambda module, _, output: (output - module.bias) * 8 + module.bias
            )
        return model


class TakesAnyLength(ScratchBert):
    def forward(self, model, batch):
        return super().forward(model, {name: rows[:, :80] for name, rows in batch.items()})


class TakesNoLength(ScratchBert):
    def forward(self, model, batch):
        raise ValueError("no length is right")


class NeedsSegments(ScratchBert):
    def forward(self, model, batch):
        return super().forward(model, {**batch, "token_type_ids": batch["token_type_ids"]})


class HasNoMask(ScratchBert):
    unsupported = ("attention_mask",)


class LooksAtNoPositions(ScratchBert):
    def forward(self, model, batch):
        names = ("input_ids", "attention_mask", "token_type_ids")
        return super().forward(model, {name: batch[name] for name in names if name in batch})


class WritesIntoItsMask(ScratchBert):
    def forward(self, model, batch):
        outputs = super().forward(model, batch)
        batch["attention_mask"].sub_(1).mul_(10000)
        return outputs


class WritesIntoItsMaskAndIsWrong(ScratchBert):
    """Where nothing is attended, everything would count as padding."""

    def forward(self, model, batch):
        mask = batch["attention_mask"].clone()
        batch["attention_mask"].zero_()
        return super().forward(model, {**batch, "attention_mask": mask})

    def build(self, config, weights):
        model = super().build(config, weights)
        for layer in model.bert.encoder.layer:
            layer.attention.self.register_forward_pre_hook(_sharpen)
        return model


def _sharpen(_module, given):
    hidden, plan = given
    bias = torch.zeros(1, 1, 1, hidden.shape[1], dtype=hidden.dtype)
    bias[..., 0] = 1
    return hidden, replace(plan, mask=bias)


class KeepsItsFirstMask(ScratchBert):
    def build(self, config, weights):
        model = super().build(config, weights)
        model.masks = {}
        return model

    def forward(self, model, batch):
        mask = batch["attention_mask"]
        mask = model.masks.setdefault(mask.shape, mask.clone())
        return super().forward(model, {**batch, "attention_mask": mask})


class DrawsNoise(ScratchBert):
    def forward(self, model, batch):
        outputs = super().forward(model, batch)
        noise = torch.rand(()) * 1e-9
        return {**outputs, "prediction_logits": outputs["prediction_logits"] + noise}


class HasNoStages(ScratchBert):
    """Its modules have names of their own, and the first of its outputs is wrong."""

    stages = {"embeddings": "bert.embeddings"}  # noqa: RUF012

    def forward(self, model, batch):
        made = model.bert(**batch, attention="eager")
        hidden = made.last_hidden_state * 1.001
        return {"last_hidden_state": hidden, "pooler_output": model.bert.pooler(hidden)}


class AddsInPlace(ScratchBert):
    def build(self, config, weights):
        model = super().build(config, weights)
        for layer in model.bert.encoder.layer:
            layer.attention.output.forward = _AddsInPlace(layer.attention.output)
        return model


class _AddsInPlace:
    def __init__(self, module):
        self.module = module

    def __call__(self, states, residual):
        added = self.module.dropout(self.module.dense(states))
        added += residual
        return self.module.LayerNorm(added)
