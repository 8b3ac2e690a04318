"""Files are found in order, looked through whole, and read part by part."""

import gzip
import os
import tracemalloc

import pytest

from scratch_bert.errors import CorpusError
from scratch_bert.pretraining.corpus import text_files
from scratch_bert.pretraining.corpus.text_files import check_file, files_of, opened
from scratch_bert.pretraining.corpus.texts import file_texts


def test_files_are_in_the_order_of_their_paths(tmp_path):
    for name in ("b/z.txt", "b/a/x.txt", "b.txt", "a/y.txt", "c.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "empty").mkdir()
    found = [*files_of(tmp_path)]
    assert found == sorted(path for path in tmp_path.rglob("*") if path.is_file())
    assert len(found) == 5
    for alone in (tmp_path / "empty", tmp_path / "c.txt", tmp_path / "nowhere"):
        assert [*files_of(alone)] == [alone]


def test_what_is_no_file_is_named(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "loop").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "in" / "pipe")
    loop, pipe = files_of(tmp_path)
    with pytest.raises(CorpusError, match="loop: has no files in it, or is a link, which is not"):
        check_file(loop)
    with pytest.raises(CorpusError, match="pipe: is no file; a corpus is read more than once"):
        check_file(pipe)


@pytest.mark.parametrize("part", [1, 2, 5, 1000])
@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("é\n\n東\n".encode() + b"\xff", "line 4: not UTF-8"),
        ("a\né".encode()[:-1], "line 2: not UTF-8"),
        (b"a\n\nb\0\0", "line 3: is no text, there is a NUL in it"),
        (b" \n\t\n \n", "has no text in it"),
        (b"", "has no text in it"),
        ("\n\né".encode(), None),
    ],
)
def test_whatever_the_parts_that_are_read(content, why, part, tmp_path, monkeypatch):
    monkeypatch.setattr(text_files, "_PART", part)
    (tmp_path / "x.txt").write_bytes(content)
    (tmp_path / "x.gz").write_bytes(gzip.compress(content))
    for path in (tmp_path / "x.txt", tmp_path / "x.gz"):
        if why is None:
            check_file(path)
            with opened(path) as (text, _):
                assert text.read() == content.decode()
            continue
        with pytest.raises(CorpusError) as told:
            check_file(path)
        assert str(told.value).partition(path.name)[2].lstrip(":, ") == why


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["txt", "gz"])
def test_memory_does_not_grow_with_a_file(suffix, tmp_path):
    text = b"It is a line.\n" * 40 + b"\n"
    peaks = []
    for times in (1 << 10, 1 << 13):
        content = text * times
        path = tmp_path / f"{times}.{suffix}"
        path.write_bytes(gzip.compress(content, 1) if suffix == "gz" else content)
        tracemalloc.start()
        number = sum(1 for _ in file_texts([path], whole_files=False))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert number == times
    assert len(content) > 4_000_000
    assert peaks[1] < peaks[0] + 500_000


def test_how_much_was_read(tmp_path):
    for name, content in (("a", b"One.\n\nTwo.\n"), ("b.gz", gzip.compress(b"a. " * 999))):
        (tmp_path / name).write_bytes(content)
        read = [text.read for text in file_texts([tmp_path / name], whole_files=False)]
        assert sum(read) == len(content)
