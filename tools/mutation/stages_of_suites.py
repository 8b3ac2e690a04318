"""Which check sees each line first, of what is judged beside the model, as the source says.

Rules are those of `stages_of_models`. A tokenizer's stages are the rules of
`parity.tokenizer.mistakes.rules`.
"""

from mutation.stages_of_models import Rules

TASKS = ("classify", "multi-label", "regress", "tag", "answer", "choose")
_WHOLE = ("tag", "answer")
LEARNING = ("run", "accumulate")
STEPS = ("loss", "steps")

TRAININGS: Rules = (
    ("Stranger.initial", "", "initial"),
    ("Stranger.mask", "", "masks"),
    ("Stranger.pairs", "", "pairs"),
    ("Stranger.build", "", "loss"),
    ("Stranger.loss", "", "loss"),
    ("Stranger.train", "manual_seed|model.train", "dropout"),
    ("Stranger.train", "", "steps"),
    ("Stranger.clip|Stranger.groups|Stranger.shares", "", "steps"),
    ("Stranger.orders|Stranger.run", "", "run"),
)
TRAININGS_NOT_MUTATED = (
    ("Stranger.train", r"folder|kept|state\b|done|random\b"),  # resuming is another check's
    ("Stranger.train", "world|dist|parameter"),  # several processes cannot be judged in one
    *((f"{name}*", "") for name in ("AllDecay", "ClipsEach", "MeanOfMeans", "TwoAtOnce")),
    *((f"{name}*", "") for name in ("SameOrder", "Forgetful", "DropsNothing", "Inverted")),
    *((f"{name}*", "") for name in ("MasksInPlace", "[A-RT-Z]*", "St[a-qs-z]*", "S[a-su-z]*")),
    ("[a-z]*", ""),
    ("$", ""),
)

FINETUNINGS: Rules = (
    ("Classifier.__init__", "qa_outputs|answer", (*_WHOLE, *TASKS)),
    ("Classifier.__init__", "rate|ropout", ("classify", "dropout")),
    ("Classifier.__init__", "", TASKS),
    ("Classifier.forward", "qa_outputs|answer", ("answer", *TASKS)),
    ("Classifier.forward", "dropout", (*TASKS, "dropout")),
    ("Classifier.*", "", TASKS),
    ("Stranger.build", "", TASKS),
    ("Stranger.logits", "", TASKS),
    ("Stranger.loss", "", TASKS),
    ("Stranger.classify_loss", "", ("classify", "choose")),
    ("Stranger.multi_label_loss", "", "multi-label"),
    ("Stranger.regress_loss", "", "regress"),
    ("Stranger.tag_loss", "", "tag"),
    ("Stranger.answer_loss*", "", "answer"),
    ("Stranger.align|Stranger.of_word", "", "align"),
    ("Stranger.windows|Stranger.ends", "", "windows"),
    ("Stranger.weight*", "", "accumulate"),
    ("Stranger.learns|Stranger.run|Stranger.begin", "", LEARNING),
)
_OTHER_CLASSES = (
    ("[ABD-RT-Z]*", ""),
    ("C[a-km-z]*", ""),
    ("Clamps*", ""),
    ("S[a-su-z]*", ""),
    ("St[a-qs-z]*", ""),
    ("[a-z]*", ""),
)
FINETUNINGS_NOT_MUTATED = (*_OTHER_CLASSES, ("Classifier$", ""), ("$", ""))

_CLASSES = ("classify", "next", "fill-mask", "embed", "tag", "answer")
INFERENCES: Rules = (
    ("Stranger.batch|Stranger.forward", "", ("fill-mask", *_CLASSES)),
    ("Stranger.logits|Stranger.probabilities|Stranger.classify", "", "classify"),
    ("Stranger.next_sentence", "", "next"),
    ("Stranger.fill_mask|Stranger.target", "", "fill-mask"),
    ("Stranger.embed|Stranger.pool", "", "embed"),
    ("Stranger.tag|Stranger.entities|Stranger.of_word", "", "tag"),
    ("Stranger.answer|Stranger.null", "", "answer"),
)
INFERENCES_NOT_MUTATED = (*_OTHER_CLASSES, ("C[a-z]*", ""), ("Stranger$", ""), ("$", ""))

