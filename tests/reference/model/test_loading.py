"""A checkpoint loads to the reference's model, tensor for tensor, and what we save it loads too."""

import json
import re
import warnings

import pytest
import torch
from safetensors.torch import load_file, save_file

import scratch_bert
from parity import reference
from scratch_bert.weights.builtin import adversarial, minilm
from tests.models import adversarial_
from tests.reference.assertions import assert_bit_equal, assert_same
from tests.reference.sides import HEADS, TINY, batch_for, no_cache, steps

DECODER, DECODER_BIAS = "cls.predictions.decoder.weight", "cls.predictions.decoder.bias"
WORDS, BIAS = "bert.embeddings.word_embeddings.weight", "cls.predictions.bias"


def saved(head, folder, **options):
    """Let the reference save adversarial weights; return its model and its state dict."""
    theirs = adversarial_(reference.build(head, TINY)).eval()
    with reference.quiet():
        theirs.save_pretrained(folder, **options)
    return theirs, {name: tensor.clone() for name, tensor in theirs.state_dict().items()}


def put(folder, state, save=save_file, name="model.safetensors", **config):
    """Replace a checkpoint's weights, and entries of its config.json."""
    for path in folder.glob("*model*"):
        path.unlink()
    save(state, folder / name)
    values = json.loads((folder / "config.json").read_text())
    values = {n: v for n, v in {**values, **config}.items() if v is not None}
    (folder / "config.json").write_text(json.dumps(values))


def load_both(head, folder, strict=True, **options):
    """Load on both sides from the same seed; the generators end in the same state."""
    torch.manual_seed(5)
    ours = getattr(scratch_bert, head).from_pretrained(folder, strict=strict, **options)
    state = torch.get_rng_state()
    torch.manual_seed(5)
    lenient = {} if strict else {"ignore_mismatched_sizes": True}
    theirs = reference.load(head, folder, attention="eager", **lenient, **options)
    assert torch.equal(state, torch.get_rng_state())
    return ours, theirs


def assert_same_model(ours, theirs, head):
    assert_same(ours.state_dict(), theirs.state_dict())
    assert dict(ours.named_parameters()).keys() == dict(theirs.named_parameters()).keys()
    inputs = {**batch_for(head), **no_cache(head)}
    assert_bit_equal(steps((ours, theirs), inputs, backward=False))


def old_norms(state):
    norms = {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}
    return {re.sub("|".join(norms), lambda m: norms[m[0]], n): t for n, t in state.items()}


def without_prefix(state):
    return {name.removeprefix("bert."): tensor for name, tensor in state.items()}


def with_prefix(state):
    is_head = re.compile(r"bert\.|cls\.|classifier|qa_outputs").match
    return {name if is_head(name) else f"bert.{name}": t for name, t in state.items()}


def with_positions(state):
    word = next(name for name in state if name.endswith("word_embeddings.weight"))
    name = word.replace("word_embeddings.weight", "position_ids")
    return {**state, name: torch.arange(32)[None]}


def save_legacy(state, path):
    torch.save(state, path, _use_new_zipfile_serialization=False)


def save_bin_in_parts(state, path):
    names = list(state)
    place = {name: f"pytorch_model-{i % 3}.bin" for i, name in enumerate(names)}
    for part in set(place.values()):
        torch.save({n: state[n] for n in names if place[n] == part}, path.parent / part)
    path.write_text(json.dumps({"metadata": {}, "weight_map": place}))


def once(state):
    """Without the tied copies: safetensors holds no memory twice."""
    return {n: t.clone() for n, t in state.items() if n not in (DECODER, DECODER_BIAS)}


def in_safetensors(change):
    def write(folder, state):
        put(folder, {n: t.clone() for n, t in change(once(state)).items()})

    return write


