"""The report as a picture: files that can be opened, and what is drawn."""

import html
import importlib.util

import pytest

from parity.cli import options
from parity.cli.main import main
from parity.core.compare import Comparison, Status
from parity.core.verdict import Report
from parity.report.picture import draw

NAMES = ["embeddings", "encoder.layer.0", "pooler"]


def value(name, needed, **more):
    numbers = {"allowed": 1e-11, "max_abs": needed * 1e-11, "max_rel": 1.0}
    return Comparison(name, Status.VALUE if needed > 1 else Status.MATCH, **numbers, **more)


def svg(tmp_path, rows, candidate="my.py:Bert"):
    place = tmp_path / "report.svg"
    draw(Report(rows, {"candidate": candidate, "rerun": "parity check"}), place, "svg")
    return place.read_text(encoding="utf-8")


def texts(picture):
    """Matplotlib writes each text as a comment before its outlines."""
    return [part.split("-->")[0].strip() for part in picture.split("<!--")[1:]]


def test_what_is_drawn(tmp_path):
    rows = [value(name, place * 50) for place, name in enumerate(NAMES)]
    rows += [
        value(name, 0.5 + 100 * (place == 1), lane="isolated") for place, name in enumerate(NAMES)
    ]
    drawn = svg(tmp_path, rows)
    shown = texts(drawn)
    assert {*NAMES, "text", "from ids to outputs"} <= {*shown}
    assert "my.py:Bert" in shown
    assert "diverges: 3 of 6 comparisons hold" in shown
    assert "born: wrong though its input was right" in shown
    assert "inherited: wrong since its input was" in shown
    assert "missing" not in shown


def test_a_backward_pass_alone_is_wrong(tmp_path):
    rows = [value("pooler", 0.5), value("pooler", 9.0, lane="gradient")]
    assert "gradients, on the way back" in texts(svg(tmp_path, rows))


def test_any_name_can_be_drawn(tmp_path):
    name = "$\\frac{$ <b> & \udcff"
    rows = [value(name, 9.0, probe=name, checkpoint=name)]
    assert r"$\frac{$ <b> & ?" in texts(html.unescape(svg(tmp_path, rows, name)))


def test_nothing_to_draw(tmp_path):
    assert "nothing compared" in " ".join(texts(svg(tmp_path, [])))


@pytest.mark.sample(1)
@pytest.mark.parametrize(("name", "begins"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml")])
def test_from_the_command(name, begins, tmp_path, capsys):
    place = tmp_path / name
    with pytest.raises(SystemExit) as exit_:
        main(["diff", "--checkpoint", "builtin:adversarial", "--stage", "emb*", "-o", str(place)])
    assert exit_.value.code == 0
    assert place.read_bytes().startswith(begins)


def test_without_matplotlib(monkeypatch, tmp_path, capsys):
    find = importlib.util.find_spec
    absent = {"matplotlib": None}
    monkeypatch.setattr(options, "find_spec", lambda name: absent.get(name, find))
    with pytest.raises(SystemExit) as exit_:
        main(["diff", "-o", str(tmp_path / "a.png")])
    assert exit_.value.code == 4
    told = " ".join(capsys.readouterr().err.replace("│", "").split())
    assert "a picture needs matplotlib: pip install 'scratch-bert[inspection]'" in told
    assert not [*tmp_path.iterdir()]
