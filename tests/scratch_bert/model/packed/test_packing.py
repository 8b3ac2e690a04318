"""Packed batches give what padded ones give, for every head, whatever the lengths."""

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

import scratch_bert
from scratch_bert import BertConfig
from scratch_bert.model.packed import attention as module
from scratch_bert.model.packed.packing import Block, packing_for
from tests.models import TINY, adversarial_

HEADS = [name for name in scratch_bert.__all__ if name.startswith(("BertFor", "BertLMHead"))]
ROUNDING = 1e-13  # of the largest number; 8e-15 was the most in 3,000 batches drawn at random
# Of the largest output or gradient: 5e-8 and 0.005 were the most on an H100.
ON_A_GPU = {torch.float32: 1e-6, torch.bfloat16: 0.02}
FLOAT32_ROUNDING = 1e-6  # of a language model's loss, which is always float32: eight of its steps


def made(kind, **options):
    torch.manual_seed(0)
    config = BertConfig(**{**TINY, "num_labels": 4, **options})
    return adversarial_(getattr(scratch_bert, kind)(config)).double().eval()


MODELS = {name: made(name, is_decoder=name == "BertLMHeadModel") for name in ["BertModel", *HEADS]}


def masks(draw, rows, seq):
    """Right and left padding, holes, rows of one token and of none."""
    row = st.one_of(
        st.integers(0, seq).map(lambda n: [1] * n + [0] * (seq - n)),
        st.integers(0, seq).map(lambda n: [0] * (seq - n) + [1] * n),
        st.lists(st.integers(0, 1), min_size=seq, max_size=seq),
    )
    return torch.tensor(draw(st.lists(row, min_size=rows, max_size=rows)))


@st.composite
def batches(draw):
    rows, seq = draw(st.integers(1, 6)), draw(st.integers(1, 12))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 9)))
    mask = masks(draw, rows, seq)
    ids = torch.randint(0, 97, (rows, seq), generator=generator)
    segments = torch.randint(0, 2, (rows, seq), generator=generator)
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": segments}


def assert_close(ours, theirs):
    rounding = ROUNDING if theirs.dtype is torch.float64 else FLOAT32_ROUNDING
    assert (ours - theirs).abs().max() <= rounding * theirs.abs().max()


def compare(ours, theirs, mask):
    """Compare what belongs to tokens, and to rows that have any."""
    tokens, rows = mask.bool(), mask.any(1)
    names = [name for name, value in vars(theirs).items() if isinstance(value, torch.Tensor)]
    assert names
    for name in names:
        mine, yours = getattr(ours, name), getattr(theirs, name)
        assert mine.shape == yours.shape
        if yours.dim() >= 2 and yours.shape[:2] == mask.shape:
            mine, yours = mine[tokens], yours[tokens]
        elif yours.dim() >= 1 and len(yours) == len(mask):
            mine, yours = mine[rows], yours[rows]
        if yours.numel():
            assert_close(mine, yours)


@pytest.mark.sample(3)
@pytest.mark.parametrize("kind", MODELS)
@settings(max_examples=15)
@given(batch=batches())
def test_every_head_gives_the_same(kind, batch):
    model = MODELS[kind]
    if kind == "BertForMultipleChoice":
        batch = {name: tensor[:, None] for name, tensor in batch.items()}
    options = {"use_cache": False} if kind == "BertLMHeadModel" else {}
    with torch.no_grad():
        theirs = model(**batch, **options, output_hidden_states=True, attention="sdpa")
        ours = model(**batch, output_hidden_states=True, attention="packed")
    mask = batch["attention_mask"]
    mask = mask[:, 0] if kind == "BertForMultipleChoice" else mask
    compare(ours, theirs, mask)
    for mine, yours in zip(ours.hidden_states, theirs.hidden_states, strict=True):
        if mask.any():
            assert_close(mine[mask.bool()], yours[mask.bool()])
        assert not mine[:, 1:][~mask.bool()[:, 1:]].any()  # zeros; the first may be kept


@given(batch=batches())
def test_gradients_are_the_same(batch):
    model, mask = MODELS["BertForMaskedLM"], batch["attention_mask"].bool()
    assume(mask.any())
    labels = batch["input_ids"].masked_fill(~mask, -100)
    theirs, ours = (
        torch.autograd.grad(
            model(**batch, labels=labels, attention=attention).loss, [*model.parameters()]
        )
        for attention in ("sdpa", "packed")
    )
    largest = max(gradient.abs().max() for gradient in theirs)
    for mine, yours in zip(ours, theirs, strict=True):
        assert (mine - yours).abs().max() <= ROUNDING * largest


