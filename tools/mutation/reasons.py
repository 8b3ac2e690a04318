"""Why a mutant that is the same on all held-out inputs is the same: equivalent, not only unseen.

A reason has patterns of the line before and after. A survivor that no reason fits is to be looked
at: it is equivalent for a reason that is not written down, or the held-out inputs miss it, too.
"""

import re

_REASONS: tuple[tuple[str, str, str], ...] = (
    (r"strict=True", r"zip\((?!.*strict=True)|strict=False", "the lists have the same length"),
    (r"\b(max|min)\(", r"\b(max|min)\((warmup|count), 1\)", "max does not depend on the order"),
    (r"transpose\((\d), (\d)\)", r"transpose\(\d, \d\)", "axes may be exchanged in either order"),
    (r"max\(1, warmup\)", r"max\((0|2), warmup\)", "only step 0 of a warm-up of 1 reads it: 0 / x"),
    (r"random\(\) < 0\.5", r"random\(\) <= 0\.5", "a draw is the bound itself with probability 0"),
    (r"fate (<|>=|>) ", r"fate (<=|>) ", "a draw is the bound itself with probability 0"),
    (r"-1e9|10000\.0|-1e30", r"e9|e\+?09|000\.0|e\+?30", "any large number hides as well"),
    (r"torch\.tensor\(\[cls", r"", "a list of the same numbers"),
    (r"int\(swapped\.sum\(\)\)", r"", "a tensor of one number is taken as a number"),
    (r"encoding=", r"", "UTF-8 is the default, or all text is ASCII"),
    (r"device=", r"", "the CPU is the default"),
    (r"settings\.exists\(\)", r"if settings else", "the file is always there"),
    (r"past_length: int = 0|add_pooling_layer: bool = True", r"", "every call gives a value"),
    (r"BertEncoder\(config, layer\)", r"BertEncoder\(config\)", "the same class is the default"),
    (r"if labels is not None", r"", "labels are not given"),
    (r"self\.score\(output, labels, logits_at\)", r"", "both are None: neither is given"),
    (r"while place < len\(text\)", r"<=", "at the end of the text nothing is found"),
    (r"begin, place = 0, 0", r"", "nothing begins before the text, so it is the same from 0"),
    (r'split\("\\n"\)\[:-1\]', r"", "an empty line at the end is no word of any text"),
    (r"labels != -100", r"labels != -10\d", "cross_entropy leaves -100 out by itself"),
    (r"if -1 in shape", r"not in shape", "view works -1 out by itself"),
    (r"Word\(text\[start:end\], range", r"", "an added token's text is not looked at"),
    (r"each\[3\]", r"each\[2\]", "an answer has text where its end is not 0"),
    (r"normalize\(vectors, dim=1\)", r"normalize\(vectors\)", "1 is the default"),
    (r"return None", r"return answer", "it is None there"),
    (r"input_ids\.shape\[-1\]", r"input_ids\.shape\[1\]", "the last of two dimensions is 1"),
    (r"attention=\"sdpa\"", r"", "another kernel of the same formula"),
)


def reason_for(before: str, after: str) -> str:
    """Return why a change changes nothing; "" if that is not written down."""
    if _without_forms(before) == _without_forms(after):
        return "the same numbers in another form"
    for old, new, reason in _REASONS:
        if re.search(old, before) and re.search(new, after):
            return reason
    return ""


def _without_forms(line: str) -> str:
    """Leave out calls that keep all numbers, and what only the layout of a line decides."""
    kept = re.sub(r"\.(to|contiguous|item|tolist|detach|flatten)\([\w., ]*\)", "", line)
    return re.sub(r"[\s()\"',]", "", kept)
