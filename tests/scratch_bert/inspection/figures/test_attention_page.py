from contextlib import contextmanager

import pytest
import torch
from matplotlib.image import imread

from scratch_bert import BertModel, BertTokenizer
from scratch_bert.inspection.figures.attention_page import attention_page
from tests.browser import needs_browser, opened

TEXT = "The cat sat on the mat because it was tired, and its neighbors' dog barked."
LEFT_EDGES = """([selector, parts]) => {  // of the first place where each part stands
    const element = document.querySelector(selector);
    return parts.map(part => {
        const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
        while (texts.nextNode()) {
            const range = document.createRange(), text = texts.currentNode;
            const at = text.data.indexOf(part);
            if (at < 0) continue;
            range.setStart(text, at);
            range.setEnd(text, at + part.length);
            return range.getBoundingClientRect().left;
        }
    });
}"""
DARKEST = "rgb(8, 29, 88)"  # of the light page's colors


def attention(text, length=512):
    """A text's tokens, and what builtin:minilm makes of them: (layers, heads, seq, seq)."""
    tokenizer = BertTokenizer.from_pretrained("builtin:minilm")
    row = tokenizer(text, truncation=True, max_length=length, return_tensors="pt")
    model = BertModel.from_pretrained("builtin:minilm")
    with torch.no_grad():
        layers = model(**row, output_attentions=True).attentions
    return tokenizer.convert_ids_to_tokens(row["input_ids"][0].tolist()), torch.cat(layers)


def random_attention(layers, heads, length):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(layers, heads, length, length, generator=generator).mul(3).softmax(-1)


@pytest.fixture(scope="module")
def ours():
    return attention(TEXT)


@pytest.fixture(scope="module")
def page(ours, tmp_path_factory):
    tokens, probabilities = ours
    file = tmp_path_factory.mktemp("attention") / "page.html"
    file.write_text(attention_page(tokens, probabilities, title="minilm: a cat"), encoding="utf-8")
    return file


def written(file, tokens, *args, title="title"):
    file.write_text(attention_page(tokens, *args, title=title), encoding="utf-8")
    return file


def spelled(probability):
    """Two digits from 0.01, one below."""
    number = float(probability)
    if number < 0.0095:
        return f"{float(f'{number:.0e}'):g}"
    return f"{number:.2f}" if number >= 0.0995 else f"{number:.3f}"


def sentence(tokens, probabilities, query, key):
    number = spelled(probabilities[query, key])
    return f"“{tokens[query]}” ({query}) looks at “{tokens[key]}” ({key}): {number}"


def said(page):
    """What the line above the map says, once the page has drawn what it was asked for."""
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page.inner_text("#said")


def pick(page, name):
    page.get_by_role("radio", name=name, exact=True).click()


def press(page, key, times=1):
    for _ in range(times):
        page.keyboard.press(key)


@contextmanager
def drawn(file, **options):
    """The page, once all its layers are there."""
    with opened(file, **options) as page:
        page.wait_for_selector("#heads[data-drawn]")
        yield page


def strongest(page):
    """The ten tokens with their places, and their numbers."""
    rows = page.evaluate(
        "lines.map(line => [line.cells[0].textContent, line.cells[2].textContent])"
    )
    return [name for name, _ in rows], [number for _, number in rows]


def backgrounds(page):
    """Of the text's tokens, in CSS."""
    return page.evaluate("words.map(word => word.style.background)")


def color(css):
    """Red, green and blue, up to 255."""
    return [int(part) for part in css.removeprefix("rgb(").removesuffix(")").split(", ")]


def place_of(page, query, key):
    """Where a cell is, in the window."""
    box = page.locator("#cross").bounding_box()
    margin, size = page.evaluate("[at.margin, at.size]")
    x = box["x"] + margin + (key + 0.5) * size
    return x, box["y"] + margin + (query + 0.5) * size


@needs_browser
def test_a_cell_by_mouse_and_by_arrow_keys(ours, page):
    tokens, probabilities = ours
    with drawn(page) as tab:
        pick(tab, "layer 2, head 7")
        assert tab.inner_text("#head") == "Layer 2, head 7"
        tab.mouse.move(*place_of(tab, 4, 9))
        assert said(tab) == sentence(tokens, probabilities[2, 7], 4, 9)
        tab.mouse.click(*place_of(tab, 5, 3))
        tab.mouse.move(2, 2)
        assert said(tab) == sentence(tokens, probabilities[2, 7], 5, 3)  # it stays
        tab.focus("#cross")
        press(tab, "ArrowDown", 2)
        press(tab, "ArrowRight")
        assert said(tab) == sentence(tokens, probabilities[2, 7], 7, 4)
        press(tab, "ArrowUp", 30)
        press(tab, "ArrowLeft", 30)
        assert said(tab) == sentence(tokens, probabilities[2, 7], 0, 0)
        every = tab.evaluate("[...current.codes].map(code => views[0].numbers[code])")
        assert every == [spelled(number) for number in probabilities[2, 7].flatten()]


