"""All checks of a pretraining, one after the other."""

from parity.pretraining.candidate import TrainingCandidate
from parity.pretraining.initial_weights import check_initial_weights
from parity.pretraining.loss import check_loss
from parity.pretraining.masking import check_hidden_words
from parity.pretraining.processes import check_processes
from parity.pretraining.resuming import check_resuming
from parity.pretraining.sentence_pairs import check_sentence_pairs
from parity.pretraining.steps import check_dropout, check_steps
from parity.pretraining.trainer import check_run
from parity.suite.suite import Check, Suite

PRETRAINING = Suite(
    "pretraining",
    TrainingCandidate,
    {
        "initial": Check(("initial",), check_initial_weights),
        "masks": Check(("mask",), check_hidden_words),
        "pairs": Check(("pairs",), check_sentence_pairs),
        "loss": Check(("build", "loss"), check_loss),
        "steps": Check(("build", "train"), check_steps),
        "dropout": Check(("build", "train"), check_dropout),
        "resume": Check(("build", "train", "folder"), check_resuming),
        "processes": Check(("build", "train"), check_processes),
        "run": Check(("build", "run"), check_run),
    },
    scratch_bert="parity.ours.pretraining:ScratchTraining",
)