LAYOUTS = {
    "bin": lambda folder, state: put(folder, state, torch.save, "pytorch_model.bin"),
    "legacy bin": lambda folder, state: put(folder, state, save_legacy, "pytorch_model.bin"),
    "bin in parts": lambda folder, state: put(
        folder, state, save_bin_in_parts, "pytorch_model.bin.index.json"
    ),
    "gamma and beta": in_safetensors(old_norms),
    "with bert.": in_safetensors(with_prefix),
    "without bert.": in_safetensors(without_prefix),
    "position_ids": in_safetensors(with_positions),
}


@pytest.mark.sample(7)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("head", ["BertModel", "BertForPreTraining", "BertForTokenClassification"])
def test_layouts(head, layout, tmp_path):
    original, state = saved(head, tmp_path)
    LAYOUTS[layout](tmp_path, state)
    ours, theirs = load_both(head, tmp_path)
    assert_same(theirs.state_dict(), original.state_dict())
    assert_same_model(ours, theirs, head)
    assert len(ours.load_report.ignored) == (layout == "position_ids")
    assert (ours.load_report.missing, ours.load_report.unexpected) == ((), ())


@pytest.mark.sample(3)
@pytest.mark.parametrize("head", HEADS)
def test_what_the_reference_saves_we_load(head, tmp_path):
    original, _ = saved(head, tmp_path)
    ours, theirs = load_both(head, tmp_path)
    assert_same(ours.state_dict(), original.state_dict())
    assert_same_model(ours, theirs, head)


@pytest.mark.parametrize("head", ["BertModel", "BertForMaskedLM"])
def test_what_the_reference_saves_in_parts_we_load(head, tmp_path):
    saved(head, tmp_path, max_shard_size="10KB")
    assert len(list(tmp_path.glob("model-*.safetensors"))) > 2
    assert_same_model(*load_both(head, tmp_path), head)


@pytest.mark.sample(6)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("head", HEADS)
def test_what_we_save_the_reference_loads(head, dtype, tmp_path):
    config = scratch_bert.BertConfig(**TINY, id2label={0: "no", 1: "yes"}, layer_norm_eps=1e-9)
    model = adversarial_(getattr(scratch_bert, head)(config)).to(dtype).eval()
    model.save_pretrained(tmp_path)
    ours, theirs = load_both(head, tmp_path)
    assert_same(theirs.state_dict(), model.state_dict())
    assert theirs.config.architectures == [head]
    assert theirs.config.id2label == {0: "no", 1: "yes"}
    assert theirs.config.num_labels == 2
    for name, value in vars(config).items():
        assert name == "extra" or getattr(theirs.config, name) == value, name
    assert_same_model(ours, theirs, head)


@pytest.mark.parametrize("head", ["BertForPreTraining", "BertForQuestionAnswering"])
def test_there_and_back_changes_no_file(head, tmp_path):
    """Ours → theirs → ours: the same tensors under the same names, and the same configuration."""
    config = scratch_bert.BertConfig(**TINY)
    adversarial_(getattr(scratch_bert, head)(config)).save_pretrained(tmp_path / "ours")
    theirs = reference.load(head, tmp_path / "ours", attention="eager")
    with reference.quiet():
        theirs.save_pretrained(tmp_path / "theirs")
    getattr(scratch_bert, head).from_pretrained(tmp_path / "theirs").save_pretrained(tmp_path / "b")
    first, last = (load_file(tmp_path / name / "model.safetensors") for name in ("ours", "b"))
    assert_same(last, first)
    before, after = (
        json.loads((tmp_path / name / "config.json").read_text()) for name in ("ours", "b")
    )
    assert before.items() <= after.items()


TIED = {
    "absent": {},
    "weight only": {DECODER: WORDS},
    "bias only": {DECODER_BIAS: BIAS},
    "both, equal": {DECODER: WORDS, DECODER_BIAS: BIAS},
}


@pytest.mark.sample(4)
@pytest.mark.parametrize("copies", TIED.values(), ids=TIED)
@pytest.mark.parametrize("head", ["BertForMaskedLM", "BertForPreTraining", "BertLMHeadModel"])
def test_tied_decoder(head, copies, tmp_path):
    _, state = saved(head, tmp_path)
    put(tmp_path, once(state) | {copy: state[name].clone() for copy, name in copies.items()})
    ours, theirs = load_both(head, tmp_path)
    assert_same_model(ours, theirs, head)
    assert ours.get_parameter(DECODER) is ours.get_parameter(WORDS)
    assert ours.get_parameter(DECODER_BIAS) is ours.get_parameter(BIAS)