@pytest.mark.slow
@needs_browser
def test_a_head_by_arrow_keys_and_the_mean(ours, page):
    tokens, probabilities = ours
    with drawn(page) as tab:
        tab.get_by_role("radio", name="layer 0, head 0", exact=True).focus()
        press(tab, "ArrowDown", 4)
        press(tab, "ArrowRight", 3)
        assert tab.inner_text("#head") == "Layer 4, head 3"
        assert tab.evaluate("document.activeElement.ariaChecked") == "true"
        assert tab.locator("#heads [tabindex='0']").count() == 1
        tab.mouse.move(*place_of(tab, 8, 2))
        assert said(tab) == sentence(tokens, probabilities[4, 3], 8, 2)
        press(tab, "m")
        assert tab.inner_text("#head") == "Layer 4, mean over heads"
        assert said(tab) == sentence(tokens, probabilities[4].mean(0), 8, 2)
        press(tab, "m")
        assert tab.inner_text("#head") == "Layer 4, head 3"


@needs_browser
def test_where_a_token_looks(ours, page):
    tokens, probabilities = ours
    with drawn(page) as tab:
        pick(tab, "layer 3, head 1")
        words = tab.locator("#text button")

        def look(numbers):
            names, shown = strongest(tab)
            top = numbers.topk(10)
            assert shown == [spelled(number) for number in top.values]
            assert names[0] == f"{tokens[top.indices[0]]} ({top.indices[0]})"
            luma = [sum(color(back)) for back in backgrounds(tab)]
            by_color = sorted(range(len(tokens)), key=luma.__getitem__)
            assert [spelled(numbers[i]) for i in by_color[:4]] == shown[:4]

        said(tab)
        look(probabilities[3, 1, 0])  # [CLS], before anything is asked
        words.nth(8).hover()
        said(tab)
        look(probabilities[3, 1, 8])
        tab.mouse.move(2, 2)
        said(tab)
        look(probabilities[3, 1, 0])
        words.nth(8).click()
        tab.mouse.move(2, 2)
        press(tab, "ArrowRight")
        said(tab)
        look(probabilities[3, 1, 9])
        tab.get_by_label("is looked at by").check()
        said(tab)
        look(probabilities[3, 1, :, 9])


@needs_browser
def test_colors_without_special_tokens(tmp_path):
    probabilities = torch.full((1, 1, 5, 5), 0.05)
    probabilities[0, 0, 0, 2] = 0.9  # [CLS] looks
    probabilities[0, 0, 1, 4] = 0.8  # [SEP] is looked at
    probabilities[0, 0, 1, 2] = 0.2
    tokens = ["[CLS]", "a", "b", "c", "[SEP]"]
    with drawn(written(tmp_path / "page.html", tokens, probabilities)) as tab:
        tab.locator("#text button").nth(1).click()
        said(tab)
        assert backgrounds(tab)[2] != DARKEST
        tab.get_by_label("colors without").check()
        said(tab)
        assert [back == DARKEST for back in backgrounds(tab)] == [0, 0, 1, 0, 1]


@pytest.mark.slow
@needs_browser
def test_the_picture(page, tmp_path):
    with drawn(page) as tab:
        pick(tab, "layer 1, mean over heads")
        with tab.expect_download() as download:
            tab.get_by_text("save picture").click()
        assert download.value.suggested_filename == "attention-layer-1-mean-over-heads.png"
        download.value.save_as(tmp_path / "picture.png")
        said(tab)
        seen = color(backgrounds(tab)[1])
        margin, size = tab.evaluate("[at.margin, at.size]")
    picture = imread(tmp_path / "picture.png")  # twice as large, below a title
    x, y = 2 * (margin + 1.5 * size), 2 * (40 + margin + 0.5 * size)  # [CLS] looks at the next
    assert (picture[int(y), int(x), :3] * 255).round().tolist() == seen


@pytest.mark.slow
@needs_browser
def test_a_difference(ours, tmp_path):
    tokens, probabilities = ours
    theirs = probabilities.clone()
    theirs[1, 5, 3, 2] += 4.4e-4
    theirs[2, 0, 7] -= 3e-7
    file = written(tmp_path / "page.html", tokens, probabilities, theirs)
    with drawn(file) as tab:
        assert "differs from HuggingFace's by at most 4e-04" in tab.inner_text("#about")
        tab.get_by_text("show where").click()
        before, after = spelled(probabilities[1, 5, 3, 2]), spelled(theirs[1, 5, 3, 2])
        assert said(tab).endswith(f": {before}; HuggingFace's {after}, difference -4e-04")
        assert tab.inner_text("#head") == "Layer 1, head 5: ours less HuggingFace's"
        assert strongest(tab)[1][:2] == ["-4e-04", "0"]
        pick(tab, "layer 2, head 0")
        tab.locator("#text button").nth(7).click()
        said(tab)
        assert strongest(tab)[1] == ["3e-07"] * 10
        tab.get_by_label("HuggingFace's").check()
        said(tab)
        assert strongest(tab)[1] == [spelled(p) for p in theirs[2, 0, 7].topk(10).values]


