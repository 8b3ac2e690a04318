"""Fine-tunings as other people write them: one that is right, and some with a mistake by hand.

BERT's layers and tokenizer are scratch_bert's; heads, labels and loop are nobody's else.
"""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader

from scratch_bert import BertConfig, BertModel, BertTokenizer


class Classifier(nn.Module):
    """A head on BERT, in the way of a tutorial."""

    def __init__(self, task, config):
        super().__init__()
        self.task, self.config = task, config
        whole = task in ("tag", "answer")
        self.bert = BertModel(config, add_pooling_layer=not whole)
        rate = config.classifier_dropout
        self.dropout = nn.Dropout(config.hidden_dropout_prob if rate is None else rate)
        if task == "answer":
            self.qa_outputs = nn.Linear(config.hidden_size, 2)
        else:
            outputs = 1 if task == "choose" else config.num_labels
            self.classifier = nn.Linear(config.hidden_size, outputs)

    def forward(self, input_ids, attention_mask, token_type_ids):
        output = self.bert(
            input_ids.flatten(0, -2),
            attention_mask=attention_mask.flatten(0, -2),
            token_type_ids=token_type_ids.flatten(0, -2),
            attention="sdpa",
        )
        if self.task == "answer":
            return self.qa_outputs(output.last_hidden_state)
        if self.task == "tag":
            return self.classifier(self.dropout(output.last_hidden_state))
        logits = self.classifier(self.dropout(self.pool(output)))
        return logits.reshape(len(input_ids), -1) if self.task == "choose" else logits

    def pool(self, output):
        return output.pooler_output


class Stranger:
    """Everything."""

    model = Classifier

    def build(self, task, config, weights):
        model = self.model(task, BertConfig(**config))
        model.load_state_dict(weights)
        return model

    def logits(self, model, batch):
        return model(*(batch[n] for n in ("input_ids", "attention_mask", "token_type_ids")))

    def loss(self, task, model, batch):
        logits = self.logits(model, batch)
        if task == "answer":
            return self.answer_loss(logits, batch["start_positions"], batch["end_positions"])
        return getattr(self, f"{task.replace('-', '_')}_loss")(logits, batch["labels"])

    def classify_loss(self, logits, labels):
        return -logits.log_softmax(-1)[torch.arange(len(labels)), labels].mean()

    choose_loss = classify_loss

    def multi_label_loss(self, logits, labels):
        p = logits.sigmoid()
        return -(labels * p.log() + (1 - labels) * (1 - p).log()).mean()

    def regress_loss(self, logits, labels):
        return ((logits.reshape(labels.shape) - labels) ** 2).mean()

    def tag_loss(self, logits, labels):
        there = labels != -100
        return F.cross_entropy(logits[there], labels[there])

    def answer_loss(self, logits, starts, ends):
        def one(scores, labels):
            inside = labels < scores.shape[1]
            return F.cross_entropy(scores[inside], labels[inside])

        return (one(logits[..., 0], starts) + one(logits[..., 1], ends)) / 2

    def align(self, folder, sentences, tags, labels, max_length):
        tokenizer, rows = BertTokenizer.from_pretrained(folder), []
        for words, own in zip(sentences, tags, strict=True):
            pieces, marks = [], []
            for word, tag in zip(words, own, strict=True):
                new = tokenizer(word, add_special_tokens=False)["input_ids"]
                pieces += new
                marks += self.of_word(tag, len(new), labels)
            room = max_length - 2
            ids = [tokenizer.cls_token_id, *pieces[:room], tokenizer.sep_token_id]
            rows.append({"input_ids": ids, "labels": [-100, *marks[:room], -100]})
        return rows

    def of_word(self, tag, number, labels):
        return [labels.index(tag), *[-100] * (number - 1)] if number else []

    def windows(self, folder, questions, contexts, answers, max_length, stride):
        tokenizer = BertTokenizer.from_pretrained(folder)
        cls, sep = tokenizer.cls_token_id, tokenizer.sep_token_id
        for question, context, answer in zip(questions, contexts, answers, strict=True):
            asked = tokenizer(question, add_special_tokens=False)["input_ids"]
            made = tokenizer(context, add_special_tokens=False, return_offsets_mapping=True)
            text, offsets = made["input_ids"], made["offset_mapping"]
            room, before, at = max_length - len(asked) - 3, len(asked) + 2, 0
            while True:
                part = text[at : at + room]
                ends = self.ends(answer, offsets[at : at + room])
                yield {
                    "input_ids": torch.tensor([cls, *asked, sep, *part, sep]),
                    "token_type_ids": [0] * before + [1] * (len(part) + 1),
                    "start_positions": 0 if ends is None else ends[0] + before,
                    "end_positions": 0 if ends is None else ends[1] + before,
                }
                if at + room >= len(text):
                    break
                at += room - stride

    def ends(self, answer, offsets):
        if answer is None:
            return None
        begin, end = answer[0], answer[0] + len(answer[1])
        if offsets[0][0] > begin or offsets[-1][1] < end:
            return None
        first = max(i for i, (start, _) in enumerate(offsets) if start <= begin)
        return first, min(i for i, (_, stop) in enumerate(offsets) if stop >= end)

    def weight(self, task, batch, step):
        """A batch's share of its step."""

        def labels(each):
            if task == "answer":
                return len(each["start_positions"])
            return (each["labels"] != -100).sum()

        return labels(batch) / sum(labels(each) for each in step)

    def learns(self, model):
        return [*model.named_parameters()]

    def run(self, task, model, dataset, settings):
        torch.manual_seed(settings["seed"])
        self.begin(model)
        steps = []
        for epoch in range(settings["epochs"]):
            generator = torch.Generator().manual_seed(settings["seed"] + epoch)
            order = torch.randperm(len(dataset), generator=generator).tolist()
            batches = [*DataLoader(dataset, settings["batch_size"], sampler=order)]
            number = settings["accumulation"]
            steps += [batches[i : i + number] for i in range(0, len(batches), number)]
        named, decay = self.learns(model), settings["weight_decay"]
        groups = [
            {"params": [p for n, p in named if p.dim() > 1], "weight_decay": decay},
            {"params": [p for n, p in named if p.dim() == 1], "weight_decay": 0.0},
        ]
        optimizer = torch.optim.AdamW(groups, lr=settings["learning_rate"])
        total, warmup = len(steps), settings["warmup"]
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda s: s / warmup if s < warmup else (total - s) / (total - warmup)
        )
        for step in steps:
            optimizer.zero_grad()
            for batch in step:
                (self.loss(task, model, batch) * self.weight(task, batch, step)).backward()
            nn.utils.clip_grad_norm_(model.parameters(), settings["max_grad_norm"])
            optimizer.step()
            schedule.step()
            yield

    def begin(self, model):
        model.train()


