"""docs/adapters.md: every section's code is a candidate that the judge leaves in peace."""

import re
from pathlib import Path

import pytest

from parity.core.compare import Status
from parity.core.import_by_name import load_maker
from tests.judging import failed, judged

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "adapters.md").read_text()
SECTIONS = {
    text.partition("\n")[0]: "\n\n".join(blocks)
    for text in GUIDE.split("\n## ")[1:]
    if (blocks := re.findall(r"```python\n(.*?)```", text, re.DOTALL))
}
PROBES = ["padded right", "pair"]


def candidate(title, code, place):
    """Write a section's code into a file; the last of its classes is the adapter."""
    file = place / f"{re.sub('[^a-z]+', '_', title.lower())}.py"
    file.write_text(code)
    return f"{file}:{re.findall('^class ([A-Za-z]+)', code, re.MULTILINE)[-1]}"


@pytest.mark.parametrize("title", SECTIONS)
def test_a_sections_code_is_a_candidate(title, small, recorded, tmp_path):
    name = candidate(title, SECTIONS[title], tmp_path)
    rows = judged(name, small, recorded, PROBES)
    assert failed(rows, "propagated") == failed(rows, "isolated") == []
    stages = {
        stage.replace("{i}", str(i))
        for stage in getattr(load_maker(name), "stages", {})
        for i in range(3)
    }
    for lane in ("propagated", "isolated"):
        matched = {r["name"] for r in rows if (r["lane"], r["status"]) == (lane, Status.MATCH)}
        assert matched
        assert stages <= matched


def test_scores_that_nobody_sees_are_not_compared(small, recorded, tmp_path):
    """Named or not: an attention need not compute any, or does it where nobody sees it."""
    title = "HuggingFace's layout"
    name = "encoder.layer.0.attention.self.scores"
    place = f'    stages = {{"{name}": "encoder.layer.0.attention.self:scores"}}\n\n    def build'
    for code in (SECTIONS[title], SECTIONS[title].replace("    def build", place)):
        rows = judged(candidate(title, code, tmp_path), small, recorded, PROBES[1:])
        scores = [row for row in rows if row["name"] == name]
        note = "no softmax was called in its module, or not where the judge sees it"
        assert {(row["status"], row["note"]) for row in scores} == {(Status.UNSUPPORTED, note)}


MISTAKES = [
    ("Other names", '"activation": "gelu"', '"activation": "relu"', "intermediate"),
    ("Query, key and value in one linear", "1)[0]", "1)[1]", "attention.self.query"),
    ("Weights the other way round", "= theirs.T", "= theirs.T.flip(1)", "attention.self.query"),
    ("Lazy layers", "Sizes.of(config)", "Sizes.of({**config, 'num_attention_heads': 2})", ""),
]


@pytest.mark.parametrize(("title", "old", "new", "place"), MISTAKES)
def test_a_mistake_in_a_sections_code_is_found(title, old, new, place, small, recorded, tmp_path):
    assert SECTIONS[title].count(old) == 1
    code = SECTIONS[title].replace(old, new)
    rows = judged(candidate(title, code, tmp_path), small, recorded, PROBES)
    assert failed(rows, "isolated")[0] == f"encoder.layer.0.{place}".rstrip(".")


def test_blocks_can_be_read_at_a_glance():
    blocks = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    assert max(len(line) for block in blocks for line in block.splitlines()) <= 100
    assert len(SECTIONS) == 12


def test_every_file_named_is_there():
    text = re.sub(r"```.*?```", "", GUIDE, flags=re.DOTALL)
    links = [ROOT / "docs" / link for link in re.findall(r"\]\(([^)#]+)\)", text)]
    links += [ROOT / name for name in re.findall(r"`((?:parity|tests)/[\w./]+)`", text)]
    assert [link for link in links if not link.exists()] == []
    assert links
