"""All checks of a pretraining, one after the other."""

from parity.checks.hidden_words import check_hidden_words
from parity.checks.initial_weights import check_initial_weights
from parity.checks.pretraining_loss import check_loss
from parity.checks.processes import check_processes
from parity.checks.resuming import check_resuming
from parity.checks.sentence_pairs import check_sentence_pairs
from parity.checks.trainer_run import check_run
from parity.checks.training_steps import check_dropout, check_steps
from parity.suite import Check, Suite
from parity.training_candidate import TrainingCandidate

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
    scratch_bert="parity.scratch_training:ScratchTraining",
)
