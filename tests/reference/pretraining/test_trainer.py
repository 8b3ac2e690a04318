"""A whole training ends with the parameters of HuggingFace's Trainer, bit for bit."""

import os

import pytest
import torch
import torch.nn.functional as F
from transformers import Trainer, TrainingArguments, set_seed

from scratch_bert.pretraining.objective import Pretraining
from scratch_bert.training.loop import Training
from scratch_bert.training.run.settings import Settings
from tests.batches import batch_of
from tests.reference.sides import pair

EXAMPLES, BATCH, EPOCHS, SEED = 23, 4, 2, 7  # the last batch of an epoch is smaller
ROUNDED = 5.1e-5  # 4.57 logs four decimals of a loss


class Examples(torch.utils.data.Dataset):
    """Of one length, for either side; words are hidden already."""

    def __init__(self, head):
        self.rows = batch_of([4 + number % 9 for number in range(EXAMPLES)])
        if head == "BertForMaskedLM":
            del self.rows["next_sentence_label"]

    def __len__(self):
        return EXAMPLES

    def __getitem__(self, number):
        return {name: rows[number] for name, rows in self.rows.items()}

    def batch(self, numbers, epoch):
        return {name: rows[list(numbers)] for name, rows in self.rows.items()}


def per_hidden_word(output, labels, num_items_in_batch):
    """What mends the Trainer's loss under accumulation: all words of a step count the same.

    BERT's own would divide by those of each batch, and by no number of batches.
    """
    lost = F.cross_entropy(output.logits.flatten(0, -2), labels.flatten(), reduction="sum")
    return lost / num_items_in_batch


def their_training(model, examples, folder, options, accumulation=1):
    os.environ.pop("ACCELERATE_MIXED_PRECISION", None)  # 4.57 goes on with an earlier one's
    arguments = TrainingArguments(
        output_dir=folder,
        num_train_epochs=EPOCHS,
        per_device_train_batch_size=BATCH,
        gradient_accumulation_steps=accumulation,
        learning_rate=1e-3,
        warmup_steps=3,
        weight_decay=0.01,
        bf16=options["bf16"],
        optim="adamw_torch_fused" if options["fused"] else "adamw_torch",
        seed=SEED,
        logging_steps=1,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        use_cpu=True,
    )
    mended = {"compute_loss_func": per_hidden_word} if accumulation > 1 else {}
    trainer = Trainer(model=model, args=arguments, train_dataset=examples, **mended)
    trainer.train()
    return [log for log in trainer.state.log_history if "grad_norm" in log]


def our_training(model, examples, attention, options, accumulation=1):
    settings = Settings(
        steps=EPOCHS * -(-EXAMPLES // (BATCH * accumulation)),
        batch_size=BATCH,
        accumulation=accumulation,
        learning_rate=1e-3,
        warmup=3,
        weight_decay=0.01,
        seed=SEED,
        **options,
    )
    set_seed(SEED)
    return [*Training(model, examples, Pretraining(attention), settings)]


def assert_same(done, logs, ours, theirs):
    assert len(done) == len(logs)
    assert [each.gradient_norm for each in done] == [log["grad_norm"] for log in logs]
    assert [each.learning_rate for each in done] == [log["learning_rate"] for log in logs]
    parameters = dict(theirs.named_parameters())
    differ = [n for n, p in ours.named_parameters() if not torch.equal(p, parameters[n])]
    assert differ == []


@pytest.mark.sample(1)
@pytest.mark.parametrize("fused", [False, True], ids=["foreach", "fused"])
@pytest.mark.parametrize("bf16", [False, True], ids=["float32", "bf16"])
@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_two_epochs(attention, bf16, fused, tmp_path, capsys):
    ours, theirs = pair("BertForPreTraining", attention)
    examples, options = Examples("BertForPreTraining"), {"bf16": bf16, "fused": fused}
    logs = their_training(theirs, examples, tmp_path, options)
    done = our_training(ours, examples, attention, options)
    assert_same(done, logs, ours, theirs)
    losses = [float(log["loss"]) for log in logs]
    assert [each.loss for each in done] == pytest.approx(losses, abs=ROUNDED)


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_two_epochs_of_two_batches_a_step(attention, tmp_path, capsys):
    ours, theirs = pair("BertForMaskedLM", attention)
    examples, options = Examples("BertForMaskedLM"), {"bf16": False, "fused": False}
    logs = their_training(theirs, examples, tmp_path, options, accumulation=2)
    done = our_training(ours, examples, attention, options, accumulation=2)
    assert len(done) == 6
    assert_same(done, logs, ours, theirs)
