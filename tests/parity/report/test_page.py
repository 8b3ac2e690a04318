"""The report's page, as a browser shows it: what it says, and what a reader does with it."""

import re
import shlex

import pytest

from parity.cli.main import main
from parity.core.cause import Cause, Diagnosis
from parity.core.compare import Comparison, Status
from parity.core.mistake import Injection
from parity.core.verdict import Report
from parity.model.mistakes.catalogue import CATALOGUE
from parity.report.heat_map import Column
from parity.report.page import to_html
from parity.report.repeat import repeat_command
from tests.browser import needs_browser, opened

HOSTILE = "my </script><script>alert(1)</script> 'café' \"q\" & \udcff.py:Bert"
NORM = "encoder.layer.1.output.LayerNorm"
AGAIN = shlex.join(["parity", "check", HOSTILE, "--seed", "3"])
STAGES = ["embeddings", "encoder.layer.0", "encoder.layer.1.output.sum", NORM, "encoder.layer.1"]
LATER = ["pooler", "last_hidden_state"]


def row(name, status="MATCH", needed=0.0, **more):
    """A comparison that needs so many times what is allowed."""
    numbers = {"allowed": 1e-11, "max_abs": needed * 1e-11, "max_rel": needed * 1e-11 / 4}
    same = {"bit_equal": status == "MATCH" and not needed}
    return Comparison(name, Status(status), **{"shape": (2, 12), **same, **numbers, **more})


def rows():
    """A LayerNorm that is wrong, on two inputs, with two checkpoints; and all else there can be."""
    made = []
    for checkpoint, layers in (("made", 2), ("trained", 3)):
        more = [f"encoder.layer.{layer}" for layer in range(2, layers)]
        for probe, factor in (("pair", 1.0), ("holes", 100.0)):
            here = {"checkpoint": checkpoint, "probe": probe}
            for lane in ("propagated", "isolated"):
                for name in [*STAGES, *more, *LATER]:
                    place = STAGES.index(name) if name in STAGES else 5
                    wrong = name == NORM or (place > 3 and lane == "propagated")
                    needed = factor * (30.0 + place) if wrong else 1e-4 * place
                    status = "VALUE" if wrong else "MATCH"
                    counts = {"0": 4, "1e-13": 12, "1e-10": 8} if wrong else {}
                    labels = {"lane": lane, "where": (0, 7) if wrong else (), "histogram": counts}
                    made.append(row(name, status, needed, **labels, **here))
            made.append(row("pooler", lane="padding", **here))
        made.append(row("pooler", lane="gradient", checkpoint=checkpoint, probe="gradients"))
    other = {"checkpoint": "trained", "probe": "odd"}
    nan = {"max_abs": float("nan"), "max_rel": float("nan")}
    made += [
        row("embeddings", "SHAPE", note="ours is (2,), theirs (3,)", **nan, **other),
        row(NORM, "UNSUPPORTED", note=f"note {HOSTILE}", **nan, **other),
        row("pooler", "MISSING_OURS", note="its module was not called", **nan, **other),
        row("order", lane="law", checkpoint="made", probe="order", note="words count"),
        row(
            "suffix",
            "VALUE",
            lane="law",
            checkpoint="made",
            probe="suffix",
            reproduction="import x",
        ),
    ]
    return made


@pytest.fixture(scope="module")
def report():
    mistake = Injection(CATALOGUE["norm-eps-1e-5"], (NORM,))
    cause = Cause((mistake,), (NORM,), "pair", 9.6e-7, 8.9e-16)
    return Report(
        rows(),
        {"candidate": HOSTILE, "torch": "2.13", "rerun": f"{AGAIN} -o page.html"},
        notes=[f"careful: {HOSTILE}"],
        diagnosis=Diagnosis([cause], {"pooler": ["it is off"]}, {NORM: "my.py:40"}, "made"),
    )


@pytest.fixture(scope="module")
def file(report, tmp_path_factory):
    place = tmp_path_factory.mktemp("page") / "report.html"
    place.write_text(to_html(report), encoding="utf-8")
    return place


def names(page):
    """The stages that are shown, from the top."""
    return page.eval_on_selector_all(
        "#grid tbody tr:not(.group) > th", "all => all.map(th => th.title)"
    )


def cell(page, stage, column):
    return page.locator(f"#grid tbody tr:not(.group):has(> th[title='{stage}']) > td").nth(column)


def plain(text):
    """A text with what has no shape, half a character, shown as a browser may show it."""
    return re.sub("[\udcff\ufffd]+", "?", text)