@pytest.mark.parametrize("kind", ["BertForMaskedLM", "BertForPreTraining", "BertLMHeadModel"])
@pytest.mark.parametrize("attention", ["sdpa", "packed"])
@settings(max_examples=10)
@given(batch=batches())
def test_logits_where_they_are_asked_for(kind, attention, batch):
    model, mask = MODELS[kind], batch["attention_mask"].bool()
    chosen = mask & (batch["token_type_ids"] == 1)
    assume(chosen.any())
    labeled = chosen
    if kind == "BertLMHeadModel":  # a label belongs to the token before it
        labeled = F.pad(chosen[:, :-1], (1, 0))
        assume(labeled.any())
    labels = batch["input_ids"].masked_fill(~labeled, -100)
    name = "prediction_logits" if kind == "BertForPreTraining" else "logits"
    with torch.no_grad():
        everywhere = model(**batch, labels=labels, attention=attention)
        there = model(**batch, labels=labels, attention=attention, logits_at=chosen)
    assert_close(getattr(there, name), getattr(everywhere, name)[chosen])
    assert_close(there.loss, everywhere.loss)


@pytest.mark.parametrize("layers", [0, 1, 2])
@settings(max_examples=10)
@given(batch=batches())
def test_states_where_they_are_asked_for(layers, batch):
    """The last layer leaves out the other tokens, but not what the pooler reads."""
    model = made("BertModel", num_hidden_layers=layers)
    chosen = batch["attention_mask"].bool() & (batch["token_type_ids"] == 1)
    everywhere = model(**batch, attention="packed")
    there = model(**batch, attention="packed", states_at=chosen)
    seen = chosen[:, :, None]
    assert_close(there.last_hidden_state * seen, everywhere.last_hidden_state * seen)
    assert_close(there.pooler_output, everywhere.pooler_output)
    chosen[:, 0] = True
    assert layers == 0 or not there.last_hidden_state[~chosen].any()
    shown = model(**batch, attention="packed", states_at=chosen, output_hidden_states=True)
    assert_close(shown.last_hidden_state, everywhere.last_hidden_state)


@pytest.mark.parametrize("layers", [1, 3])
def test_a_last_layer_that_is_not_the_configurations(layers):
    """A model's layers can be removed, or added to, after it is built."""
    model = made("BertForSequenceClassification", num_hidden_layers=2)
    model.bert.encoder.layer = torch.nn.ModuleList([model.bert.encoder.layer[0]] * layers)
    batch = {"input_ids": torch.tensor([[1, 2, 3]]), "attention_mask": torch.tensor([[1, 1, 0]])}
    assert_close(model(**batch, attention="packed").logits, model(**batch).logits)


@pytest.mark.usefixtures("unchecked_shapes")
def test_what_is_asked_for_has_the_batchs_shape():
    with pytest.raises(ValueError, match=r"logits_at has shape \(2, 1\), expected \(2, 3\)"):
        MODELS["BertForMaskedLM"](torch.ones(2, 3).long(), logits_at=torch.ones(2, 1).bool())
    with pytest.raises(ValueError, match=r"states_at has shape \(2, 1\), expected \(2, 3\)"):
        MODELS["BertModel"](
            torch.ones(2, 3).long(), states_at=torch.ones(2, 1).bool(), attention="packed"
        )


def test_a_row():
    """The example of the module's docstring, and a row whose first token is padding."""
    mask = torch.tensor([[1, 1, 1, 1, 0], [1, 1, 1, 0, 0], [0, 0, 1, 1, 1]]).bool()
    packing = packing_for(mask, keep_first=False)
    assert packing.blocks == (Block(2, 3, 0), Block(1, 4, 0))
    numbers = torch.arange(15.0).view(3, 5, 1)
    packed = packing.pack(numbers)
    assert packed.flatten().tolist() == [5, 6, 7, 12, 13, 14, 0, 1, 2, 3]
    padded = packing.unpack(packed, padding=-1.0)
    assert torch.equal(padded, numbers.masked_fill(~mask[..., None], -1.0))
    packing = packing_for(mask, keep_first=True)  # in the last row nobody looks at it
    assert packing.blocks == (Block(1, 3, 0), Block(1, 4, 0), Block(1, 4, 1))


def test_a_decoder_that_looks_at_an_encoders_output():
    model = made("BertLMHeadModel", is_decoder=True, add_cross_attention=True)
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(0, 97, (3, 7), generator=generator)
    source = torch.randn(3, 5, 24, dtype=torch.float64, generator=generator)
    mask = torch.tensor([[1] * 7, [1] * 4 + [0] * 3, [0, 0, 1, 1, 1, 1, 0]])
    seen = torch.tensor([[1] * 5, [1, 1, 0, 0, 0], [0, 1, 1, 1, 1]])
    both = {"encoder_hidden_states": source, "encoder_attention_mask": seen}
    with torch.no_grad():
        theirs = model(ids, mask, **both, use_cache=False)
        ours = model(ids, mask, **both, attention="packed")
    compare(ours, theirs, mask)


