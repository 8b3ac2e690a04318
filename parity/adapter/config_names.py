"""What people call the settings of a BERT → HuggingFace's names and where a config has them."""

# As written in an adapter, of `config`: the names, without underscores, in lower case.
_SYNONYMS = {
    'config["hidden_size"]': (
        "hiddensize hidden hiddendim dmodel dim embeddim embdim embeddingdim embeddingsize embsize "
        "embedsize nembd nembed width modeldim modelsize nhidden h d"
    ),
    'config["num_hidden_layers"]': (
        "numhiddenlayers nlayers nlayer numlayers depth layers numblocks nblocks numencoderlayers "
        "encoderlayers numberoflayers l"
    ),
    'config["num_attention_heads"]': (
        "numattentionheads nheads nhead numheads heads attentionheads attnheads numberofheads"
    ),
    'config["intermediate_size"]': (
        "intermediatesize intermediate dff ffndim ffdim ffn mlpdim ffnhidden dffn dimfeedforward "
        "feedforwarddim feedforwardsize feedforwardhidden innerdim inner innersize ffsize ffnsize "
        "ffhidden mlphidden mlphiddendim hiddendimff dinner ninner nff ff"
    ),
    'config["vocab_size"]': (
        "vocabsize nvocab numtokens vocab ntokens ntoken numembeddings vocabulary vocabularysize "
        "nwords words v"
    ),
    'config["max_position_embeddings"]': (
        "maxpositionembeddings maxlen maxseqlen contextlength blocksize maxlength maxpositions "
        "npositions numpositions seqlen seqlength maxsequencelength maxposition positions nctx "
        "contextsize sequencelength maxseqlength"
    ),
    'config.get("type_vocab_size", 2)': (
        "typevocabsize nsegments numsegments segments ntypes numtypes typesize numtokentypes "
        "segmentsize nsegs segmentvocabsize typevocab"
    ),
    'config.get("layer_norm_eps", 1e-12)': (
        "layernormeps eps epsilon lneps normeps layernormepsilon"
    ),
    'config.get("pad_token_id", 0)': "padtokenid padid padidx paddingidx pad padtoken",
    'config.get("hidden_act", "gelu")': "hiddenact act activation activationfunction",
    'config.get("hidden_dropout_prob", 0.1)': (
        "hiddendropoutprob hiddendropout dropout drop dropoutprob dropoutrate pdrop residpdrop "
        "embddrop embpdrop p"
    ),
    'config.get("attention_probs_dropout_prob", 0.1)': (
        "attentionprobsdropoutprob attentiondropout attndropout attnpdrop attndrop"
    ),
    'config["hidden_size"] // config["num_attention_heads"]': (
        "headdim dhead headsize dk dv dimhead headwidth attentionheadsize"
    ),
    'config["intermediate_size"] / config["hidden_size"]': (
        "mlpratio ffmult expansion ffnratio ffmultiplier expansionfactor ffnmult"
    ),
}
_SETTINGS = {name: source for source, names in _SYNONYMS.items() for name in names.split()}


def setting(name: str) -> str | None:
    """Return what a constructor's parameter or a config's field of this name is, in Python.

    >>> setting("d_model")
    'config["hidden_size"]'
    """
    return _SETTINGS.get(name.lower().replace("_", ""))