@pytest.mark.slow
@needs_browser
def test_from_a_run_to_the_command_of_a_cell(small, tmp_path, command_line, monkeypatch):
    monkeypatch.setattr("parity.diagnosis.explain.explain", lambda _, rows: (Diagnosis(), [*rows]))

    candidate, file = "tests/parity/strangers/berts/fused.py:Fused_1_eps", tmp_path / "report.html"
    probe = ("--probe", "padded pairs")
    code, out, _ = command_line(
        main, "check", candidate, "--checkpoint", str(small), *probe, "-o", str(file)
    )
    assert code == 1
    with opened(file) as page:
        first = "encoder.layer.1.attention.output.LayerNorm"
        cell(page, first, 0).click()
        counts = page.locator(".histogram tbody tr td:nth-child(2)").all_inner_texts()
        shape = page.locator(".numbers tr:last-child td").first.inner_text()
        assert shape == "2x12x48"
        assert sum(int(count.replace(",", "") or 0) for count in counts) == (12 + 10) * 48  # tokens
        command = page.locator("dialog code").last.inner_text()
    program, *arguments = shlex.split(command)
    assert program == "parity"
    code, again_, _ = command_line(main, *arguments)
    assert code == 1
    assert again_.splitlines()[:-1] == out.splitlines()[:-1]  # but for the command itself


@pytest.fixture(scope="module")
def window(file):
    """One for all tests below: to start a browser takes longer than each of them."""
    with opened(file) as page:
        yield page


@pytest.fixture
def page(window):
    window.keyboard.press("Escape")
    window.get_by_label("in a row", exact=True).check(force=True)
    window.select_option("#sort", "order")
    window.fill("#filter", "")
    window.uncheck("#differing")
    return window


@needs_browser
def test_what_it_comes_to(page):
    assert plain(page.title()) == plain(f"diverges: {HOSTILE} beside HuggingFace's BERT")
    verdict = plain(page.inner_text("#verdict"))
    assert verdict.startswith("Diverges: 41 of 66 comparisons hold")
    assert f"on 'pair' of made: {NORM}: VALUE, max abs diff 3.3e-10 at (0, 7)" in verdict
    assert f"born here, though the input was right\n{NORM}" in verdict
    assert plain(f"careful: {HOSTILE}") in verdict
    why = page.inner_text("#why")
    assert "LayerNorm's eps is 1e-5, torch's default" in why
    assert "nn.LayerNorm(hidden_size, eps=config.layer_norm_eps): BERT's is 1e-12" in why
    assert "my.py:40" in why
    assert "no known mistake explains pooler" in why
    assert [law.split("\n")[0] for law in page.locator(".law").all_inner_texts()] == [
        "holds",
        "broken",
    ]
    assert plain(f"{NORM}: note {HOSTILE}") in plain(page.inner_text("#left_out"))
    assert plain(page.inner_text("#rerun code")) == plain(f"{AGAIN} -o page.html")
    page.locator("#rerun button").click()
    page.locator("#rerun button", has_text=re.compile("^(copied|selected)$")).wait_for()


@needs_browser
def test_cells(page):
    assert names(page) == [*STAGES, "encoder.layer.2", *LATER]  # though one has no layer 2
    assert page.locator("#grid .checkpoint").all_inner_texts() == ["made", "trained"]
    line = page.locator(f"#grid tr:has(> th[title='{NORM}']) > td")
    texts = [text.split() for text in line.all_inner_texts()]
    assert [text[0] for text in texts] == ["◆", "◆", "◆", "◆", "\u2013"]
    assert texts[0][1] == "3.3e-10"
    assert cell(page, "encoder.layer.1", 0).inner_text().startswith("▽")
    assert cell(page, "embeddings", 0).inner_text() == "="
    assert cell(page, "embeddings", 4).inner_text() == "S"
    assert cell(page, "pooler", 4).inner_text() == "∅"
    label = cell(page, NORM, 0).get_attribute("aria-label")
    assert label == (
        f"{NORM}, pair of made: born here: wrong though its input was right, max abs diff "
        "3.3e-10, allowed 1.0e-11"
    )
    color = "td => getComputedStyle(td).backgroundColor"
    colors = {cell(page, NORM, column).evaluate(color) for column in (0, 1)}
    assert len(colors | {cell(page, "encoder.layer.0", 0).evaluate(color)}) == 3
    legend = page.inner_text(".legend")
    for told in ("equal bit for bit", "born here", "inherited", "another shape", "missing"):
        assert told in legend
    page.get_by_label("each alone", exact=True).check(force=True)
    assert cell(page, "encoder.layer.1", 0).inner_text().split()[0] != "▽"
    page.get_by_label("gradients").check(force=True)
    assert names(page) == ["pooler"]
    assert page.locator("#grid .checkpoint").all_inner_texts() == ["made", "trained"]


