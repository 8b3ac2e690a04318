"""Which stage each line of the models feeds first, as their source says.

A rule is a pattern of functions, a pattern of the changed expression or its lines, and stages; the
first rule that fits holds. Where one expression is given to several stages, each is right, as the
mutant decides which one is wrong. What a mask hides is not compared in the scores, but in the
probabilities. `NOT_MUTATED` is what the judged call does not come by, with the
reason in the comment.
"""

L = "encoder.layer.{i}"
A = f"{L}.attention"
SCORES, SHARES, CONTEXT = f"{A}.self.scores", f"{A}.self.probabilities", f"{A}.self"
QUERY, KEY, VALUE = (f"{CONTEXT}.{name}" for name in ("query", "key", "value"))
MIDDLE = (f"{A}.output.dense", f"{A}.output.sum", f"{A}.output.LayerNorm")
UP, INNER, DOWN = f"{L}.intermediate.dense", f"{L}.intermediate", f"{L}.output.dense"
END = (f"{L}.output.sum", f"{L}.output.LayerNorm", L)
WORD, SEGMENT, POSITION = (
    f"embeddings.{name}_embeddings" for name in ("word", "token_type", "position")
)
SUM, NORM, EMBEDDED = "embeddings.sum", "embeddings.LayerNorm", "embeddings"
TABLES = (WORD, SEGMENT, POSITION)
POOL, POOLED = "pooler.dense", ("pooler", "pooler_output")
TRANSFORM = "cls.predictions.transform"
WORDS = ("cls.predictions", "prediction_logits")
FOLLOWS = ("cls.seq_relationship", "seq_relationship_logits")
HEADS = (TRANSFORM, *WORDS, *FOLLOWS)
NORMS = (NORM, MIDDLE[2], END[1], TRANSFORM)  # of one function that all of them call
LAYER_ENDS = (EMBEDDED, MIDDLE[2], L, TRANSFORM)

Stages = str | tuple[str, ...]
Rules = tuple[tuple[str, str, Stages], ...]