def test_a_packed_decoder_has_no_cache():
    model, ids = MODELS["BertLMHeadModel"], torch.ones(1, 3).long()
    assert model(ids, attention="packed").past_key_values is None
    with pytest.raises(ValueError, match=r"^attention='packed' has no cache; 'sdpa' and 'eager'"):
        model(ids, attention="packed", use_cache=True)


@pytest.mark.parametrize("shape", [(0, 4), (2, 0), (2, 4)])
def test_nobody_is_there(shape):
    """No row, no column, or nothing but padding."""
    ids = torch.ones(shape).long()
    output = MODELS["BertForMaskedLM"].bert(ids, 0 * ids, attention="packed")
    assert output.last_hidden_state.shape == (*shape, 24)
    assert not output.last_hidden_state.any()


def test_answers_are_not_looked_for_in_padding():
    """The loss is the unpadded text's; that of a padded batch has padding to choose from, too."""
    model, ids = MODELS["BertForQuestionAnswering"], torch.arange(1, 6)[None]
    answer = {"start_positions": torch.tensor([1]), "end_positions": torch.tensor([3])}
    alone = model(ids, **answer).loss
    longer, mask = F.pad(ids, (0, 4)), F.pad(torch.ones_like(ids), (0, 4))
    assert_close(model(longer, mask, **answer, attention="packed").loss, alone)
    assert model(longer, mask, **answer).loss > alone + 0.01


def test_training_with_dropout_and_checkpointing():
    """A packed batch draws other dropout; drawn again for the backward pass it is the same."""
    model = made("BertForMaskedLM").train()
    ids, mask = torch.ones(2, 6).long(), torch.tensor([[1] * 6, [1] * 3 + [0] * 3])
    found = []
    for repeats in (False, True):
        model.gradient_checkpointing_enable(repeats)
        torch.manual_seed(1)
        loss = model(ids, mask, labels=ids, attention="packed").loss
        found.append([loss, *torch.autograd.grad(loss, [*model.parameters()])])
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))


def every_sequence_alone(query, key, value, query_starts, key_starts, most_q, most_k):
    """What torch's kernel for a GPU does, by its documentation."""
    assert query_starts.dtype == key_starts.dtype == torch.int32
    sizes = [starts.diff().tolist() for starts in (query_starts, key_starts)]
    assert max(sizes[0]) == most_q
    assert max(sizes[1]) <= most_k
    rows = zip(query.split(sizes[0]), key.split(sizes[1]), value.split(sizes[1]), strict=True)
    contexts = [
        F.scaled_dot_product_attention(*(each.transpose(0, 1) for each in row)) for row in rows
    ]
    return torch.cat([context.transpose(0, 1) for context in contexts])


@given(batch=batches())
def test_a_gpus_ways_give_the_same(batch):
    packing = packing_for(batch["attention_mask"].bool(), keep_first=True)
    generator = torch.Generator().manual_seed(0)
    shape = 3, 1, 2, len(packing.places), 4
    rows = torch.randn(shape, dtype=torch.float64, generator=generator)
    expected = module.packed_attention(*rows, packing=packing, dropout=0.0, causal=False)
    assert_close(module._padded(*rows, packing, 0.0, causal=False), expected)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("torch.nn.attention.varlen.varlen_attn", every_sequence_alone)
        assert_close(module._all_at_once(*rows, packing), expected)


def test_a_gpus_way_looks_back_only():
    packing = packing_for(torch.tensor([[1, 1, 1], [1, 1, 0]]).bool(), keep_first=False)
    rows = torch.randn((3, 1, 2, 5, 4), dtype=torch.float64, generator=torch.manual_seed(0))
    expected = module.packed_attention(*rows, packing=packing, dropout=0.0, causal=True)
    assert_close(module._padded(*rows, packing, 0.0, causal=True), expected)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="runs where there is a GPU")
@pytest.mark.parametrize("kind", ["BertModel", "BertLMHeadModel"])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32], ids=str)
def test_on_a_gpu(kind, dtype):
    model = made(kind, is_decoder=kind == "BertLMHeadModel").to("cuda", dtype)
    ids = torch.arange(32, device="cuda").view(4, 8)
    rows = [[1] * 8, [1] * 3 + [0] * 5, [0] * 2 + [1] * 6, [0] * 8]
    mask = torch.tensor(rows, device="cuda")
    found = []
    for attention in ("sdpa", "packed"):
        output = model(ids, mask, attention=attention, use_cache=False)
        made_here = getattr(output, "logits" if "LM" in kind else "last_hidden_state")[mask.bool()]
        gradients = torch.autograd.grad(made_here.sum(), [*model.parameters()][:9])
        found.append([made_here, torch.cat([gradient.flatten() for gradient in gradients])])
    for theirs, ours in zip(*found, strict=True):
        difference = (ours - theirs).abs().max() / theirs.abs().max()
        assert difference <= ON_A_GPU[dtype]