@pytest.mark.parametrize("lacking", [[WORDS], [BIAS], [WORDS, BIAS]], ids=str)
def test_only_the_decoder_of_a_tied_pair(lacking, tmp_path):
    _, state = saved("BertForMaskedLM", tmp_path)
    state = once(state) | {DECODER: state[WORDS].clone(), DECODER_BIAS: state[BIAS].clone()}
    put(tmp_path, {name: tensor for name, tensor in state.items() if name not in lacking})
    ours = scratch_bert.BertForMaskedLM.from_pretrained(tmp_path)
    # The reference draws word embeddings first and then drops them, so its generator is ahead.
    theirs = reference.load("BertForMaskedLM", tmp_path, attention="eager")
    assert_same_model(ours, theirs, "BertForMaskedLM")
    assert ours.get_parameter(DECODER) is ours.get_parameter(WORDS)


@pytest.mark.parametrize("differing", [[DECODER], [DECODER_BIAS], [DECODER, DECODER_BIAS]], ids=str)
def test_a_decoder_that_differs_is_untied(differing, tmp_path):
    head = "BertForMaskedLM"
    _, state = saved(head, tmp_path)
    other = {DECODER: state[WORDS] * 2, DECODER_BIAS: state[BIAS] - 1}
    equal = {DECODER: state[WORDS].clone(), DECODER_BIAS: state[BIAS].clone()}
    put(tmp_path, once(state) | equal | {name: other[name] for name in differing})
    with pytest.warns(UserWarning, match="other values than where this should be tied to"):
        ours, theirs = load_both(head, tmp_path)
    assert_same_model(ours, theirs, head)
    assert ours.load_report.untied == tuple(differing)
    ours.save_pretrained(tmp_path / "again")
    with pytest.warns(UserWarning, match="left apart"):
        assert_same_model(*load_both(head, tmp_path / "again"), head)


@pytest.mark.parametrize("copies", TIED.values(), ids=TIED)
def test_a_decoder_that_is_not_to_be_tied(copies, tmp_path):
    head = "BertForMaskedLM"
    _, state = saved(head, tmp_path)
    state = once(state) | {copy: state[name] + 1 for copy, name in copies.items()}
    put(tmp_path, state, tie_word_embeddings=False)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        ours, theirs = load_both(head, tmp_path)
    assert len(seen) == (len(copies) < 2)
    assert_same_model(ours, theirs, head)


@pytest.mark.sample(4)
@pytest.mark.parametrize(
    ("dtype", "config"),
    [
        (None, {"pad_token_id": 5}),
        (torch.bfloat16, {"initializer_range": 0.5}),
        (torch.float64, {}),
    ],
    ids=str,
)
@pytest.mark.parametrize("head", [name for name in HEADS if name != "BertModel"])
def test_a_missing_head_is_drawn_as_the_reference_draws_it(head, config, dtype, tmp_path):
    _, state = saved("BertModel", tmp_path)
    put(tmp_path, {n: t for n, t in state.items() if "pooler" not in n}, **config)
    with pytest.warns(UserWarning, match=f"{head} has . weights that were not loaded"):
        ours, theirs = load_both(head, tmp_path, dtype=dtype)
    assert_same_model(ours, theirs, head)


@pytest.mark.parametrize("labels", [1, 2, 5])
@pytest.mark.parametrize("head", ["BertForSequenceClassification", "BertForTokenClassification"])
def test_number_of_labels(head, labels, tmp_path):
    saved("BertModel", tmp_path)
    with pytest.warns(UserWarning, match="2 weights that were not loaded"):
        ours, theirs = load_both(head, tmp_path, num_labels=labels)
    assert_same(ours.state_dict(), theirs.state_dict())
    assert ours.config.id2label == theirs.config.id2label
    assert ours.classifier.out_features == labels


