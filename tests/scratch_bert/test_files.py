"""JSON in, and any file out, whole or not at all."""

import pytest

from scratch_bert.errors import CheckpointError
from scratch_bert.files import read_object, replace


def test_an_object_is_read(tmp_path):
    (tmp_path / "a.json").write_bytes('{"a": "é \\ud83d\\ude00 \\\\ud800"}'.encode())
    assert read_object(tmp_path / "a.json") == {"a": "é 😀 \\ud800"}
    assert read_object(tmp_path / "b.json") is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "a.json, line 1: not JSON"),
        (b'{\n"a": 1,\n', "a.json, line 3: not JSON"),
        (b'{\n"a": "\xff"}', "a.json, line 2: not UTF-8"),
        (b"\xef\xbb\xbf{}", "a.json, line 1: not JSON: Unexpected UTF-8 BOM"),
        (b"[" * 100_000, "a.json: not a JSON file: maximum recursion"),
        (b'{"a": ' + b"9" * 5000 + b"}", "a.json: not a JSON file: Exceeds the limit"),
        (b"[1]", "a.json: holds a list, expected an object"),
        (b'{"a":\n"\\ud83d\\ude00\\uD83D"}', r"a.json, line 2: \\uD83D is half a character"),
        (b'{"\\udc00": 1}', r"a.json, line 1: \\udc00 is half a character"),
    ],
)
def test_damage_is_named(tmp_path, content, message):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(CheckpointError, match=message):
        read_object(tmp_path / "a.json")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(CheckpointError, match="cannot be read: Is a directory"):
        read_object(tmp_path)


def test_what_fails_half_way_leaves_the_old_file(tmp_path):
    path = tmp_path / "a"
    path.write_text("old")

    def half(place):
        place.write_text("ne")
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011
        replace(path, half)
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("a", "old")]
    replace(path, lambda place: place.write_text("new"))
    assert path.read_text() == "new"
