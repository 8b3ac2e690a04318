"""`finetune` ends with the parameters of HuggingFace's Trainer, bit for bit."""

import os

import pytest
import torch
import torch.nn.functional as F
import transformers
from transformers import AutoTokenizer, Trainer, TrainingArguments, set_seed
from transformers.data.data_collator import (
    DataCollatorForMultipleChoice,
    DataCollatorForTokenClassification,
    DataCollatorWithPadding,
)

from scratch_bert.finetuning.run.finetune import finetune
from scratch_bert.finetuning.run.recipe import Recipe
from scratch_bert.finetuning.tables.source import Source
from scratch_bert.finetuning.tables.split import read_split
from scratch_bert.finetuning.tasks.registry import TASKS
from scratch_bert.finetuning.tasks.task import Lengths
from tests.learner import cut, parameters, write_learner
from tests.reference.sides import TINY

ROWS, SEED, EPOCHS, BATCH = 26, 5, 2, 4
LENGTHS = Lengths(48, 12)  # texts of questions become several windows


@pytest.fixture(autouse=True)
def _no_mixed_precision():
    """4.57 goes on with an earlier one's."""
    yield
    os.environ.pop("ACCELERATE_MIXED_PRECISION", None)


@pytest.fixture(scope="module")
def learner(once):
    return once("learner", lambda place: write_learner(place, hidden_size=TINY["hidden_size"]))


def texts(tokenizer, items):
    return tokenizer([item.text for item in items], truncation=True, max_length=LENGTHS.max_length)


def classes(tokenizer, task, items):
    return {**texts(tokenizer, items), "labels": [task.labels.index(item.label) for item in items]}


def several(tokenizer, task, items):
    there = [[float(name in item.label) for name in task.labels] for item in items]
    return {**texts(tokenizer, items), "labels": there}


def numbers(tokenizer, task, items):
    return {**texts(tokenizer, items), "labels": [item.label for item in items]}


def choices(tokenizer, task, items):
    """As run_swag.py tokenizes each choice beside its text, and puts them together again."""
    firsts = [item.text for item in items for _ in item.choices]
    seconds = [choice for item in items for choice in item.choices]
    encoded = tokenizer(firsts, seconds, truncation=True, max_length=LENGTHS.max_length)
    each = len(items[0].choices)
    grouped = {
        name: [column[at : at + each] for at in range(0, len(column), each)]
        for name, column in encoded.items()
    }
    return {**grouped, "labels": [item.label for item in items]}


def words(tokenizer, task, items):
    """As run_ner.py aligns words and pieces."""
    encoded = tokenizer(
        [list(item.tokens) for item in items],
        is_split_into_words=True,
        truncation=True,
        max_length=LENGTHS.max_length,
    )
    every = []
    for number, item in enumerate(items):
        before, labels = None, []
        for word in encoded.word_ids(number):
            is_first = word is not None and word != before
            labels.append(task.labels.index(item.tags[word]) if is_first else -100)
            before = word
        every.append(labels)
    return {**encoded, "labels": every}


def windows(tokenizer, task, items):
    """As run_qa.py finds an answer's tokens."""
    encoded = tokenizer(
        [item.question for item in items],
        [item.context for item in items],
        truncation="only_second",
        max_length=LENGTHS.max_length,
        stride=LENGTHS.stride,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )
    samples, offsets = encoded.pop("overflow_to_sample_mapping"), encoded.pop("offset_mapping")
    found = []
    for number, (sample, spans) in enumerate(zip(samples, offsets, strict=True)):
        item, of = items[sample], encoded.sequence_ids(number)
        begin, end = item.starts[0], item.starts[0] + len(item.answers[0])
        first, last = of.index(1), len(of) - 1 - of[::-1].index(1)
        if spans[first][0] > begin or spans[last][1] < end:
            found.append((0, 0))
            continue
        while first < len(spans) and of[first] == 1 and spans[first][0] <= begin:
            first += 1
        while spans[last][1] >= end and of[last] == 1:
            last -= 1
        found.append((first - 1, last + 1))
    assert len(found) > len(items)
    assert (0, 0) in found
    starts, ends = zip(*found, strict=True)
    return {**encoded, "start_positions": starts, "end_positions": ends, "labels": found}


def per_label(output, labels, num_items_in_batch):
    """What mends the Trainer's loss under accumulation: all labels of a step count the same."""
    lost = F.cross_entropy(output.logits.flatten(0, -2), labels.flatten(), reduction="sum")
    return lost / num_items_in_batch


