"""A small BERT that knows the example sets' words, and small parts of those sets."""

import json
import os
import re
import signal
from collections import Counter
from pathlib import Path

import torch

from scratch_bert import BertConfig, BertModel, BertTokenizer
from scratch_bert.finetuning.tasks.registry import TASKS, examples_of
from scratch_bert.tokenization.files.settings import TokenizerSettings
from scratch_bert.training.run.curves import Curves
from tests.models import TINY, adversarial_

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def write_learner(folder: Path, **config) -> None:
    """Write its checkpoint, with a tokenizer: words that are frequent, and letters for others."""
    texts = " ".join(examples_of(known).read_text() for known in TASKS.values()).lower()
    words = re.findall(r"[a-z]+|[^\sa-z]", texts)
    known = sorted(word for word, times in Counter(words).items() if times > 4 or len(word) == 1)
    pieces = [f"##{letter}" for letter in sorted(set("".join(words)))]
    letters = sorted({*"".join(words)} - {*known})
    vocabulary = {word: i for i, word in enumerate([*SPECIAL, *known, *letters, *pieces])}
    BertTokenizer(TokenizerSettings(vocabulary)).save_pretrained(folder)
    sizes = {**TINY, "vocab_size": len(vocabulary), "max_position_embeddings": 128, **config}
    adversarial_(BertModel(BertConfig(**sizes))).save_pretrained(folder)


def cut(task: str, rows: int, folder: Path) -> Path:
    """Write the first rows of a task's example set."""
    source = examples_of(TASKS[task])
    text, place = source.read_text(), folder / source.name
    if task == "answer":
        data = json.loads(text)
        paragraphs = data["data"][0]["paragraphs"]
        data["data"][0]["paragraphs"] = paragraphs[: -(-rows // 4)]
        place.write_text(json.dumps(data))
    elif task == "tag":
        place.write_text("\n\n".join(text.split("\n\n")[:rows]))
    else:
        lines = text.splitlines(keepends=True)
        place.write_text("".join(lines[: rows + (source.suffix == ".csv")]))
    return place


def parameters(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return dict(model.named_parameters())


def stop_once(monkeypatch, step) -> None:
    """Terminate this process as a user does, once, when a training has taken so many steps."""
    add, stopped = Curves.add, []

    def stop(curves, done, held_out):
        add(curves, done, held_out)
        if done.step == step and not stopped:
            stopped.append(os.kill(os.getpid(), signal.SIGTERM))

    monkeypatch.setattr(Curves, "add", stop)
