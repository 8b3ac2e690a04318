"""BERTs each of which breaks a law, and some that a law says nothing about."""

import torch

from parity.ours.model import ScratchBert


class HearsPadding(ScratchBert):
    """The mask is looked at, and not used."""

    def forward(self, model, batch):
        mask = torch.ones_like(batch["attention_mask"]) if "attention_mask" in batch else None
        return super().forward(model, {**batch, "attention_mask": mask})


class LikesCompany(ScratchBert):
    """As with a normalization over the batch."""

    def forward(self, model, batch):
        logits = super().forward(model, batch)["prediction_logits"]
        return {"prediction_logits": logits - logits.mean(dim=0) / 2}


class ForgetsSegments(ScratchBert):
    def forward(self, model, batch):
        types = torch.zeros_like(batch.get("token_type_ids", batch["input_ids"]))
        return super().forward(model, {**batch, "token_type_ids": types})


class ForgetsOrder(ScratchBert):
    def forward(self, model, batch):
        return super().forward(
            model, {**batch, "position_ids": torch.zeros_like(batch["input_ids"])}
        )


class LooksBack(ScratchBert):
    """A causal mask."""

    def build(self, config, weights):
        return super().build({**config, "is_decoder": True}, weights)


class Wavers(ScratchBert):
    def forward(self, model, batch):
        logits = super().forward(model, batch)["prediction_logits"]
        return {"prediction_logits": logits + 1e-15 * torch.randn_like(logits)}


class HasNoSegments(ScratchBert):
    def forward(self, model, batch):
        return super().forward(model, {"input_ids": batch["input_ids"]})


class SaysSo(ScratchBert):
    unsupported = ("token_type_ids",)


class PoolsOnly(ScratchBert):
    def forward(self, model, batch):
        logits = super().forward(model, batch)["seq_relationship_logits"]
        return {"seq_relationship_logits": logits}


class KeepsItsFirstMask(ScratchBert):
    """Of each length."""

    def build(self, config, weights):
        self.masks = {}
        return super().build(config, weights)

    def forward(self, model, batch):
        mask = batch.get("attention_mask", torch.ones_like(batch["input_ids"]))
        mask = self.masks.setdefault(mask.shape, mask.clone())
        return super().forward(model, {**batch, "attention_mask": mask})
