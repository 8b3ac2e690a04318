"""Lines of files: in parts, or together as they come; what cannot be read is named."""

import io

import pytest

from scratch_bert.cli import input_lines
from scratch_bert.cli.input_lines import InputError, read_lines, read_windows


@pytest.fixture
def short_parts(monkeypatch):
    monkeypatch.setattr(input_lines, "PART", 64)


def lines_of(data, name="file", advance=lambda count: None):
    return [(n, list(parts)) for n, parts in read_lines(io.BytesIO(data), name, advance)]


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", []),
        (b"\n", [""]),
        (b"one", ["one"]),
        (b"one\n\ntwo\n", ["one", "", "two"]),
        (b"a\r\nb\x0cc\xe2\x80\xa8d\x1ee", ["a\r", "b\x0cc\u2028d\x1ee"]),
    ],
)
def test_lines_end_at_newlines_only(data, lines):
    assert lines_of(data) == [(n, [line]) for n, line in enumerate(lines, start=1)]


@pytest.mark.parametrize("length", [63, 64, 65, 127, 128, 129, 1000])
@pytest.mark.parametrize("end", ["", "\n", "\nnext"])
def test_a_long_line_comes_in_parts(length, end, short_parts):
    line = ("äöü€😀" * length)[:length]
    found = lines_of((line + end).encode())
    assert [n for n, _ in found] == [1, 2][: 1 + (end == "\nnext")]
    assert "".join(found[0][1]) == line
    assert len(found[0][1]) > len(line.encode()) // 130
    assert max(map(len, found[0][1])) <= 128


def test_what_nobody_wanted_of_a_line_is_skipped(short_parts):
    lines = read_lines(io.BytesIO(b"x" * 1000 + b"\nnext\n"), "file", lambda count: None)
    assert [(n, next(parts)) for n, parts in lines] == [(1, "x" * 64), (2, "next")]


def test_no_line_waits_for_the_next_one():
    class Typed(io.BytesIO):
        def read1(self, size=-1):
            return self.readline()

    file = Typed(b"one\ntwo\n")
    lines = read_lines(file, "file", lambda count: None)
    assert list(next(lines)[1]) == ["one"]
    assert file.tell() == 4


def test_bytes_are_counted(short_parts):
    counts = []
    lines_of(b"abc\n" * 100, advance=counts.append)
    assert (sum(counts), max(counts)) == (400, 64)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"good\nbad \xff\n", 2),
        (b"\xc3\n\xa4", 1),
        (b"cut \xe2\x82", 1),
        (b"a\n" + b"x" * 200 + b"\xff", 2),
        (b"x" * 127 + b"\xe2", 1),
    ],
)
def test_not_utf8(data, line, short_parts):
    with pytest.raises(InputError, match=f"^file, line {line}: not UTF-8; convert it first"):
        lines_of(data)


def test_a_file_that_cannot_be_read():
    class Broken(io.BytesIO):
        def read1(self, size=-1):
            raise OSError(5, "Input/output error")

    with pytest.raises(InputError, match=r"^file: cannot be read: Input/output error$"):
        list(read_lines(Broken(), "file", lambda count: None))


def windows_of(file):
    return list(read_windows(file, "file", lambda count: None))


def test_windows_are_the_lines_of_a_block(short_parts):
    data = "\n".join(["äöü€😀" * n for n in range(20)] + [""] * 200).encode()
    windows = windows_of(io.BytesIO(data))
    lines = [line for _, window in windows for line in window]
    assert "\n".join(lines) + "\n" == data.decode()
    numbers = [number for number, _ in windows]
    assert numbers == [1 + sum(len(w) for _, w in windows[:i]) for i in range(len(windows))]
    assert max(len(window) for _, window in windows) == 64
    assert windows_of(io.BytesIO(b"")) == []


def test_no_window_waits_for_the_next_one():
    class Typed(io.BytesIO):
        def read1(self, size=-1):
            return self.readline()

    file = Typed(b"one\ntwo\n")
    assert next(read_windows(file, "file", lambda count: None)) == (1, ["one"])
    assert file.tell() == 4


def test_what_is_good_comes_before_what_is_not():
    windows = read_windows(io.BytesIO(b"one\ntwo\n\xff\n"), "file", lambda count: None)
    assert next(windows) == (1, ["one", "two"])
    with pytest.raises(InputError, match="line 3"):
        next(windows)