def test_a_model_without_a_pooler(tmp_path):
    saved("BertForTokenClassification", tmp_path)
    ours, theirs = load_both("BertModel", tmp_path, add_pooling_layer=False)
    assert_same_model(ours, theirs, "BertModel")
    assert ours.load_report.unexpected == ("classifier.bias", "classifier.weight")


@pytest.mark.parametrize("in_file", [torch.float32, torch.float16], ids=str)
@pytest.mark.parametrize(
    "entries",
    [
        {"dtype": None},
        {"dtype": "bfloat16"},
        {"dtype": None, "torch_dtype": "float64"},
        {"dtype": "float16", "torch_dtype": "float64"},
    ],
    ids=str,
)
def test_dtype_of_the_configuration_or_else_of_the_file(entries, in_file, tmp_path):
    _, state = saved("BertModel", tmp_path)
    put(tmp_path, {name: tensor.to(in_file) for name, tensor in state.items()}, **entries)
    ours, theirs = load_both("BertModel", tmp_path)
    assert_same_model(ours, theirs, "BertModel")


@pytest.mark.parametrize("change", ["absent", "wider", "more words"])
@pytest.mark.parametrize("head", ["BertModel", "BertForMaskedLM"])
def test_encoder_weights_that_are_missing_or_misshapen_are_drawn_the_same(head, change, tmp_path):
    _, state = saved(head, tmp_path)
    keep = {n: t for n, t in once(state).items() if change != "absent" or "layer.1." not in n}
    sizes = {"wider": {"intermediate_size": 41}, "more words": {"vocab_size": 120}}
    put(tmp_path, keep, **sizes.get(change, {}))
    with pytest.warns(UserWarning, match="weights that were not loaded"):
        ours, theirs = load_both(head, tmp_path, strict=False)
    assert_same_model(ours, theirs, head)


def tensorflow(state):
    """The names and orientations of Google's checkpoints, and the optimizer's slots beside them."""
    theirs = {"global_step": torch.tensor(1000)}
    for name, tensor in once(state).items():
        name = name.replace("cls.predictions.bias", "cls.predictions.output_bias")
        name = re.sub(r"seq_relationship\.(weight|bias)", r"seq_relationship.output_\1", name)
        name = name.replace("output_weight", "output_weights")
        name = name.replace("LayerNorm.weight", "LayerNorm.gamma")
        name = name.replace("LayerNorm.bias", "LayerNorm.beta")
        name = name.replace("_embeddings.weight", "_embeddings")
        name = re.sub(r"\.layer\.(\d+)", r".layer_\1", name)
        if name.endswith(".weight"):
            name, tensor = name.removesuffix("weight") + "kernel", tensor.T.contiguous()
        name = name.replace(".", "/")
        theirs[name] = tensor
        theirs |= {f"{name}/{slot}": torch.zeros_like(tensor) for slot in ("adam_m", "adam_v")}
    return theirs


def test_tensorflow_s_names(tmp_path):
    """The reference reads no TensorFlow any more, so its own state is what must come out."""
    original, state = saved("BertForPreTraining", tmp_path)
    found = tensorflow(state)
    assert "bert/encoder/layer_0/attention/self/query/kernel" in found
    assert "cls/seq_relationship/output_weights" in found
    put(tmp_path, found)
    ours = scratch_bert.BertForPreTraining.from_pretrained(tmp_path)
    assert_same_model(ours, original, "BertForPreTraining")
    assert set(ours.load_report.unexpected) == {
        name for name in found if name.endswith(("adam_m", "adam_v", "global_step"))
    }


@pytest.mark.sample(6)
@pytest.mark.parametrize("make", [adversarial, minilm])
@pytest.mark.parametrize("head", HEADS)
def test_built_in_checkpoints(head, make):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*drawn afresh")
        ours, theirs = load_both(head, make())
    assert_same(ours.state_dict(), theirs.state_dict())
