"""What one side wrote, the other reads to the same tokenizer."""

import itertools
import json
import shutil

import pytest
import transformers
from tokenizers.models import WordPiece

from scratch_bert.tokenization.files.checkpoint_folder import read_settings, write_settings
from scratch_bert.tokenization.files.settings import AddedToken, TokenizerSettings
from scratch_bert.tokenization.files.vocabulary import read_vocabulary
from scratch_bert.weights.builtin import minilm
from tests.reference.tokenizer.tokenizer_sides import FLAGS, as_ours, as_values, load

ALL_FLAGS = list(itertools.product([False, True], repeat=len(FLAGS)))


@pytest.fixture(scope="module", params=[True, False], ids=["uncased", "cased"])
def rich(request, tmp_path_factory):
    """HF's tokenizer of the real vocabulary, with added tokens of every kind, saved by HF."""
    folder = tmp_path_factory.mktemp("rich")
    shutil.copy(minilm() / "vocab.txt", folder / "vocab.txt")
    theirs = transformers.BertTokenizerFast.from_pretrained(
        folder,
        do_lower_case=request.param,
        strip_accents=not request.param,
        tokenize_chinese_chars=request.param,
        mask_token=transformers.AddedToken("<Mask>", lstrip=True, special=True),
        bos_token="<s>",  # noqa: S106
        extra_special_tokens=["<one>", "hello"],
        model_max_length=128,
        padding_side="left",
        truncation_side="left",
        clean_up_tokenization_spaces=True,
    )
    tokens = [
        transformers.AddedToken(f"Tok{i} é", **dict(zip(FLAGS, values, strict=True)))
        for i, values in enumerate(ALL_FLAGS)
    ]
    theirs.add_tokens(tokens)
    theirs.save_pretrained(folder / "saved")
    (folder / "saved" / "config.json").write_text('{"model_type": "bert"}')
    return theirs, folder / "saved"


def test_theirs_ours_theirs(rich, tmp_path):
    theirs, folder = rich
    settings = read_settings(folder)
    assert as_values(settings) == as_ours(theirs) == as_ours(load(folder))
    write_settings(settings, tmp_path)
    again = transformers.BertTokenizerFast.from_pretrained(tmp_path)
    assert as_ours(again) == as_ours(theirs)
    assert read_settings(tmp_path) == settings
    text = "Hello <Mask>  Tok3 é, tok10 é? Unaffable东 <one> tok31 É [SEP] naïve"
    assert dict(again(text, text)) == dict(theirs(text, text))
    ids = theirs(text)["input_ids"]
    assert again.decode(ids, skip_special_tokens=True) == theirs.decode(
        ids, skip_special_tokens=True
    )


def test_what_is_written_is_a_whole_tokenizers_file(rich, tmp_path):
    """The tokenizers library itself, without transformers' rules, reads it to the same."""
    theirs, folder = rich
    write_settings(read_settings(folder), tmp_path)
    text = "Hello <Mask>  Tok3 é, tok10 é? Unaffable东 <one> tok31 É [SEP] naïve"
    backend = transformers.PreTrainedTokenizerFast(tokenizer_file=str(tmp_path / "tokenizer.json"))
    assert backend(text, text)["input_ids"] == theirs(text, text)["input_ids"]
    ours = json.loads((tmp_path / "tokenizer.json").read_text())
    saved = json.loads((folder / "tokenizer.json").read_text())
    assert ours.keys() == saved.keys()
    assert {**ours, "model": 0} == {**saved, "model": 0}
    assert ours["model"] == saved["model"]


ODD = {
    "vocabulary": {"?": 0, "a": 1, "b c": 2, " \n": 3},
    "unk_token": "?",
    "cls_token": "<s>",
    "sep_token": "</s>",
    "eos_token": "</s>",
    "model_specific_special_tokens": {"image_token": "<img>", "b_token": "B"},
    "added_tokens": {4: AddedToken("x y", single_word=True)},
    "model_input_names": ("input_ids", "attention_mask"),
}


@pytest.mark.parametrize(
    "settings",
    [
        TokenizerSettings(read_vocabulary(minilm() / "vocab.txt"), model_max_length=512),
        TokenizerSettings(**ODD),
    ],
    ids=["real", "odd"],
)
def test_ours_theirs_ours(settings, tmp_path):
    write_settings(settings, tmp_path)
    found = read_settings(tmp_path)
    theirs = transformers.BertTokenizerFast.from_pretrained(tmp_path)
    assert as_ours(theirs) == as_values(found)
    theirs.save_pretrained(tmp_path / "saved")
    assert read_settings(tmp_path / "saved") == found
    assert found.vocabulary == settings.vocabulary
    assert found.special_tokens_map == settings.special_tokens_map


def test_vocab_txt_by_the_library(tmp_path):
    """Characters at the start, in the middle and at the end of a line; and odd line ends."""
    codes = [*range(0xD800), *range(0xE000, 0x110000, 101)]
    lines = [f"{chr(code)}{code}{chr(code)}{code}{chr(code)}" for code in codes]
    path = tmp_path / "vocab.txt"
    for text in ("\n".join(lines), "a\r\nb\r\r\n\n\n", "a\nb\na", "\ufeffa\n", "a\n\n"):
        path.write_bytes(text.encode("utf-8"))
        assert read_vocabulary(path) == WordPiece.read_file(str(path))
