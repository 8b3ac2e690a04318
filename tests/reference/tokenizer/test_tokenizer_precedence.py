"""Where files say different things, both sides take the same; or ours refuses, and says why."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratch_bert.errors import CheckpointError
from scratch_bert.tokenization.files.checkpoint_folder import read_settings
from tests.reference.tokenizer.tokenizer_sides import FLAGS, WORDS, as_ours, as_values, load, make


def saved_tokenizer_json(folder):
    """tokenizer.json as HF writes it for the words."""
    load(make(folder)).save_pretrained(folder)
    return json.loads((folder / "tokenizer.json").read_text())


def typed(content, **values):
    return {"__type": "AddedToken", "content": content, **values}


def entry(i, content, **values):
    return dict.fromkeys(FLAGS, False) | {"id": i, "content": content} | values


DECODER = {
    "14": {"content": "y"},
    "0": {"content": "[PAD]", "special": True},
    "13": {"content": "x", "rstrip": True},
}


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"tokenizer_config": {"do_lower_case": False, "strip_accents": True, "max_len": 9}},
        {"tokenizer_config": {"added_tokens_decoder": DECODER}, "special_tokens_map": {"e": 5}},
        {"tokenizer_config": {"cls_token": typed("zz", lstrip=True), "sep_token": typed("[SEP]")}},
        {"tokenizer_config": {"added_tokens_decoder": {"4": {"content": "[MASK]"}}}},
        {"added_tokens": {"x": 13, "[MASK]": 4, "b": 8}},
        {"added_tokens": {"x": 13, "y": 14}, "tokenizer_config": {"cls_token": "x"}},
        {"added_tokens": {"x": 13}, "special_tokens_map": {"additional_special_tokens": ["x"]}},
        {"added_tokens": {"x": 13}, "special_tokens_map": {"extra_special_tokens": ["x", "y"]}},
        {"special_tokens_map": {"mask_token": {"content": "M", "lstrip": True}}},
        {"special_tokens_map": {"do_lower_case": False, "padding_side": "left"}},
        {
            "special_tokens_map": {"image_token": "<i>", "eos_token": "[SEP]"},
            "tokenizer_config": {"extra_special_tokens": {"b": "B"}, "eos_token": "q"},
        },
        {"tokenizer_config": {"extra_special_tokens": [typed("x", normalized=True), "y"]}},
        {"tokenizer_config": {"additional_special_tokens": ["x"], "extra_special_tokens": {}}},
        {"tokenizer_config": {"bos_token": "[MASK]", "cls_token": typed("[MASK]", lstrip=True)}},
        *(
            {"tokenizer_config": {"tokenizer_class": f"{name}Tokenizer{fast}"}}
            for name in ("Bert", "Electra", "LayoutLM", "Lxmert", "MobileBert", "SqueezeBert")
            for fast in ("", "Fast")
        ),
    ],
)
def test_files_beside_vocab_txt(tmp_path, files):
    folder = make(tmp_path / "x", **files)
    assert as_values(read_settings(folder)) == as_ours(load(folder))


TRUNCATION = {"direction": "Left", "max_length": 3, "strategy": "LongestFirst", "stride": 0}
PADDING = {
    "strategy": {"Fixed": 9},
    "direction": "Left",
    "pad_to_multiple_of": None,
    "pad_id": 7,
    "pad_type_id": 1,
    "pad_token": "un",
}
NORMALIZER = {
    "type": "BertNormalizer",
    "clean_text": True,
    "handle_chinese_chars": False,
    "strip_accents": True,
    "lowercase": False,
}
BACKEND = {
    "tokenizer_class": "TokenizersBackend",
    **{f"{role}_token": f"[{role.upper()}]" for role in ("unk", "sep", "pad", "cls", "mask")},
}


@pytest.mark.parametrize("config", [{}, BACKEND, {**BACKEND, "added_tokens_decoder": DECODER}])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"added_tokens": []},
        {"added_tokens": [entry(13, "x", lstrip=True), entry(4, "[MASK]", rstrip=True)]},
        {"truncation": TRUNCATION},
        {"padding": PADDING},
        {"normalizer": NORMALIZER},
        {"post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]}},
    ],
)
def test_tokenizer_json(tmp_path, changes, config):
    values = saved_tokenizer_json(tmp_path / "x") | changes
    folder = make(tmp_path / "x", ["[UNK]"], tokenizer=values, tokenizer_config=config)
    ours, theirs = as_values(read_settings(folder)), load(folder)
    assert ours == as_ours(theirs)
    assert theirs("É a", "b")["input_ids"][::2] == [2, ours["vocabulary"]["a"], 8]


TOKEN = st.sampled_from(["[CLS]", "[MASK]", "a", "x", "y", "Zz"])
ROLE = st.sampled_from(["cls_token", "mask_token", "bos_token", "own_token"])
OWN = {"cls_token": "new", "mask_token": "york", "bos_token": "T", "own_token": "e"}
# Two roles that give one token different flags are HF's by chance of their order; not here.
ROLES = st.fixed_dictionaries(
    {},
    optional={
        role: st.one_of(
            TOKEN,
            st.builds(typed, st.just(own), lstrip=st.booleans()),
            st.builds(typed, st.just(own), normalized=st.booleans(), special=st.booleans()),
        )
        for role, own in OWN.items()
    },
)
CONFIG = st.fixed_dictionaries(
    {},
    optional={
        "extra_special_tokens": st.lists(TOKEN, max_size=2),
        "additional_special_tokens": st.lists(TOKEN, max_size=2),
        "do_lower_case": st.booleans(),
        "padding_side": st.sampled_from(["left", "right"]),
        "added_tokens_decoder": st.just({"13": {"content": "x"}, "8": {"content": "b"}}),
        "model_max_length": st.sampled_from([5, None, 1e30]),
    },
)
ADDED = st.lists(TOKEN, unique=True, max_size=3).map(
    lambda tokens: {
        token: WORDS.index(token)
        if token in WORDS
        else 13 + [t for t in tokens if t not in WORDS].index(token)
        for token in tokens
    }
)


@given(CONFIG, ROLES, st.dictionaries(ROLE, TOKEN, max_size=2), ADDED)
def test_any_files(tmp_path_factory, config, roles, special, added):
    folder = tmp_path_factory.mktemp("any") / "x"
    make(folder, tokenizer_config=config | roles, special_tokens_map=special, added_tokens=added)
    assert as_values(read_settings(folder)) == as_ours(load(folder))


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"added_tokens": {"x": 20}}, "'x' has id 20"),
        ({"added_tokens": {"x": 8}}, "'x' has id 8"),
        ({"tokenizer_config": {"unk_token": "zz"}}, "lacks 'zz'"),
        ({"tokenizer_config": {"cls_token": "$A"}}, "templates"),
        ({"tokenizer_config": {"mask_token": None}}, "mask_token is not given"),
    ],
)
def test_what_they_load_to_something_else_is_refused(tmp_path, files, why):
    """Where they renumber a token, or load a tokenizer that fails at the first unknown word."""
    folder = make(tmp_path / "x", **files)
    assert load(folder).vocab_size == len(WORDS)
    with pytest.raises(CheckpointError, match=why):
        read_settings(folder)