@needs_browser
def test_what_is_no_number(tmp_path):
    probabilities = random_attention(1, 2, 5)
    theirs = probabilities.clone()
    theirs[0, 1, 2, 3] = torch.nan
    file = written(tmp_path / "page.html", list("abcde"), probabilities, theirs)
    with drawn(file) as tab:
        assert "by at most nan" in tab.inner_text("#about")
        tab.get_by_text("show where").click()
        number = spelled(probabilities[0, 1, 2, 3])
        assert said(tab).endswith(f"(3): {number}; HuggingFace's nan, difference nan")


@needs_browser
def test_equal_bit_for_bit(ours, page, tmp_path):
    tokens, probabilities = ours
    file = written(tmp_path / "page.html", tokens, probabilities, probabilities.clone())
    assert file.stat().st_size < page.stat().st_size + 100  # the numbers are there once
    with drawn(file) as tab:
        count = probabilities.numel()
        assert f"is the same, bit for bit: {count} prob" in tab.inner_text("#about")
        assert not tab.locator("#views").is_visible()


@needs_browser
def test_any_text(tmp_path):
    tokens = [
        "[CLS]",
        "</script>",
        "<!--",
        "&amp;",
        '"',
        "'",
        "§data",
        "🦜",
        "漢",
        "\ud800",
        "[SEP]",
    ]
    title = "</title><b>§data</b> 🦜 \ud800 &amp; \"'"
    file = written(tmp_path / "page.html", tokens, random_attention(1, 1, 11), title=title)
    with drawn(file) as tab:
        words = tab.locator("#text button").all_text_contents()
        assert words[:9] == tokens[:9]
        assert tab.evaluate("words[9].textContent.charCodeAt(0)") == 0xD800
        assert tab.inner_text("h1") == title.replace("\ud800", "\ufffd")
        assert tab.title() == title.replace("\ud800", "\ufffd")


@needs_browser
def test_a_token_from_right_to_left_moves_nothing_beside_it(tmp_path):
    file = written(tmp_path / "page.html", ["שלום"] * 2, random_attention(1, 1, 2))
    with drawn(file) as page:
        said(page)
        for selector in ("caption", "#said", "tbody td"):
            left, right = page.evaluate(LEFT_EDGES, [selector, ["שלום", "("]])
            assert left < right, selector


@pytest.mark.slow
@needs_browser
def test_no_text_on_a_dark_phone(tmp_path):
    tokens, probabilities = attention("")
    file = written(tmp_path / "page.html", tokens, probabilities)
    with drawn(file, width=390, height=844, dark=True) as tab:
        assert tab.evaluate("document.documentElement.scrollWidth") == 390
        assert tab.get_by_label("colors without").is_disabled()
        tab.locator("#text button").nth(1).click()
        key = int(probabilities[0, 0, 1].argmax())
        assert said(tab) == sentence(tokens, probabilities[0, 0], 1, key)
        assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 19, 22)"


@pytest.mark.slow
@needs_browser
def test_512_tokens_on_a_phone(tmp_path):
    tokens = ["[CLS]", *(f"word{i}" for i in range(510)), "[SEP]"]
    probabilities = random_attention(2, 2, 512)
    file = written(tmp_path / "page.html", tokens, probabilities)
    with drawn(file, width=390, height=844) as tab:
        assert tab.evaluate("document.documentElement.scrollWidth") == 390
        pick(tab, "layer 1, head 1")
        tab.focus("#cross")
        press(tab, "ArrowDown", 60)
        press(tab, "ArrowRight", 3)
        start = int(probabilities[0, 0, 0].argmax())
        assert said(tab) == sentence(tokens, probabilities[1, 1], 60, min(511, start + 3))
        assert tab.locator("#text .at").inner_text() == "word59"
        top = tab.locator("#text .at").bounding_box()["y"]
        box = tab.locator("#text").bounding_box()
        assert box["y"] <= top < box["y"] + box["height"]  # scrolled to


@needs_browser
def test_a_browser_that_is_too_old(page, tmp_path):
    old = page.read_text(encoding="utf-8").replace(
        "<script>", "<script>delete window.DecompressionStream;</script><script>", 1
    )
    (tmp_path / "old.html").write_text(old, encoding="utf-8")
    with opened(tmp_path / "old.html") as tab:
        tab.get_by_text("This browser cannot show the page").wait_for()


@pytest.mark.slow
def test_128_tokens_take_little_over_a_megabyte():
    tokens, probabilities = attention("and then, the cat sat on another mat. " * 20, length=128)
    assert probabilities.shape == (6, 12, 128, 128)
    assert len(attention_page(tokens, probabilities, title="")) < 1_500_000
