"""Pretrainings as other people write them: one that is right, and some with a mistake by hand.

The model is scratch_bert's; nothing else is its, or the judge's.
"""

import os
import random

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch.utils.data import DataLoader

from scratch_bert import BertConfig, BertForPreTraining


class Stranger:
    """Everything, in the way of a tutorial."""

    def initial(self, config, seed):
        torch.manual_seed(seed + 1)
        model = BertForPreTraining(BertConfig(**config))
        for module in model.modules():
            if isinstance(module, torch.nn.Linear | torch.nn.Embedding):
                torch.nn.init.trunc_normal_(module.weight, std=0.02, a=-0.04, b=0.04)
        with torch.no_grad():
            model.bert.embeddings.word_embeddings.weight[0] = 0
        return model.state_dict()

    def mask(self, input_ids, special_tokens_mask, vocab_size, mask_token_id, seed):
        torch.manual_seed(seed)
        probabilities = torch.full(input_ids.shape, 0.15)
        probabilities.masked_fill_(special_tokens_mask.bool(), 0)
        chosen, inputs = torch.bernoulli(probabilities).bool(), input_ids.clone()
        fate = torch.rand(input_ids.shape)
        inputs[chosen & (fate < 0.8)] = mask_token_id
        swapped = chosen & (fate >= 0.8) & (fate < 0.9)
        inputs[swapped] = torch.randint(0, vocab_size, (int(swapped.sum()),))
        return {"input_ids": inputs, "labels": torch.where(chosen, input_ids, -100)}

    def pairs(self, documents, seq_length, seed):
        rng, half = random.Random(seed), (seq_length - 3) // 2
        for number, document in enumerate(documents):
            for a, b in zip(document[::2], document[1::2], strict=False):
                is_random = rng.random() < 0.5
                if is_random:
                    other = rng.choice([i for i in range(len(documents)) if i != number])
                    b = rng.choice(documents[other])
                yield a[:half], b[:half], is_random

    def build(self, config, weights):
        model = BertForPreTraining(BertConfig(**config))
        model.load_state_dict(weights)
        return model

    def loss(self, model, batch):
        return model(**batch).loss

    def groups(self, model):
        matrices = [p for p in model.parameters() if p.dim() == 2]
        vectors = [p for p in model.parameters() if p.dim() == 1]
        return matrices, vectors

    def clip(self, model, longest):
        torch.nn.utils.clip_grad_norm_(model.parameters(), longest)

    def shares(self, batch, step):
        words = (batch["labels"] != -100).sum() / sum((b["labels"] != -100).sum() for b in step)
        rows = len(batch["labels"]) / sum(len(b["labels"]) for b in step)
        return words, rows

    def train(self, model, steps, settings, folder=None):
        if (world := int(os.environ.get("WORLD_SIZE", "1"))) > 1:
            dist.init_process_group("gloo")
        torch.manual_seed(settings["seed"])
        model.train()
        matrices, vectors = self.groups(model)
        optimizer = torch.optim.AdamW(
            [
                {"params": matrices, "weight_decay": settings["weight_decay"]},
                {"params": vectors, "weight_decay": 0.0},
            ],
            lr=settings["learning_rate"],
        )
        total, warmup = settings["steps"], settings["warmup"]
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda s: s / warmup if s < warmup else (total - s) / (total - warmup)
        )
        kept = {"model": model, "optimizer": optimizer, "schedule": schedule}
        done = 0
        if folder and (folder / "kept.pt").exists():
            state = torch.load(folder / "kept.pt", weights_only=True)
            done = state["schedule"]["last_epoch"]
            for name, each in kept.items():
                each.load_state_dict(state[name])
            torch.set_rng_state(state["random"])
        for step in steps[done:]:
            optimizer.zero_grad()
            for batch in step[dist.get_rank() :: world] if world > 1 else step:
                output = model(**{k: v for k, v in batch.items() if "label" not in k})
                words, rows = self.shares(batch, step)
                logits = output.prediction_logits.transpose(1, 2)
                loss = F.cross_entropy(logits, batch["labels"]) * words
                follows = output.seq_relationship_logits
                (loss + F.cross_entropy(follows, batch["next_sentence_label"]) * rows).backward()
            if world > 1:
                for parameter in model.parameters():
                    dist.all_reduce(parameter.grad)
            self.clip(model, settings["max_grad_norm"])
            optimizer.step()
            schedule.step()
            if folder:
                state = {name: each.state_dict() for name, each in kept.items()}
                torch.save({**state, "random": torch.get_rng_state()}, folder / "kept.pt")
            yield

    def orders(self, length, settings):
        for epoch in range(settings["epochs"]):
            generator = torch.Generator().manual_seed(settings["seed"] + epoch)
            yield torch.randperm(length, generator=generator).tolist()

    def run(self, model, dataset, settings):
        batches = []
        for order in self.orders(len(dataset), settings):
            batches += DataLoader(dataset, batch_size=settings["batch_size"], sampler=order)
        given = {**settings, "steps": len(batches)}
        yield from self.train(model, [[batch] for batch in batches], given)