@needs_browser
def test_one_cell(page):
    cell(page, NORM, 1).click()
    dialog = page.locator("dialog")
    table = [line.split("\t") for line in dialog.locator(".numbers").inner_text().splitlines()]
    assert table[0] == ["", "in a row", "each alone"]
    assert ["max abs diff", "3.3e-08", "3.3e-08"] in table
    assert ["allowed", "1.0e-11", "1.0e-11"] in table
    assert ["times what is allowed", "3.3e+03", "3.3e+03"] in table
    assert ["largest at", "(0, 7)", "(0, 7)"] in table
    assert ["shape", "2x12", "2x12"] in table
    counted = dialog.locator(".histogram tbody tr").all_inner_texts()
    assert [line.split() for line in counted] == [
        ["none", "4", "4"],
        ["from", "1e-13", "12", "12"],
        ["from", "1e-10", "8", "8"],
    ]
    again_ = f"{AGAIN} --checkpoint made --probe holes"
    assert plain(dialog.locator("code").last.inner_text()) == plain(again_)
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    cell(page, "embeddings", 4).click()
    assert "ours is (2,), theirs (3,)" in dialog.inner_text()
    assert not dialog.locator(".histogram").count()


@needs_browser
def test_sorting_and_filtering(page):
    page.select_option("#sort", "needed")
    assert names(page)[:4] == ["embeddings", "pooler", "encoder.layer.2", "last_hidden_state"]
    assert page.locator(".group").count() == 0
    page.select_option("#sort", "name")
    assert names(page) == sorted(names(page))
    page.get_by_role("columnheader", name="odd of trained").click()
    assert names(page)[0] in ("embeddings", "pooler")
    assert set(names(page)[:3]) == {"embeddings", "pooler", NORM}
    assert page.input_value("#sort") == "column"
    page.get_by_role("columnheader", name="pair of made").click()
    assert names(page)[:4] == [*LATER, "encoder.layer.1", NORM]
    page.select_option("#sort", "order")
    page.fill("#filter", "layernorm")
    assert names(page) == [NORM]
    page.fill("#filter", "LAYER.1")
    assert names(page) == STAGES[2:]
    page.check("#differing")
    assert names(page) == STAGES[3:]
    assert page.inner_text("#shown") == "2 of 8 stages"
    page.fill("#filter", "no such")
    assert page.inner_text("#shown") == "No stage is like that."
    page.fill("#filter", "")
    page.locator(".group > th", has_text="encoder.layer.1").click()
    assert names(page) == ["embeddings", "encoder.layer.2", *LATER]
    page.click("#fold")
    assert names(page) == []
    page.click("#fold")
    page.uncheck("#differing")
    assert len(names(page)) == 8


@needs_browser
def test_keys(page):
    page.focus("#fold")
    page.keyboard.press("Tab")
    label = "document.activeElement.getAttribute('aria-label') || document.activeElement.title"
    assert page.evaluate(label).startswith("embeddings, pair of made")  # one stop, the grid
    for _ in range(6):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(label).startswith(f"{NORM}, holes of made")
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(outline) == "solid"
    page.keyboard.press("Enter")
    assert page.locator("dialog h2").inner_text() == NORM
    assert page.evaluate("document.activeElement.textContent") == "close"
    page.keyboard.press("Escape")
    assert page.evaluate(label).startswith(f"{NORM}, holes of made")
    page.keyboard.press("Home")
    assert page.evaluate(label) == NORM
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert names(page)[:2] == ["pooler", "last_hidden_state"]
    assert page.evaluate("document.activeElement.getAttribute('aria-sort')") == "descending"


@needs_browser
def test_a_phone_in_the_dark(page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(map(int, re.findall(r"\d+", dark))) < 60
    page.evaluate("document.querySelector('.box').scrollLeft = 200")
    assert page.evaluate("document.querySelector('.box').scrollLeft") > 50
    left = page.locator(f"#grid th[title='{NORM}']").bounding_box()["x"]
    assert left == pytest.approx(page.locator(".box").bounding_box()["x"], abs=2)
    cell(page, NORM, 3).click()
    box = page.locator("dialog").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.set_viewport_size({"width": 1200, "height": 900})
    page.emulate_media(color_scheme="light")


def test_a_whole_check_is_small():
    stages = [f"encoder.layer.{n // 20}.some.long.stage.name.{n % 20}" for n in range(250)]
    counts = {"0": 12345, **{f"1e-{n:02d}": 12345 for n in range(10, 20)}}
    every = [
        row(name, needed=1.23456e-5, checkpoint=checkpoint, probe=f"probe {n}", histogram=counts)
        for checkpoint in ("made", "trained")
        for n in range(19)
        for name in stages
    ]
    report = Report(every, {"rerun": "parity check"})
    assert len(to_html(report)) < 2e6


@pytest.mark.slow
def test_commands():
    text = ["parity", "diff", "-oa.png", "--stage=x", "--seed", "3", "--", "--stage", "-o"]
    assert repeat_command(shlex.join(text), Column("", "text")) == (
        "parity diff --stage",
        "--seed 3 -- --stage -o",
    )
    whole = (
        "parity diagnose a.py:B --probe x --checkpoint c --format json --output=x.json --limit 9"
    )
    assert repeat_command(whole, Column("builtin:minilm", "one token")) == (
        "parity check a.py:B --limit 9 --checkpoint builtin:minilm --probe 'one token'",
        "",
    )
    assert repeat_command("parity compare a b -o c.html", Column("", "pair")) == (
        "parity compare a b",
        "",
    )
