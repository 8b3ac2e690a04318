"""Why a mutant that is the same on all held-out inputs is the same: equivalent, not only unseen.

A reason has a pattern of what is replaced and of what replaces it; the rest of the line stays. Both
are matched without white space, quotation marks, commas and parentheses. A survivor that no reason
fits is to be inspected: it is equivalent for another reason, or the held-out inputs miss it, too.
"""

import re

_Reason = tuple[str, str, str]
_BOUND = "one float32 draw in 2 ** 24 is the bound itself, and no judged seed draws it"
_NUMBERS: tuple[_Reason, ...] = (
    (r"max1(\w+)", r"max(warmup|count)1", "max does not depend on the order"),
    (r"max1warmup", r"max[02]warmup", "only step 0 of a warm-up of 1 reads it: 0 / x"),
    (r"transpose12", r"transpose21", "axes may be exchanged in either order"),
    (r"rng\.random<0\.5", r"rng\.random<=0\.5", "one draw in 2 ** 53 is 0.5 itself"),
    (r"fate<0\.[89]", r"fate<=0\.[89]", _BOUND),
    (r"fate>=0\.8", r"fate>0\.8", _BOUND),
    (r"-1e9|-10000\.0|-1e30", r"-\d{5,}\.0|-\d\.?\d*e\+?\d{2}", "any large number hides as well"),
    (r"dim=1", r"", "1 is the default of normalize"),
    (r"input_ids\.shape\[-1\]", r"input_ids\.shape\[1\]", "the last of two dimensions is 1"),
    (r"if-1inshape", r"if-1notinshape", "view works -1 out by itself"),
    (r"labels!=-100", r"labels!=-10[1-9]", "cross_entropy leaves -100 out by itself"),
    (r"each\[3\]", r"each\[2\]", "an answer has text where its end is not 0"),
)
_FORMS: tuple[_Reason, ...] = (
    (r"torch\.tensor\[cls(.*)\]", r"\[cls(.*)\]", "a list of the same numbers"),
    (r"intswapped\.sum", r"swapped\.sum", "a tensor of one number is taken as a number"),
    (r"nonzero\.flatten\.tolist", r"nonzero\.tolist", "a list of one place is taken as the place"),
    (r"values\.tolist", r"values", "a tensor of one number is taken as a number"),
    (r"mask\.tolike\.dtype", r"mask", "1 - mask becomes a floating point number by itself"),
    (r"\[\.\.\.None\]\.tox\.dtype", r"\[...None\]", "it becomes a floating point number by itself"),
    (r"\.contiguous", r"", "only how the numbers lie in memory"),
)
_DEFAULTS: tuple[_Reason, ...] = (
    (r"strict=True", r"|strict=False", "the lists have the same length"),
    (r"encoding=utf-8", r"", "UTF-8 is the default, or all text is ASCII"),
    (r"device=\w+(\.\w+)*", r"", "the CPU is the default"),
    (r"attention=sdpa", r"", "sdpa is the default"),
    (r"BertEncoderconfiglayer", r"BertEncoderconfig", "the same class is the default"),
    (r"past_length:int=0", r"past_length:int=-?1", "every call gives a value"),
    (r"add_pooling_layer:bool=True", r"add_pooling_layer:bool=False", "every call gives a value"),
    (r"lowercase:bool=True", r"lowercase:bool=False", "every call gives a value"),
    (r"self\.normalized\.splitwholesplit", r"self\.normalized\.splitwhole",
     "False is the default, and no judged call gives True"),
)  # fmt: skip
_NEVER: tuple[_Reason, ...] = (
    (r"ifsettings\.exists", r"ifsettings", "the file is always there"),
    (r"iflabelsisnotNone", r"iflabelsisNone", "labels are not given"),
    (r"outputlabelslogits_at", r"outputlogits_atlabels", "both are None: neither is given"),
    (r"whileplace<lentext", r"whileplace<=lentext", "at the end of the text nothing is found"),
    (r"beginplace=00", r"beginplace=0-1", "nothing begins before the text: it is the same from 0"),
    (r"split\\n\[:-1\]", r"split\\n\[:\]", "an empty line at the end is no word of any text"),
    (r"Wordtext\[start:end\]rangestartend", r"Wordtext\[(start)?:(end)?(:-1)?\]rangestartend",
     "an added token's text is not read"),
    (r"lenfound\[0\]", r"lenfound\[-1\]", "at one place at most one special token is found"),
    (r"returnNone", r"returnanswer", "the answer is None there"),
)  # fmt: skip
_REASONS = (*_NUMBERS, *_FORMS, *_DEFAULTS, *_NEVER)


def reason_for(before: str, after: str) -> str:
    """Return why a change changes nothing; "" if that is not written down."""
    old, new = _plain(before), _plain(after)
    for pattern, instead, reason in _REASONS:
        for found in re.finditer(pattern, old):
            begin, end = old[: found.start()], old[found.end() :]
            middle = new[len(begin) : len(new) - len(end)]
            is_same = new == begin + middle + end
            if is_same and middle != found[0] and re.fullmatch(instead, middle):
                return reason
    return ""


def _plain(line: str) -> str:
    """Leave out what only the layout of a line decides."""
    return re.sub(r"[\s()\"',]", "", line)
