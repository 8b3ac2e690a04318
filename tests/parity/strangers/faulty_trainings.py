"""scratch_bert with mistakes that no single forward pass in evaluation shows."""

import torch
from torch import nn

from parity.ours.model import ScratchBert


class Plain(ScratchBert):
    def build(self, config, weights):
        model = super().build(config, weights)
        self.change(model, getattr(model, "bert", model))
        return model

    def change(self, model, bert):
        pass


class KeepsProbabilities(Plain):
    def change(self, model, bert):
        for layer in bert.encoder.layer:
            layer.attention.self.dropout.p = 0.0


class DropsMore(Plain):
    def change(self, model, bert):
        bert.encoder.layer[1].output.dropout.p = 0.2


class DropsNothing(Plain):
    def change(self, model, bert):
        for module in model.modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.0


class DropsBeforeTheNorm(Plain):
    def change(self, model, bert):
        embeddings = bert.embeddings
        embeddings.LayerNorm = nn.Sequential(embeddings.dropout, embeddings.LayerNorm)
        embeddings.dropout = nn.Identity()


class DropsAgain(Plain):
    """In shapes that the reference never drops."""

    def change(self, model, bert):
        def drop(*_):
            nn.functional.dropout(torch.ones(3), 0.5)

        bert.pooler.register_forward_hook(drop)


class StaysInTraining(Plain):
    def forward(self, model, batch):
        return super().forward(model.train(), batch)


class Detaches(Plain):
    def change(self, model, bert):
        bert.encoder.layer[1].attention.self.value.register_forward_hook(
            lambda module, args, output: output.detach()
        )


class Freezes(Plain):
    def forward(self, model, batch):
        with torch.no_grad():
            return super().forward(model, batch)


class DropsThePadRow(Plain):
    """As an nn.Embedding with another padding_idx does: a row has no gradient."""

    def change(self, model, bert):
        weight = bert.embeddings.word_embeddings.weight

        def without(gradient):
            gradient = gradient.clone()
            gradient[gradient.abs().sum(dim=1).argmax()] = 0
            return gradient

        weight.register_hook(without)


class RefusesDouble(Plain):
    def forward(self, model, batch):
        if next(model.parameters()).dtype is torch.float64:
            raise RuntimeError("this kernel knows no double")
        return super().forward(model, batch)


class NormInSingle(Plain):
    """As is usual where bfloat16 is computed in."""

    def change(self, model, bert):
        embeddings, dtype = bert.embeddings, lambda: model.cls.predictions.bias.dtype
        embeddings.LayerNorm.register_forward_hook(lambda module, args, output: output.float())
        embeddings.dropout.register_forward_hook(lambda module, args, output: output.to(dtype()))


class RefusesHalf(Plain):
    def forward(self, model, batch):
        if next(model.parameters()).dtype is torch.float16:
            raise RuntimeError("this kernel knows no half")
        return super().forward(model, batch)


class ApproximatesTheGelu(Plain):
    """In single precision this is as wrong as in double."""

    unsupported = ("float64",)

    def build(self, config, weights):
        return super().build({**config, "hidden_act": "gelu_pytorch_tanh"}, weights)
