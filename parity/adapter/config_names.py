"""What people call the settings of a BERT → HuggingFace's names and where a config has them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Config = Mapping[str, Any]


@dataclass(frozen=True)
class Setting:
    """A value that a config decides.

    Attributes:
        source: as written in an adapter, from `config`.
        of: the same of a config.
    """

    source: str
    of: Callable[[Config], Any]


def _needed(name: str) -> Setting:
    return Setting(f'config["{name}"]', lambda config: config[name])


def _optional(name: str, default: object) -> Setting:
    source = f'config.get("{name}", {_quoted(default)})'
    return Setting(source, lambda config: config.get(name, default))


def _quoted(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


_HEAD_WIDTH = Setting(
    'config["hidden_size"] // config["num_attention_heads"]',
    lambda config: config["hidden_size"] // config["num_attention_heads"],
)
_RATIO = Setting(
    'config["intermediate_size"] / config["hidden_size"]',
    lambda config: config["intermediate_size"] / config["hidden_size"],
)

# Without underscores, in lower case.
_SYNONYMS: list[tuple[Setting, str]] = [
    (
        _needed("hidden_size"),
        "hiddensize hidden hiddendim dmodel dim embeddim embdim embeddingdim embeddingsize embsize "
        "embedsize nembd nembed width modeldim modelsize nhidden h d",
    ),
    (
        _needed("num_hidden_layers"),
        "numhiddenlayers nlayers nlayer numlayers depth layers numblocks nblocks numencoderlayers "
        "encoderlayers numberoflayers l",
    ),
    (
        _needed("num_attention_heads"),
        "numattentionheads nheads nhead numheads heads attentionheads attnheads numberofheads",
    ),
    (
        _needed("intermediate_size"),
        "intermediatesize intermediate dff ffndim ffdim ffn mlpdim ffnhidden dffn dimfeedforward "
        "feedforwarddim feedforwardsize feedforwardhidden innerdim inner innersize ffsize ffnsize "
        "ffhidden mlphidden mlphiddendim hiddendimff dinner ninner nff ff",
    ),
    (
        _needed("vocab_size"),
        "vocabsize nvocab numtokens vocab ntokens ntoken numembeddings vocabulary vocabularysize "
        "nwords words v",
    ),
    (
        _needed("max_position_embeddings"),
        "maxpositionembeddings maxlen maxseqlen contextlength blocksize maxlength maxpositions "
        "npositions numpositions seqlen seqlength maxsequencelength maxposition positions nctx "
        "contextsize sequencelength maxseqlength",
    ),
    (
        _optional("type_vocab_size", 2),
        "typevocabsize nsegments numsegments segments ntypes numtypes typesize numtokentypes "
        "segmentsize nsegs segmentvocabsize typevocab",
    ),
    (
        _optional("layer_norm_eps", 1e-12),
        "layernormeps eps epsilon lneps normeps layernormepsilon",
    ),
    (_optional("pad_token_id", 0), "padtokenid padid padidx paddingidx pad padtoken"),
    (_optional("hidden_act", "gelu"), "hiddenact act activation activationfunction"),
    (
        _optional("hidden_dropout_prob", 0.1),
        "hiddendropoutprob hiddendropout dropout drop dropoutprob dropoutrate pdrop residpdrop "
        "embddrop embpdrop p",
    ),
    (
        _optional("attention_probs_dropout_prob", 0.1),
        "attentionprobsdropoutprob attentiondropout attndropout attnpdrop attndrop",
    ),
    (_HEAD_WIDTH, "headdim dhead headsize dk dv dimhead headwidth attentionheadsize"),
    (_RATIO, "mlpratio ffmult expansion ffnratio ffmultiplier expansionfactor ffnmult"),
]
_SETTINGS = {name: setting for setting, names in _SYNONYMS for name in names.split()}


def setting(name: str) -> Setting | None:
    """Return what a constructor's parameter or a config's field of this name is.

    >>> setting("d_model").source
    'config["hidden_size"]'
    """
    return _SETTINGS.get(name.lower().replace("_", ""))
