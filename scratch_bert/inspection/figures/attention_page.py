"""A page of one text's attention: a map of every head, and where each token looks."""

import base64
import html
import json
import math
import zlib
from pathlib import Path
from string import Template
from typing import Any

import torch
from jaxtyping import Float, Float64, UInt8
from torch import Tensor

_PAGE = Path(__file__).with_name("attention.html")

# The numbers that are shown, ascending. A byte says which; the last stands for what is none.
_PROBABILITIES = [
    "0",
    *(f"{float(f'{digit}e-{power}'):g}" for power in range(10, 2, -1) for digit in range(1, 10)),
    *(f"{thousandths / 1000:.3f}" for thousandths in range(10, 100)),
    *(f"{hundredths / 100:.2f}" for hundredths in range(10, 101)),
    "nan",
]
_DECADES = 14  # of differences


class _Page(Template):
    delimiter = "§"  # JavaScript has uses for the dollar


def attention_page(
    tokens: list[str],
    ours: Float[Tensor, "layers heads seq seq"],
    theirs: Float[Tensor, "layers heads seq seq"] | None = None,
    *,
    title: str,
) -> str:
    """Return a page of one text's attention, in one file that asks for nothing else.

    It shows each head, and each layer's mean over heads. Its numbers are rounded, and right to the
    digits shown: a probability has two from 0.01 and one below, and is 0 below 5e-11; a difference
    has one, and is 0 where it is 14 decades below the largest.

    Args:
        tokens: of the text, [CLS] and [SEP] included.
        ours: probabilities; a row is the token that looks, a column the one looked at.
        theirs: HuggingFace's. The page then shows either, or the difference; where they are equal
            bit for bit it says so, and holds them once.
        title: of the page.
    """
    data: dict[str, Any] = {"tokens": tokens, "heads": ours.shape[1]}
    data["views"] = [{"name": "ours", "numbers": _PROBABILITIES}]
    bytes_of = [[_codes(_PROBABILITIES, layer.double())] for layer in ours]
    if theirs is not None:
        data["same"] = torch.equal(ours, theirs)
    if theirs is not None and not data["same"]:
        data["largest"] = _largest(ours, theirs)
        differences = _differences(float(data["largest"]["number"]))
        data["views"] += [
            {"name": "HuggingFace's", "numbers": _PROBABILITIES},
            {"name": "difference", "numbers": differences},
        ]
        for codes, our, their in zip(bytes_of, ours, theirs, strict=True):
            # Modulo 256: mostly zeros, of which little is left.
            codes.append(_codes(_PROBABILITIES, their.double()) - codes[0])
            codes.append(_codes(differences, our.double() - their.double()))
    data["layers"] = [[_packed(each) for each in codes] for codes in bytes_of]
    return _Page(_PAGE.read_text(encoding="utf-8")).substitute(
        title=html.escape(title).encode("ascii", "xmlcharrefreplace").decode(),
        data=json.dumps(data).replace("<", "\\u003c"),
    )


def _largest(
    ours: Float[Tensor, "layers heads seq seq"], theirs: Float[Tensor, "layers heads seq seq"]
) -> dict[str, Any]:
    """The largest difference, and where it is; nan is larger than any number."""
    pairs = list(zip(ours, theirs, strict=True))
    of_layers = torch.stack([(our.double() - their.double()).abs().max() for our, their in pairs])
    layer = int(of_layers.argmax())
    our, their = pairs[layer]
    gaps = (our.double() - their.double()).abs()
    place = torch.unravel_index(gaps.argmax(), gaps.shape)
    head, query, key = (int(index) for index in place)
    number = f"{float(gaps[head, query, key]):.0e}"
    return {"number": number, "layer": layer, "head": head, "query": query, "key": key}


def _differences(largest: float) -> list[str]:
    """The numbers of one digit that are shown of differences, ascending, and nan."""
    top = math.floor(math.log10(largest)) if largest > 0 else 0  # it may be nan
    powers = range(top - _DECADES + 1, top + 1)
    rising = [f"{digit}e{power:+03}" for power in powers for digit in range(1, 10)]
    rising.append(f"1e{top + 1:+03}")  # what is nearly that is rounded to it
    return [*(f"-{number}" for number in reversed(rising)), "0", *rising, "nan"]


def _codes(
    numbers: list[str], layer: Float64[Tensor, "heads seq seq"]
) -> UInt8[Tensor, "heads_and_mean seq seq"]:
    """Which of the numbers is nearest to each probability, and to each mean over heads."""
    values = torch.tensor([float(number) for number in numbers], dtype=torch.float64)
    edges = (values[:-2] + values[1:-1]) / 2
    edges = torch.cat([edges, edges.new_tensor([math.inf])])  # beyond which nan is sorted
    return torch.bucketize(torch.cat([layer, layer.mean(0, keepdim=True)]), edges).to(torch.uint8)


def _packed(codes: UInt8[Tensor, "heads_and_mean seq seq"]) -> str:
    return base64.b64encode(zlib.compress(codes.numpy().tobytes())).decode()