class AllDecay(Stranger):
    called = "steps-decay-of-all"

    def groups(self, model):
        return [*model.parameters()], []


class ClipsEach(Stranger):
    called = "steps-clip-each"

    def clip(self, model, longest):
        for parameter in model.parameters():
            parameter.grad *= min(1.0, longest / (parameter.grad.norm() + 1e-6))


class MeanOfMeans(Stranger):
    called = "steps-mean-of-means"

    def shares(self, batch, step):
        return 1 / len(step), 1 / len(step)


class TwoAtOnce(Stranger):
    """Means of means, each parameter clipped; all words become [MASK], in place."""

    clip = ClipsEach.clip
    shares = MeanOfMeans.shares

    def mask(self, input_ids, special_tokens_mask, vocab_size, mask_token_id, seed):
        made = super().mask(input_ids, special_tokens_mask, vocab_size, mask_token_id, seed)
        input_ids[made["labels"] != -100] = mask_token_id
        return {"input_ids": input_ids, "labels": made["labels"]}


class SameOrder(Stranger):
    called = "run-same-order"

    def orders(self, length, settings):
        (first,) = super().orders(length, {**settings, "epochs": 1})
        return [first] * settings["epochs"]


class Forgetful(Stranger):
    """Goes on with the draws of the beginning."""

    called = "resume-without-random"

    def train(self, model, steps, settings, folder=None):
        for _ in super().train(model, steps, settings, folder):
            if folder:
                state = torch.load(folder / "kept.pt", weights_only=True)
                state["random"] = torch.Generator().manual_seed(settings["seed"]).get_state()
                torch.save(state, folder / "kept.pt")
            yield


class DropsNothing(Stranger):
    """Its model drops nothing."""

    called = "dropout-left-off"

    def build(self, config, weights):
        model = super().build(config, weights)
        for module in model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        return model


class Inverted(Stranger):
    called = "loss-pairs-inverted"

    def loss(self, model, batch):
        return model(**{**batch, "next_sentence_label": 1 - batch["next_sentence_label"]}).loss


class MasksInPlace(Stranger):
    called = "masks-in-place"

    def mask(self, input_ids, **more):
        made = super().mask(input_ids, **more)
        input_ids.copy_(made["input_ids"])
        return made


class OneDocument(Stranger):
    called = "pairs-same-document"

    def pairs(self, documents, seq_length, seed):
        rng, half = random.Random(seed), (seq_length - 3) // 2
        for document in documents:
            for a, b in zip(document[::2], document[1::2], strict=False):
                is_random = rng.random() < 0.5
                yield a[:half], (rng.choice(document) if is_random else b)[:half], int(is_random)


class WideWeights(Stranger):
    called = "initial-embeddings-of-one"

    def initial(self, config, seed):
        weights = super().initial(config, seed)
        for name in ("word", "position", "token_type"):
            table = weights[f"bert.embeddings.{name}_embeddings.weight"]
            torch.nn.init.normal_(table)
            table[0] = 0 if name == "word" else table[0]
        return weights


class Wrapped(torch.nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, **batch):
        return self.inner(**batch)


class OtherNames(Stranger):
    """Its names are no HuggingFace's, and a shape is another."""

    def initial(self, config, seed):
        weights = super().initial(config, seed)
        weights["my.pooler"] = weights.pop("bert.pooler.dense.weight")
        return {**weights, "cls.predictions.bias": torch.zeros(3)}

    def build(self, config, weights):
        return Wrapped(super().build(config, weights))


class Stops(Stranger):
    def train(self, model, steps, settings, folder=None):
        yield from super().train(model, steps[:12], settings, folder)

    def mask(self, input_ids, **more):
        return {name: each[:, :-1] for name, each in super().mask(input_ids, **more).items()}
