"""The sum and its order; ids, shapes and lengths that do not fit are named."""

import pytest
import torch

from scratch_bert.model.embeddings import BertEmbeddings


@pytest.fixture
def embeddings(tiny_config):
    return BertEmbeddings(tiny_config).eval()


def test_the_sum_of_three_tables(embeddings):
    ids, segments = torch.tensor([[5, 6]]), torch.tensor([[0, 1]])
    summed = embeddings.word_embeddings.weight[[5, 6]]
    summed = summed + embeddings.token_type_embeddings.weight[[0, 1]]
    summed = summed + embeddings.position_embeddings.weight[[0, 1]]
    assert torch.equal(embeddings(ids, segments)[0], embeddings.LayerNorm(summed))


def test_what_is_left_out_has_defaults(embeddings):
    ids = torch.tensor([[5, 6, 7]])
    positions = torch.arange(3)[None]
    assert torch.equal(embeddings(ids), embeddings(ids, torch.zeros_like(ids), positions))
    assert torch.equal(embeddings(ids, past_length=4), embeddings(ids, None, positions + 4))


def test_words_may_come_looked_up(embeddings):
    ids = torch.tensor([[5, 6, 7]])
    embeds = embeddings.word_embeddings(ids)
    assert torch.equal(embeddings(ids), embeddings(None, inputs_embeds=embeds))


@pytest.mark.parametrize("length", [1, 32])
def test_as_long_as_there_are_positions(embeddings, length):
    assert embeddings(torch.ones(1, length, dtype=torch.long)).shape == (1, length, 24)


IDS = torch.zeros(2, 5, dtype=torch.long)


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"input_ids": IDS + 97}, "input_ids contains 97, expected 0 to 96"),
        ({"input_ids": IDS - 1}, "input_ids contains -1, expected 0 to 96"),
        ({"input_ids": IDS[0]}, "input_ids has shape (5,), expected (batch, seq)"),
        (
            {"input_ids": torch.zeros(1, 33, dtype=torch.long)},
            "input_ids: the sequence has 33 tokens, but max_position_embeddings is 32; shorten it",
        ),
        (
            {"input_ids": IDS, "past_length": 28},
            "input_ids: the sequence has 33 tokens, but max_position_embeddings is 32; shorten it",
        ),
        (
            {"input_ids": IDS, "token_type_ids": IDS + 2},
            "token_type_ids contains 2, expected 0 to 1",
        ),
        (
            {"input_ids": IDS, "token_type_ids": IDS[:1]},
            "token_type_ids has shape (1, 5), expected (2, 5)",
        ),
        (
            {"input_ids": IDS, "position_ids": IDS + 32},
            "position_ids contains 32, expected 0 to 31",
        ),
        (
            {"input_ids": IDS, "position_ids": IDS[:, :4]},
            "position_ids has shape (2, 4), expected (2, 5) or (1, 5)",
        ),
        ({"input_ids": IDS.float()}, "input_ids is torch.float32, expected torch.int64"),
        (
            {"input_ids": None, "inputs_embeds": torch.zeros(2, 5, 1)},
            "inputs_embeds has shape (2, 5, 1), expected (batch, seq, 24)",
        ),
        ({"input_ids": None}, "give exactly one of input_ids and inputs_embeds"),
        (
            {"input_ids": IDS, "inputs_embeds": torch.zeros(2, 5, 24)},
            "give exactly one of input_ids and inputs_embeds",
        ),
    ],
)
def test_what_does_not_fit_is_named(embeddings, inputs, message):
    with pytest.raises(ValueError, match="^" + __import__("re").escape(message) + "$"):
        embeddings(**inputs)


def test_the_padding_row_starts_at_zero_and_stays(embeddings):
    assert not embeddings.word_embeddings.weight[0].any()
    embeddings(torch.tensor([[0, 1]])).square().sum().backward()
    gradient = embeddings.word_embeddings.weight.grad
    assert not gradient[0].any()
    assert gradient[1].any()
