"""A folder's files → settings → a folder's files; that HF agrees is tests/reference."""

import copy
import json

import pytest

from scratch_bert.errors import CheckpointError
from scratch_bert.tokenization.files.checkpoint_folder import read_settings, write_settings
from scratch_bert.tokenization.files.settings import AddedToken, TokenizerSettings
from scratch_bert.tokenization.files.vocabulary import SPECIAL

WORDS = [*SPECIAL, "un", "##aff", "a"]
VOCABULARY = {word: i for i, word in enumerate(WORDS)}


def write(folder, files):
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / name).write_text(text)


@pytest.fixture
def folder(tmp_path):
    write(tmp_path, {"vocab.txt": "\n".join(WORDS)})
    return tmp_path


def test_vocab_txt_alone(folder):
    settings = read_settings(folder)
    assert settings.vocabulary == VOCABULARY
    assert settings.added_tokens == {i: AddedToken(SPECIAL[i], special=True) for i in range(5)}
    assert settings == TokenizerSettings(VOCABULARY, added_tokens=settings.added_tokens)


SETTINGS = TokenizerSettings(
    vocabulary=VOCABULARY,
    lowercase=False,
    strip_accents=True,
    split_cjk=False,
    bos_token="<b>",  # noqa: S106
    mask_token="é",  # noqa: S106
    extra_special_tokens=("a", "<x>"),
    model_specific_special_tokens={"image": "<i>", "b_token": "<x>"},
    added_tokens={
        8: AddedToken("<b>", lstrip=True, special=True),
        9: AddedToken("New York", rstrip=True, single_word=True),
        10: AddedToken("x", normalized=False),
        11: AddedToken("é", normalized=True, special=True),
        12: AddedToken("<i>", special=True),
        13: AddedToken("<x>", special=True),
    },
    model_max_length=77,
    padding_side="left",
    truncation_side="left",
    clean_up_tokenization_spaces=True,
    split_special_tokens=True,
    model_input_names=("input_ids",),
)


def test_what_is_written_is_read(tmp_path):
    written = write_settings(SETTINGS, tmp_path / "new")
    assert {path.name for path in written} == {p.name for p in (tmp_path / "new").iterdir()}
    assert len(written) == 4
    found = read_settings(tmp_path / "new")
    assert {**vars(found), "added_tokens": 0} == {**vars(SETTINGS), "added_tokens": 0}
    roles = {i: AddedToken(WORDS[i], special=True) for i in (0, 1, 2, 3, 7)}
    assert found.added_tokens == {**SETTINGS.added_tokens, **roles}


def test_a_vocabulary_with_a_gap_is_written_without_vocab_txt(folder):
    settings = TokenizerSettings({**VOCABULARY, "far": 30})
    written = write_settings(settings, folder)
    assert not (folder / "vocab.txt").exists()
    assert "vocab.txt" not in {path.name for path in written}
    assert read_settings(folder).vocabulary == settings.vocabulary


LAST = {"content": "b"}


def test_ids_that_files_cannot_say_are_not_written(tmp_path):
    settings = TokenizerSettings(VOCABULARY, added_tokens={9: AddedToken("x")})
    with pytest.raises(CheckpointError, match="'x' has id 9, but after the vocabulary"):
        write_settings(settings, tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"vocab.txt": "a"}, r"vocab.txt: lacks '\[UNK\]', the unk_token; is it a BERT"),
        ({"tokenizer_config.json": {"do_lower_case": "yes"}}, "do_lower_case is 'yes', expected"),
        ({"tokenizer_config.json": {"do_lower_case": None}}, "do_lower_case is None, expected"),
        ({"tokenizer_config.json": {"padding_side": "up"}}, "padding_side is 'up', expected"),
        ({"tokenizer_config.json": {"cls_token": None}}, "cls_token is not given"),
        ({"tokenizer_config.json": {"cls_token": {"content": "a"}}}, "cls_token is {'content'"),
        ({"tokenizer_config.json": {"sep_token": "a b"}}, "sep_token is 'a b'; HF's templates"),
        ({"tokenizer_config.json": {"cls_token": "$A"}}, "cls_token is '\\$A'; HF's templates"),
        ({"special_tokens_map.json": {"unk_token": "zz"}}, "lacks 'zz', the unk_token"),
        ({"special_tokens_map.json": {"cls_token": {}}}, "map.json: cls_token has content None"),
        (
            {"special_tokens_map.json": {"cls_token": {"content": "a", "lstrip": 1}}},
            "map.json: cls_token has lstrip 1, expected true or false",
        ),
        ({"special_tokens_map.json": {"additional_special_tokens": [{"content": "a"}]}}, "a token"),
        ({"added_tokens.json": {"b": 99}}, "json: 'b': 'b' has id 99, but .*vocab.txt"),
        ({"added_tokens.json": {"b": 7}}, "'b' has id 7, but .*vocab.txt .* gets id 8"),
        ({"added_tokens.json": {"a": 8}}, "'a' has id 8, but .*vocab.txt .* has id 7"),
        ({"added_tokens.json": {"b": 8, "c": 8}}, "'c' has id 8, but .* gets id 9"),
        ({"added_tokens.json": {"b": True}}, "id is True, expected a number"),
        ({"added_tokens.json": {"b": -8}}, "id is -8, expected a number"),
        ({"added_tokens.json": "[]"}, "added_tokens.json: holds a list"),
        ({"tokenizer_config.json": {"added_tokens_decoder": []}}, "added_tokens_decoder is"),
        ({"tokenizer_config.json": {"added_tokens_decoder": {"x": LAST}}}, "id is 'x'"),
        ({"tokenizer_config.json": {"added_tokens_decoder": {"8": "b"}}}, r"\['8'\] is 'b'"),
        ({"tokenizer_config.json": {"added_tokens_decoder": {"9" * 5000: LAST}}}, "id is '9999"),
        ({"tokenizer_config.json": {"tokenizer_class": "RobertaTokenizer"}}, "'RobertaTokenizer'"),
        ({"config.json": {"tokenizer_class": 5}}, "config.json: tokenizer_class is 5"),
        ({"tokenizer_config.json": {"tokenizer_class": "TokenizersBackend"}}, "needs it"),
    ],
)
def test_contradictions_and_damage_are_named(folder, files, message):
    write(folder, files)
    with pytest.raises(CheckpointError, match=message):
        read_settings(folder)


