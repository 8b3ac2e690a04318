"""Inference as other people write it, around HuggingFace's model: right, and with mistakes.

All texts of a call are one padded batch.
"""

import json
from typing import ClassVar

import numpy as np
import torch

from parity import reference


def loaded(kind, folder):
    return reference.load(kind, folder, attention="eager"), reference.tokenizer(folder)


class Stranger:
    """Everything, in the way of a tutorial."""

    def batch(self, tokenizer, texts, pairs=None, **options):
        options = {"truncation": True, "padding": True, "return_tensors": "pt", **options}
        return tokenizer(texts, pairs, **options)

    @torch.no_grad()
    def forward(self, model, batch):
        names = ("input_ids", "token_type_ids", "attention_mask")
        return model(**{name: batch[name] for name in names})

    def logits(self, model, tokenizer, texts, pairs):
        if pairs is None:
            return self.forward(model, self.batch(tokenizer, texts)).logits
        rows = [
            tokenizer(text, pair or None, truncation=True)
            for text, pair in zip(texts, pairs, strict=True)
        ]
        return self.forward(model, tokenizer.pad(rows, return_tensors="pt")).logits

    def probabilities(self, model, logits):
        if model.config.problem_type == "regression":
            return logits
        if model.config.problem_type or model.config.num_labels == 1:
            return logits.sigmoid()
        return logits.softmax(-1)

    def classify(self, folder, texts, pairs, top_k):
        model, tokenizer = loaded("BertForSequenceClassification", folder)
        logits = self.logits(model, tokenizer, texts, pairs)
        found = []
        for scores in self.probabilities(model, logits):
            values, order = scores.sort(descending=True, stable=True)
            labels = [model.config.id2label[i] for i in order.tolist()]
            pairs_of = zip(labels, values.tolist(), strict=True)
            found.append([{"label": label, "score": score} for label, score in pairs_of][:top_k])
        return found

    def next_sentence(self, folder, texts, pairs):
        model, tokenizer = loaded("BertForNextSentencePrediction", folder)
        shares = self.forward(model, self.batch(tokenizer, texts, pairs)).logits.softmax(-1)
        names = ["IsNext", "NotNext"]
        return [{"label": names[row.argmax()], "score": row.max()} for row in shares]

    def fill_mask(self, folder, texts, top_k, targets):
        model, tokenizer = loaded("BertForMaskedLM", folder)
        batch = self.batch(tokenizer, texts)
        shares = self.forward(model, batch).logits.softmax(-1)
        chosen = list(range(shares.shape[-1]))
        if targets:
            chosen = sorted({self.target(tokenizer, target) for target in targets})
        found = []
        for ids, scores in zip(batch["input_ids"], shares, strict=True):
            masks = (ids == tokenizer.mask_token_id).nonzero().flatten().tolist()
            lists = []
            for mask in masks:
                of_mask = scores[mask, chosen]
                best = of_mask.argsort(descending=True)[:top_k].tolist()
                lists.append([])
                for i in best:
                    filled = ids.clone()
                    filled[mask] = chosen[i]
                    text = tokenizer.decode(
                        filled[filled != tokenizer.pad_token_id],
                        skip_special_tokens=len(masks) == 1,
                    )
                    word = tokenizer.decode([chosen[i]])
                    lists[-1].append(
                        {
                            "score": of_mask[i],
                            "token": chosen[i],
                            "token_str": word,
                            "sequence": text,
                        }
                    )
            found.append(lists if len(masks) > 1 else lists[0])
        return found

    def target(self, tokenizer, word):
        known = tokenizer.get_vocab()
        return known[word] if word in known else known[tokenizer.tokenize(word)[0]]

    def embed(self, folder, texts, pooling, normalize):
        model, tokenizer = loaded("BertModel", folder)
        longest = json.loads((folder / "sentence_bert_config.json").read_text())["max_seq_length"]
        batch = self.batch(tokenizer, texts, max_length=longest)
        vectors = self.pool(self.forward(model, batch)[0], batch["attention_mask"], pooling)
        return torch.nn.functional.normalize(vectors, dim=1) if normalize else vectors

    def pool(self, states, mask, pooling):
        if pooling == "cls":
            return states[:, 0]
        return (states * mask.unsqueeze(-1)).sum(1) / mask.sum(1, keepdim=True)

    def tag(self, folder, texts, aggregation, ignore_labels):
        model, tokenizer = loaded("BertForTokenClassification", folder)
        options = {"return_offsets_mapping": True, "return_special_tokens_mask": True}
        batch = self.batch(tokenizer, texts, **options)
        shares = self.forward(model, batch).logits.softmax(-1).numpy()
        rows = zip(texts, batch["input_ids"], batch["offset_mapping"], shares, strict=True)
        found = []
        for (text, ids, offsets, scores), special in zip(
            rows, batch["special_tokens_mask"], strict=True
        ):
            tokens = []
            for i in (special == 0).nonzero().flatten().tolist():
                start, end = offsets[i].tolist()
                word = tokenizer.convert_ids_to_tokens(ids[i].item())
                inside = len(word) != end - start
                if word == "[UNK]":
                    word, inside = text[start:end], False
                tokens.append([word, scores[i], start, end, inside, i])
            found.append(self.entities(model, tokenizer, tokens, aggregation, ignore_labels))
        return found

    def entities(self, model, tokenizer, tokens, aggregation, ignored):
        names = model.config.id2label
        if aggregation == "none":
            made = [
                {
                    "entity": names[s.argmax()],
                    "score": s.max(),
                    "index": i,
                    "word": word,
                    "start": start,
                    "end": end,
                }
                for word, s, start, end, _, i in tokens
            ]
            return [each for each in made if each["entity"] not in ignored]
        if aggregation != "simple":
            words = []
            for token in tokens:
                if token[4] and words:
                    words[-1].append(token)
                else:
                    words.append([token])
            tokens = [
                [
                    tokenizer.convert_tokens_to_string([token[0] for token in word]),
                    self.of_word(np.array([token[1] for token in word]), aggregation),
                    word[0][2],
                    word[-1][3],
                ]
                for word in words
            ]
        groups, last = [], None
        for token in tokens:
            prefix, _, kind = names[token[1].argmax()].rpartition("-")
            if kind == last and prefix != "B":
                groups[-1].append(token)
            else:
                groups.append([token])
            last = kind
        made = [
            {
                "entity_group": names[group[0][1].argmax()].rpartition("-")[2],
                "score": sum(token[1].max() for token in group) / len(group),
                "word": tokenizer.convert_tokens_to_string([token[0] for token in group]),
                "start": group[0][2],
                "end": group[-1][3],
            }
            for group in groups
        ]
        return [each for each in made if each["entity_group"] not in ignored]

    def of_word(self, scores, aggregation):
        if aggregation == "first":
            return scores[0]
        if aggregation == "average":
            return scores.mean(0)
        return scores[scores.max(1).argmax()]

    windows: ClassVar = {}

    def answer(self, folder, questions, contexts, n_best, max_answer_length, **given):
        threshold = given["null_threshold"]
        model, tokenizer = loaded("BertForQuestionAnswering", folder)
        found = []
        for question, context in zip(questions, contexts, strict=True):
            batch = self.batch(
                tokenizer,
                [question],
                [context],
                truncation="only_second",
                max_length=given["max_length"],
                stride=given["stride"],
                return_overflowing_tokens=True,
                return_offsets_mapping=True,
                **self.windows,
            )
            output = self.forward(model, batch)
            if not self.windows:
                for logits in (output.start_logits, output.end_logits):
                    logits[batch["attention_mask"] == 0] = -1e9
            possible, nulls = [], []
            for i, offsets in enumerate(batch["offset_mapping"].tolist()):
                starts, ends = output.start_logits[i], output.end_logits[i]
                nulls.append((starts[0] + ends[0]).item())
                is_context = [text == 1 for text in batch.sequence_ids(i)]
                top = (starts.argsort(descending=True)[:n_best], ends.argsort(descending=True))
                for s in top[0].tolist():
                    for e in top[1][:n_best].tolist():
                        if is_context[s] and is_context[e] and s <= e < s + max_answer_length:
                            score = (starts[s] + ends[e]).item()
                            possible.append((score, offsets[s][0], offsets[e][1]))
            null = (self.null(nulls), 0, 0)
            if threshold is not None:
                possible.append(null)
            possible = sorted(possible, key=lambda each: -each[0])[:n_best]
            if threshold is not None and null not in possible:
                possible.append(null)
            if not possible:
                found.append([(1.0, 0, 0, "")])
                continue
            shares = torch.tensor([each[0] for each in possible]).softmax(0).tolist()
            told = [
                (share, start, end, context[start:end])
                for share, (_, start, end) in zip(shares, possible, strict=True)
            ]
            best = next((i for i, each in enumerate(told) if each[3]), None)
            if threshold is not None and best is not None:
                if null[0] - possible[best][0] > threshold:
                    best = possible.index(null)
                told.insert(0, told.pop(best))
            found.append(told)
        names = ("score", "start", "end", "answer")
        return [[dict(zip(names, each, strict=True)) for each in row] for row in found]

    def null(self, scores):
        return min(scores)