BOOK: dict[str, Rules] = {
    "attention.py": (
        ("eager_attention", "F.dropout", CONTEXT),
        ("eager_attention", "F.softmax", SHARES),
        ("eager_attention", "return ", CONTEXT),
        ("eager_attention", "mask", (SCORES, SHARES)),
        ("eager_attention", "", SCORES),
        ("additive_mask", "", (SCORES, SHARES)),
        ("BertSelfAttention.__init__", "self.key =", KEY),
        ("BertSelfAttention.__init__", "self.value =", VALUE),
        ("BertSelfAttention.__init__", "self.dropout =", CONTEXT),
        ("BertSelfAttention.__init__", "self.head_dim =", SCORES),
        ("BertSelfAttention.__init__", "", QUERY),
        ("BertSelfAttention.forward", r"^self\.split_heads\(self.value", CONTEXT),
        ("BertSelfAttention.forward", r"^self\.split_heads", SCORES),
        ("BertSelfAttention.forward", "self.query", QUERY),
        ("BertSelfAttention.forward", "self.key", KEY),
        ("BertSelfAttention.forward", "self.value", VALUE),
        ("BertSelfAttention.forward", "^return", CONTEXT),
        ("BertSelfAttention.forward", "", (SCORES, CONTEXT)),
        ("BertSelfAttention.split_heads", "", SCORES),
        ("BertSelfAttention.attend", "dropout = ", CONTEXT),
        ("BertSelfAttention.attend", "return ", CONTEXT),
        ("BertSelfAttention.attend", "", SCORES),
        ("BertAttention.__init__", "attention", QUERY),
        ("BertAttention.__init__", "", (QUERY, MIDDLE[0])),
        ("BertAttention.forward", "self.self", (QUERY, CONTEXT)),
        ("BertAttention.forward", "", MIDDLE),
    ),
    "bert.py": (
        ("BertModel.__init__", "layer|encoder", QUERY),
        ("BertModel.__init__", "pool", POOL),
        ("BertModel.__init__", "", TABLES),
        ("BertModel.forward", "self.embeddings|input_ids", TABLES),
        ("BertModel.forward", "hide_padding", (SCORES, SHARES)),
        ("BertModel.forward", "self.encoder", QUERY),
        ("BertModel.forward", "self.pooler", POOL),
        ("BertModel.forward", "return ", HEADS),
        ("BertModel.forward", "", TABLES),
    ),
    "embeddings.py": (
        ("BertEmbeddings.__init__", "word|super", WORD),
        ("BertEmbeddings.__init__", "position", POSITION),
        ("BertEmbeddings.__init__", "token_type", SEGMENT),
        ("BertEmbeddings.__init__", "Norm", NORM),
        ("BertEmbeddings.__init__", "ropout", EMBEDDED),
        ("BertEmbeddings.forward", "completed_inputs|past_length|past_length: ", TABLES),
        ("BertEmbeddings.forward", "words = ", WORD),
        ("BertEmbeddings.forward", r"^self\.token", (SEGMENT, SUM)),
        ("BertEmbeddings.forward", r"^self\.position", (POSITION, SUM)),
        ("BertEmbeddings.forward", "summed = ", (SUM, POSITION)),
        ("BertEmbeddings.forward", r"^self\.LayerNorm", (SUM, NORM, EMBEDDED)),
        ("BertEmbeddings.forward", "return ", EMBEDDED),
    ),
    "encoder.py": (
        ("BertLayer.__init__", "intermediate =|super", (UP, QUERY)),
        ("BertLayer.__init__", "attention", QUERY),
        ("BertLayer.__init__", "", DOWN),
        ("BertLayer.forward", "attended = ", QUERY),
        ("BertLayer.forward", r"^self\.intermediate", (UP, DOWN)),
        ("BertLayer.forward", "^return", L),
        ("BertLayer.forward", "", (DOWN, END[0])),
        ("BertEncoder.*", "", QUERY),
    ),
    "feed_forward.py": (
        ("BertIntermediate.*", "^self.activation|activation =", INNER),
        ("BertIntermediate.*", "^return", (UP, INNER)),
        ("BertIntermediate.*", "", UP),
        ("BertOutput.__init__", "Norm", (MIDDLE[2], END[1])),
        ("BertOutput.__init__", "ropout", (MIDDLE[1], END[0])),
        ("BertOutput.__init__", "", (MIDDLE[0], DOWN)),
        ("BertOutput.forward", r"^self\.dense", (MIDDLE[0], DOWN)),
        ("BertOutput.forward", r"^self\.LayerNorm|^return", (*MIDDLE[1:], *END)),
        ("BertOutput.forward", "", (MIDDLE[1], END[0])),
    ),
    "heads.py": (
        ("BertPredictionHeadTransform.*", "", TRANSFORM),
        ("BertLMPredictionHead.__init__", "transform|super", TRANSFORM),
        ("BertLMPredictionHead.forward", r"^self\.transform", (TRANSFORM, *WORDS)),
        ("BertLMPredictionHead.*", "", WORDS),
        ("BertWithHead.__init__", "", TABLES),
        ("BertWithHead.init_head", "", (*TABLES, *WORDS)),
        ("BertWithVocabulary.__init__", "seq_relationship", FOLLOWS),
        ("BertWithVocabulary.__init__", "pool", POOL),
        ("BertWithVocabulary.*", "", (TRANSFORM, *WORDS)),
        ("BertForPreTraining", "", POOL),
        ("BertForPreTraining.forward", "self.bert", TABLES),
        ("BertForPreTraining.forward", "self.score", (TRANSFORM, *WORDS)),
        ("BertForPreTraining.forward", "follows = ", FOLLOWS),
        ("BertForPreTraining.forward", "", (*WORDS, *FOLLOWS)),
    ),
    "pooler.py": (("BertPooler.*", r"^torch\.tanh|^return", POOLED), ("BertPooler.*", "", POOL)),
}