def test_an_empty_folder(tmp_path):
    with pytest.raises(CheckpointError, match=r"vocab\.txt: there is no such file"):
        read_settings(tmp_path)


def whole(folder):
    """All the files there are, each with every entry."""
    write_settings(SETTINGS, folder)
    write(folder, {"added_tokens.json": {"New York": 9}, "config.json": {"model_type": "bert"}})
    return {
        path.name: json.loads(path.read_text())
        for path in folder.iterdir()
        if path.suffix == ".json"
    }


def places(values, place=()):
    yield place
    if isinstance(values, dict | list):
        for key in values if isinstance(values, dict) else range(len(values)):
            yield from places(values[key], (*place, key))


def refusal(folder):
    try:
        read_settings(folder)
    except CheckpointError as error:
        return str(error)
    return ""


JUNK = [None, True, -1, 2**70, 1e999, "", "a b", [1], {}, {"content": 1}]


@pytest.mark.sample(1)
@pytest.mark.parametrize("backend", [False, True])
def test_no_entry_makes_it_stumble(tmp_path, backend):
    """Junk in the place of every entry of every file is settings or a CheckpointError.

    It takes several seconds: there are some 2,000 combinations, and each is written and read.
    """
    files = whole(tmp_path)
    if backend:
        files["tokenizer_config.json"]["tokenizer_class"] = "TokenizersBackend"
        write(tmp_path, files)
        assert read_settings(tmp_path).lowercase is False
    refused = 0
    for name, values in files.items():
        for place in places(values):
            for junk in JUNK:
                changed = copy.deepcopy({"": values})
                inner = changed
                for key in ("", *place)[:-1]:
                    inner = inner[key]
                inner[("", *place)[-1]] = junk
                write(tmp_path, {name: json.dumps(changed[""])})
                message = refusal(tmp_path)
                assert str(tmp_path) in message or not message
                refused += message != ""
        write(tmp_path, {name: values})
    assert refused > 500


@pytest.mark.parametrize(
    "name", ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"]
)
def test_no_cut_makes_it_stumble(tmp_path, name):
    whole(tmp_path)
    content = (tmp_path / name).read_bytes()
    for end in range(0, len(content) - 1, 7):
        (tmp_path / name).write_bytes(content[:end])
        message = refusal(tmp_path)
        assert f"{name}, line" in message


@pytest.mark.parametrize(
    "name",
    [
        "tokenizer.json",
        "tokenizer_config.json",
        "special_tokens_map.json",
        "added_tokens.json",
        "config.json",
    ],
)
def test_a_folder_in_place_of_a_file(folder, name):
    (folder / name).mkdir()
    with pytest.raises(CheckpointError, match=f"{name}: cannot be read"):
        read_settings(folder)


def test_another_pipeline_counts_only_where_its_class_takes_it(tmp_path):
    files = whole(tmp_path)
    files["tokenizer.json"]["pre_tokenizer"] = {"type": "Whitespace"}
    write(tmp_path, files)
    assert read_settings(tmp_path).vocabulary == VOCABULARY
    files["tokenizer_config.json"]["tokenizer_class"] = "PreTrainedTokenizerFast"
    write(tmp_path, files)
    with pytest.raises(CheckpointError, match=r"tokenizer\.json: pre_tokenizer is .*Whitespace"):
        read_settings(tmp_path)