class AlwaysSoftmax(Stranger):
    called = "classes-softmax-always"

    def logits(self, model, tokenizer, texts, pairs):
        if pairs is None or all(pairs):
            return self.forward(model, self.batch(tokenizer, texts, pairs)).logits
        one_by_one = [
            self.forward(model, self.batch(tokenizer, [text], [pair] if pair else None)).logits
            for text, pair in zip(texts, pairs, strict=True)
        ]
        return torch.cat(one_by_one)

    def probabilities(self, model, logits):
        return logits.softmax(-1)


class EmptyPair(Stranger):
    called = "classes-pair-empty"

    def logits(self, model, tokenizer, texts, pairs):
        return self.forward(model, self.batch(tokenizer, texts, pairs)).logits


class NoMask(Stranger):
    called = "classes-without-mask"

    def forward(self, model, batch):
        with torch.no_grad():
            return model(batch["input_ids"], token_type_ids=batch["token_type_ids"])


class NoTypes(Stranger):
    called = "next-types-zero"

    def forward(self, model, batch):
        with torch.no_grad():
            return model(batch["input_ids"], batch["attention_mask"])


class CountsPadding(Stranger):
    called = "embed-padding-counted"

    def pool(self, states, mask, pooling):
        return states.mean(1) if pooling == "mean" else states[:, 0]