TOKENIZER: Rules = (
    ("PlainTokenizer.__init__", "strip|accents|lower", ("accents", "lower")),
    ("PlainTokenizer.__init__", "", "cjk"),
    ("PlainTokenizer.encode", "", ("special tokens", "pieces", "words", "input error")),
    ("PlainTokenizer.cut", "", ("pieces", "words", "special tokens", "clean", "input error")),
    ("PlainTokenizer.normalized", "cleaned", ("clean", "whitespace")),
    ("PlainTokenizer.normalized", "apart|chinese", "cjk"),
    ("PlainTokenizer.normalized", "accents|strip", "accents"),
    ("PlainTokenizer.normalized", "lower", "lower"),
    ("PlainTokenizer.normalized", "", ("clean", "accents", "lower")),
    ("PlainTokenizer.cleaned", "", ("clean", "whitespace", "words", "pieces")),
    ("PlainTokenizer.apart", "", "cjk"),
    ("PlainTokenizer.without_accents", "", "accents"),
    ("PlainTokenizer.words", "", "words"),
    ("PlainTokenizer.pieces", "LONGEST", ("long", "pieces")),
    ("PlainTokenizer.pieces", "", "pieces"),
    ("Plain.build", "settings|given", ("accents", "lower", "cjk", "input error")),
    ("Plain.build", "", ("pieces", "special tokens", "input error")),
    ("$", "", "long"),
)
BOOK_TOKENIZER: dict[str, Rules] = {
    "normalizer.py": (
        ("Normalizer", "lowercase|strip_accents", ("lower", "accents")),
        ("Normalizer", "", "cjk"),
        ("Normalizer.strips_accents", "", "accents"),
        ("Normalizer.normalize", "clean", ("clean", "whitespace")),
        ("Normalizer.normalize", "cjk", "cjk"),
        ("Normalizer.normalize", "accents", "accents"),
        ("Normalizer.normalize", "lower", "lower"),
        ("Normalizer.normalize", "", ("offsets", "input error")),
        ("clean", "", ("clean", "whitespace", "offsets")),
        ("separate_cjk", "", ("cjk", "offsets")),
        ("strip_accents", "", ("accents", "offsets")),
        ("lower", "", ("lower", "offsets")),
    ),
    "splitter.py": (("words", "", ("words", "offsets", "input error")),),
    "wordpiece.py": (
        ("wordpiece", "MAX_CHARS", ("long", "pieces")),
        ("wordpiece", "", ("pieces", "input error")),
        ("$", "", "long"),
    ),
    "pipeline.py": (
        ("Pipeline.cut", "", ("offsets", "words", "pieces", "added tokens", "special tokens")),
        (
            "Pipeline.*",
            "",
            ("added tokens", "special tokens", "clean", "words", "offsets", "input error"),
        ),
    ),
}
BOOK_TOKENIZER_NOT_MUTATED = (
    ("Pipeline.pieces_between", ""),  # the fast path's
    ("Pipeline.pieces", "split_special_tokens"),  # an option that is not asked for
    ("Pipeline.*", r"split\b.*= False|split_special_tokens: bool"),
)

BOOK_TRAINING: dict[str, Rules] = {
    "pretraining/masking.py": (("*", "", "masks"),),
    "pretraining/pairs.py": (("*", "", "pairs"),),
    "pretraining/objective.py": (("Pretraining.count", "", "steps"), ("*", "", STEPS)),
    "training/step.py": (("*", "", "steps"),),
    "training/optimizer.py": (("*", "", "steps"),),
    "training/schedule.py": (("huggingface_schedule", "", "steps"),),
    "training/shuffle.py": (("*", "", "run"),),
    "training/loop.py": (
        ("Training.__init__", "train\\(\\)", "dropout"),
        ("Training.__iter__", "", "run"),
        ("*", "", "steps"),
    ),
}
BOOK_TRAINING_NOT_MUTATED = (
    ("Pretraining", ""),  # its default; the judged call says "eager"
    ("Pretraining.loss", "packed|chosen"),
    ("Pretraining.loss", "not in batch"),  # batches of another class
    ("count_labels", " else 0"),
    ("training_step", r"bf16|bfloat16|autocast|total|^return|Step\("),  # what a log shows
    ("OriginalAdamW*", ""),  # another optimizer
    ("original_schedule", ""),
    ("Training.take_step", r"total|Done|seed|share|return"),
    ("Training._seeds", ""),  # several processes
    ("Training.__init__", "freeze|spread|later|frozen"),
    ("parameter_groups", "share|layer_decay"),  # layer-wise decay
)
