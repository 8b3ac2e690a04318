"""What people call the parts of a BERT: how well a path fits the reference's name."""

import re

_EDGE, _END = r"(?:^|[._\d])", r"(?:[._\d]|$)"


def _letter(letter: str, words: str) -> str:
    suffix = r"(?:_?(?:proj|projection|lin|linear|layer|fc|w|net))?"
    return (
        rf"{_EDGE}(?<![qkv]_)(?:w|to|lin|fc|in|proj)?_?(?:{letter}|{words}){suffix}{_END}"
        rf"|{_EDGE}(?<![qkv]_){words}"
    )


_LAYER = {
    "attention.self.query": _letter("q", "quer(?:y|ies)"),
    "attention.self.key": _letter("k", "keys?"),
    "attention.self.value": _letter("v", "values?"),
    "attention.output.dense": _letter("o", "(?:out|proj|output|dense|merge|unify|combine)"),
    "attention.output.LayerNorm": (
        rf"(?:att|sa_|mha).*(?:norm|ln)|(?:norm|ln|layer_?norm|n|norm_?layer)_?\.?(?:1|a|att\w*){_END}"
    ),
    "output.LayerNorm": (
        r"(?:ff|mlp|feed|final|out).*(?:norm|ln)"
        rf"|(?:norm|ln|layer_?norm|n|norm_?layer)_?\.?(?:2|b|f\w*|out\w*){_END}"
    ),
}
_TOP = {
    "embeddings.LayerNorm": r"emb",
    "pooler.dense": r"pool",
    "cls.predictions.transform.dense": r"transform|mlm|lm|pred|mask|head",
    "cls.predictions.transform.LayerNorm": r"transform|mlm|lm|pred|mask|head",
    "cls.predictions": r"decoder|mlm|lm|pred|mask|head",
    "cls.seq_relationship": r"nsp|next|seq|relation|cls|class",
    "embeddings.word_embeddings": r"word|tok",
}
_PATTERNS = {
    **{f"encoder.layer.{{i}}.{name}": re.compile(pattern) for name, pattern in _LAYER.items()},
    **{name: re.compile(pattern) for name, pattern in _TOP.items()},
}


def likeness(path: str, reference: str) -> float:
    """Say how well a path in somebody's model fits a unit of the reference.

    Returns:
        3 where its last names say so, 1 where others do, 0 where nothing does.
    """
    pattern = _PATTERNS.get(reference)
    if pattern is None:
        return 0.0
    path = re.sub(r"([a-z])([A-Z])", r"\1_\2", path.replace("{i}", "").replace("{h}", "")).lower()
    parts = path.split(".")
    if pattern.search(parts[-1]) or ("Norm" in reference and pattern.search(".".join(parts[-2:]))):
        return 3.0
    return 1.0 if pattern.search(path) else 0.0