def per_binary(output, labels, num_items_in_batch):
    """The same of labels that are there or not, each of which counts."""
    share = labels.numel() / int(num_items_in_batch)
    return F.binary_cross_entropy_with_logits(output.logits, labels) * share


def per_number(output, labels, num_items_in_batch):
    """The same of numbers."""
    return F.mse_loss(output.logits.squeeze(-1), labels, reduction="sum") / num_items_in_batch


def per_window(output, labels, num_items_in_batch):
    """The same of questions, of which each has two labels."""
    number = num_items_in_batch // 2
    first, last = (
        F.cross_entropy(scores, labels[:, side], reduction="sum") / number
        for side, scores in enumerate((output.start_logits, output.end_logits))
    )
    return (first + last) / 2


KINDS = {
    "classify": ("BertForSequenceClassification", classes, DataCollatorWithPadding, per_label),
    "multi-label": ("BertForSequenceClassification", several, DataCollatorWithPadding, per_binary),
    "regress": ("BertForSequenceClassification", numbers, DataCollatorWithPadding, per_number),
    "tag": ("BertForTokenClassification", words, DataCollatorForTokenClassification, per_label),
    "answer": ("BertForQuestionAnswering", windows, DataCollatorWithPadding, per_window),
    "choose": ("BertForMultipleChoice", choices, DataCollatorForMultipleChoice, per_label),
}


def their_training(name, split, learner, folder, attention, accumulation, bf16):
    head, encode, collator, mended = KINDS[name]
    tokenizer = AutoTokenizer.from_pretrained(learner)
    columns = encode(tokenizer, split.task, split.train)
    if name == "answer":
        del columns["labels" if accumulation == 1 else "start_positions"]
        if accumulation > 1:
            del columns["end_positions"]
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    labels = {"num_labels": len(split.task.labels)} if split.task.labels else {}
    if name in ("multi-label", "regress"):
        labels["problem_type"] = split.task.config()["problem_type"]
    set_seed(SEED)
    model = getattr(transformers, head).from_pretrained(
        learner, attn_implementation=attention, **labels
    )
    arguments = TrainingArguments(
        output_dir=folder,
        num_train_epochs=EPOCHS,
        per_device_train_batch_size=BATCH,
        gradient_accumulation_steps=accumulation,
        learning_rate=1e-3,
        warmup_steps=3,
        weight_decay=0.01,
        bf16=bf16,
        seed=SEED,
        logging_steps=1,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        use_cpu=True,
        remove_unused_columns=False,
    )
    loss, collate = {"compute_loss_func": mended} if accumulation > 1 else {}, collator(tokenizer)
    trainer = Trainer(
        model=model,
        args=arguments,
        train_dataset=rows,
        data_collator=lambda some: collate([*map(dict, some)]),  # 4.57 takes their labels out
        **loss,
    )
    trainer.train()
    return model, trainer.state.global_step


CASES = [(name, *way, False) for name in KINDS for way in (("eager", 1), ("sdpa", 2))]


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("name", "attention", "accumulation", "bf16"), [*CASES, ("classify", "sdpa", 1, True)]
)
def test_two_epochs(name, attention, accumulation, bf16, learner, tmp_path, capsys):
    source = Source([cut(name, ROWS, tmp_path)], columns=TASKS[name].columns)
    split = read_split(name, source, SEED, print)
    theirs, steps = their_training(name, split, learner, tmp_path, attention, accumulation, bf16)
    recipe = Recipe(
        epochs=EPOCHS,
        batch_size=BATCH,
        accumulation=accumulation,
        learning_rate=1e-3,
        warmup=3 / steps,
        weight_decay=0.01,
        bf16=bf16,
        seed=SEED,
        attention=attention,
    )
    options = {"lengths": LENGTHS, "keep": 1, "device": "cpu", "tensorboard": False}
    assert finetune(tmp_path / "made", name, source, str(learner), recipe, **options)
    assert len((tmp_path / "made" / "curves.jsonl").read_text().splitlines()) == steps
    ours = parameters(TASKS[name].kind.HEAD.from_pretrained(tmp_path / "made" / "model"))
    right = parameters(theirs)
    assert ours.keys() == right.keys()
    assert [each for each in right if not torch.equal(ours[each], right[each])] == []
    loaded = type(theirs).from_pretrained(tmp_path / "made" / "model")
    assert [n for n, p in loaded.named_parameters() if not torch.equal(p, right[n])] == []
    if split.task.labels:
        assert loaded.config.id2label == dict(enumerate(split.task.labels))