class MeanPooling(Classifier):
    def pool(self, output):
        return output.last_hidden_state.mean(1)


class Means(Stranger):
    called = "classify-mean-with-padding"
    model = MeanPooling


class Softmax(Stranger):
    called = "multi-label-softmax"

    def multi_label_loss(self, logits, labels):
        return nn.CrossEntropyLoss()(logits, labels)


class Broadcasts(Stranger):
    called = "regress-broadcast"

    def regress_loss(self, logits, labels):
        return ((logits - labels) ** 2).mean()


class CountsAll(Stranger):
    called = "tag-every-token-counted"

    def tag_loss(self, logits, labels):
        losses = F.cross_entropy(logits.transpose(1, 2), labels, reduction="none")
        return losses.mean()


class Clamps(Stranger):
    called = "answer-outside-as-last"

    def answer_loss(self, logits, starts, ends):
        last = logits.shape[1] - 1
        return super().answer_loss(logits, starts.clamp(max=last), ends.clamp(max=last))


class OverTheBatch(Stranger):
    called = "choose-over-the-batch"

    def choose_loss(self, logits, labels):
        return -logits.log_softmax(0)[torch.arange(len(labels)), labels].mean()


class DropsNothing(Stranger):
    """In one of its heads."""

    called = "head-dropout-missing"

    def build(self, task, config, weights):
        model = super().build(task, config, weights)
        if task == "choose":
            model.dropout.p = 0.0
        return model


class AllPieces(Stranger):
    called = "align-every-piece"

    def of_word(self, tag, number, labels):
        return [labels.index(tag)] * number


class PartsOfAnswers(Stranger):
    called = "windows-in-part"

    def ends(self, answer, offsets):
        if answer is None:
            return None
        begin, end = answer[0], answer[0] + len(answer[1])
        inside = [i for i, (a, b) in enumerate(offsets) if a < end and b > begin]
        return (inside[0], inside[-1]) if inside else None


class HeadOnly(Stranger):
    called = "finetune-head-only"

    def learns(self, model):
        model.bert.requires_grad_(False)
        return [(n, p) for n, p in model.named_parameters() if p.requires_grad]


class StaysInEvaluation(Stranger):
    called = "finetune-dropout-left-off"

    def begin(self, model):
        model.eval()


class MeansOfMeans(Stranger):
    called = "accumulate-mean-of-means"

    def weight(self, task, batch, step):
        return 1 / len(step)


class TwoAtOnce(Stranger):
    """All pieces are labeled, and [CLS] and [SEP]; a loss of one's own."""

    of_word = AllPieces.of_word

    def align(self, folder, sentences, tags, labels, max_length):
        made = super().align(folder, sentences, tags, labels, max_length)
        for row in made:
            row["labels"][0] = row["labels"][-1] = 0
        return made

    def tag_loss(self, logits, labels):
        return super().tag_loss(logits, labels) * 3


class Wrapped(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, *given):
        return self.inner(*given)


class OtherNames(Stranger):
    """No name is HuggingFace's, and something is missing in what it returns."""

    def build(self, task, config, weights):
        return Wrapped(super().build(task, config, weights))

    def align(self, *given, **named):
        first, *rest = super().align(*given, **named)
        return [{**first, "word_ids": [None]}, *({"labels": row["labels"][:-1]} for row in rest)]

    def begin(self, model):
        model.train()
