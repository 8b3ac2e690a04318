"""What each task makes of its rows, and of a model's outputs."""

import pytest
import torch

from scratch_bert import BertTokenizer
from scratch_bert.finetuning.results.squad_metrics import exact_match, overlap_f1
from scratch_bert.finetuning.sequence_classification import LabeledText, SequenceClassificationTask
from scratch_bert.finetuning.tasks.multi_label_and_regression import MultiLabelTask, RegressionTask
from scratch_bert.finetuning.tasks.objectives import CrossEntropy, balanced_weights
from scratch_bert.finetuning.tasks.question_answering import Question, QuestionAnsweringTask
from scratch_bert.finetuning.tasks.task import Lengths
from scratch_bert.finetuning.tasks.token_classification import Tagged, TokenClassificationTask
from scratch_bert.tokenization.files.settings import TokenizerSettings

WORDS = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "who",
    "sat",
    "on",
    "the",
    "mat",
    "?",
    "an",
    "##na",
    "cat",
    "a",
]
TOKENIZER = BertTokenizer(TokenizerSettings({word: i for i, word in enumerate(WORDS)}))
COLUMNS: dict = {}


def test_a_words_first_piece_has_its_tag():
    task = TokenClassificationTask(COLUMNS, ("B-PER", "O"))
    items = [Tagged(("Anna", "sat", "\u200b", "on"), ("B-PER", "O", "O", "O"))]
    features = task.features(items, TOKENIZER, Lengths(5, 0))
    assert features.rows[0]["labels"].tolist() == [-100, 0, -100, 1, -100]  # [CLS] an ##na sat
    logits = torch.zeros(1, 5, 2)
    logits[0, :, 0] = 1  # B-PER everywhere; what has no piece, or is cut off, is O
    assert task.predictions(items, features, logits) == [["B-PER", "B-PER", "O", "O"]]


def test_windows_of_a_long_text():
    context = "the cat sat on the mat"
    item = Question("q", "who ?", context, ("cat", "the cat"), (4, 0))
    task = QuestionAnsweringTask(COLUMNS)
    features = task.features([item], TOKENIZER, Lengths(8, 1))
    found = [(row["start_positions"].item(), row["end_positions"].item()) for row in features.rows]
    assert found == [(5, 5), (0, 0), (0, 0)]  # the cat sat | sat on the | the mat
    logits = [torch.zeros(2, 8) for _ in features.rows]
    logits[1][:, [4, 6]] = torch.tensor([[2.0, 0.0], [0.0, 3.0]])  # sat on the
    logits[2][0, 0] = logits[2][1, 0] = 9.0  # [CLS] is no answer where all questions have one
    assert task.predictions([item], features, logits)[0].answer == "sat on the"
    none = item._replace(answers=(), starts=())
    for scores in logits:
        scores[:, 0] = 3.0
    assert task.predictions([none], features, logits)[0].answer == ""


def test_an_answer_does_not_end_before_it_begins():
    item = Question("q", "who ?", "the cat sat", ("cat",), (4,))
    features = QuestionAnsweringTask(COLUMNS).features([item], TOKENIZER, Lengths(9, 0))
    scores = torch.zeros(1, 2, 8)
    scores[0, 0, 6], scores[0, 1, 4] = 5.0, 4.0
    assert QuestionAnsweringTask(COLUMNS).predictions([item], features, scores)[0].answer == "sat"


@pytest.mark.parametrize(
    ("given", "right", "exact", "f1"),
    [
        ("The Mat!", ["mat"], 1, 1),
        ("the old mat", ["mat"], 0, 2 / 3),
        ("mat mat", ["mat", "a mat mat rug"], 0, 0.8),
        ("", [], 1, 1),
        ("mat", [], 0, 0),
        ("", ["mat"], 0, 0),
        ("the", ["a"], 1, 1),
    ],
)
def test_squads_metrics(given, right, exact, f1):
    """As evaluate-v2.0.py counts them."""
    assert exact_match(given, right) == exact
    assert overlap_f1(given, right) == pytest.approx(f1)


def test_pairs_are_two_segments():
    items = [LabeledText("who sat", "the cat", "a"), LabeledText("who", "an anna", "b")]
    features = SequenceClassificationTask(COLUMNS, ("a", "b")).features(
        items, TOKENIZER, Lengths(16, 0)
    )
    batch = features.batch([0, 1], 0)
    assert batch["token_type_ids"].tolist() == [[0, 0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 1, 1]]
    assert batch["labels"].tolist() == [0, 1]


def test_several_labels_and_numbers():
    many = MultiLabelTask(COLUMNS, ("x", "y"))
    items = [LabeledText("who", None, ("y",)), LabeledText("sat", None, ())]
    features = many.features(items, TOKENIZER, Lengths(16, 0))
    assert features.batch([0, 1], 0)["labels"].tolist() == [[0, 1], [0, 0]]
    logits = torch.tensor([[-1.0, 2.0], [3.0, -4.0]])
    predictions = many.predictions(items, features, logits)
    assert predictions == [("y",), ("x",)]
    assert many.metrics(items, predictions)["f1_micro"] == pytest.approx(2 / 3)
    assert many.majority_baseline([items[0]], items) == [("y",)] * 2
    numbers = RegressionTask({"label": "stars"}).with_labels([])
    rated = [LabeledText("who", None, 1.0), LabeledText("sat", None, 3.0)]
    assert numbers.metrics(rated, numbers.majority_baseline(rated, rated))["r2"] == 0
    assert numbers.metrics(rated, [1.0, 3.0]) == {"r2": 1.0, "mean_absolute_error": 0.0}


def test_rare_classes_weigh_more():
    assert balanced_weights(("a", "b", "c"), ["a", "a", "a", "b"]) == pytest.approx((2 / 3, 2, 1))
    objective = CrossEntropy(weights=(1.0, 3.0))
    batches = [{"labels": torch.tensor([0, 1])}, {"labels": torch.tensor([0, -100])}]
    counts = objective.count(batches)
    logits = torch.tensor([[0.5, -0.2], [0.1, 0.7]])
    shares = [objective.loss_of(logits, batch, counts) for batch in batches]
    right = torch.nn.functional.cross_entropy(
        torch.cat([logits, logits]), torch.tensor([0, 1, 0, -100]), torch.tensor([1.0, 3.0])
    )
    assert sum(shares).item() == pytest.approx(right.item())