BOOK_NOT_MUTATED = (
    ("BertSelfAttention.attend", r"plan\.(kernel|show)"),  # other kernels; asked-for attentions
    ("BertAttention.forward", "only_needed"),  # "packed" alone leaves tokens out
    ("BertModel.forward", r"plan\.(un)?pack\b"),  # the same
    ("cross_entropy", ""),  # losses are judged with the pretraining
    ("BertForMaskedLM*", ""),  # other classes than the one that is judged
    ("BertForNextSentencePrediction*", ""),
    ("BertWithVocabulary.score", "check_shape|chosen"),  # chosen logits are not asked for
    ("BertForPreTraining.forward", "loss"),
    ("BertWithVocabulary$", ""),  # replaced by the subclass
    ("$", ""),  # names of types
)

TUTORIAL: Rules = (
    ("Norm.*", "", NORMS),
    ("Gelu.*", "", (INNER, TRANSFORM)),
    ("Embeddings.__init__", "words|super", WORD),
    ("Embeddings.__init__", "positions", POSITION),
    ("Embeddings.__init__", "segments", SEGMENT),
    ("Embeddings.__init__", "Norm", NORM),
    ("Embeddings.__init__", "Dropout", EMBEDDED),
    ("Embeddings.forward", r"^self\.words", (WORD, SUM)),
    ("Embeddings.forward", r"^self\.segments", (SEGMENT, SUM)),
    ("Embeddings.forward", r"^self\.positions", (POSITION, SUM)),
    ("Embeddings.forward", "x = self.words", (SUM, POSITION)),
    ("Embeddings.forward", "positions", POSITION),
    ("Embeddings.forward", "segments", SEGMENT),
    ("Embeddings.forward", r"^self\.norm", (SUM, NORM, EMBEDDED)),
    ("Embeddings.forward", "return ", EMBEDDED),
    ("Attention.__init__", "Softmax|dim=", SHARES),
    ("Attention.__init__", "Dropout", CONTEXT),
    ("Attention.__init__", "width", SCORES),
    ("Attention.__init__", "", QUERY),
    ("Attention.cut", "", SCORES),
    ("Attention.forward", r"self\.cut", (SCORES, CONTEXT)),
    ("Attention.forward", "qkv", (QUERY, SCORES)),
    ("Attention.forward", "shares = |mixed = |return ", (SHARES, CONTEXT)),
    ("Attention.forward", "mask", (SCORES, SHARES)),
    ("Attention.forward", "", SCORES),
    ("Layer.__init__", "Dropout", (MIDDLE[1], END[0])),
    ("Layer.__init__", "norm1", (MIDDLE[2], END[1])),
    ("Layer.__init__", "self.up", (UP, INNER, DOWN)),
    ("Layer.__init__", "", (QUERY, MIDDLE[0])),
    ("Layer.forward", r"^self\.attention", (QUERY, CONTEXT, MIDDLE[0])),
    ("Layer.forward", "attended = ", (QUERY, MIDDLE[0])),
    ("Layer.forward", r"^self\.down", DOWN),
    ("Layer.forward", "norm1", MIDDLE[1:]),
    ("Layer.forward", r"^self\.up", (UP, INNER)),
    ("Layer.forward", "wide = ", (UP, INNER)),
    ("Layer.forward", "", END),
    ("WordHead.__init__|WordHead.transform", "dense|gelu|norm|super", TRANSFORM),
    ("WordHead.forward", r"^self\.transform", (TRANSFORM, *WORDS)),
    ("WordHead.*", "", WORDS),
    ("TutorialModel.__init__", "follows", FOLLOWS),
    ("TutorialModel.__init__", "pool", POOL),
    ("TutorialModel.__init__", "head", TRANSFORM),
    ("TutorialModel.__init__", "layers", QUERY),
    ("TutorialModel.__init__", "", TABLES),
    ("TutorialModel.forward", r"self\.embed\(", TABLES),
    ("TutorialModel.forward", "x = layer", QUERY),
    ("TutorialModel.forward", r"^torch\.tanh", POOLED),
    ("TutorialModel.forward", "pooled = ", POOL),
    ("TutorialModel.forward", r"^self\.follows", FOLLOWS),
    ("TutorialModel.forward", "", HEADS),
)