class LastPiece(Stranger):
    called = "tags-first-is-last"

    def of_word(self, scores, aggregation):
        return scores[-1] if aggregation == "first" else super().of_word(scores, aggregation)


class AsTheScript(Stranger):
    called = "answers-padding-counted"
    windows: ClassVar = {"padding": "max_length"}


class BestNull(Stranger):
    called = "answers-null-of-best"

    def null(self, scores):
        return max(scores)


class TokenizesTargets(Stranger):
    called = "fill-target-tokenized"

    def target(self, tokenizer, word):
        return tokenizer.encode(word, add_special_tokens=False)[0]


class FirstMask(Stranger):
    called = "fill-first-mask-alone"

    def fill_mask(self, folder, texts, top_k, targets):
        found = super().fill_mask(folder, texts, top_k, targets)
        return [row[0] if isinstance(row[0], list) else row for row in found]


class TwoAtOnce(Stranger):
    """The second text has no types, and its score is always the first's."""

    forward = NoTypes.forward

    def next_sentence(self, folder, texts, pairs):
        found = super().next_sentence(folder, texts, pairs)
        return [
            {**row, "score": row["score"] if row["label"] == "IsNext" else 1 - row["score"]}
            for row in found
        ]


class Unheard(Stranger):
    """A mistake that nobody knows: the second best class; the model's scores are right."""

    def classify(self, folder, texts, pairs, top_k):
        found = super().classify(folder, texts, pairs, None)
        return [row[1:top_k] + row[:1] if len(row) > 1 else row for row in found]


class Warm(Stranger):
    """Other scores, in the same order."""

    def forward(self, model, batch):
        output = super().forward(model, batch)
        if "logits" in output:
            output.logits = output.logits / 1.01
        return output
