"""Right solutions of the exercises: the book's parts, called as a learner's are; and mistakes."""

RIGHT = {
    "layer-norm": "from torch.nn import LayerNorm",
    "embeddings": "from scratch_bert.model.embeddings import BertEmbeddings",
    "attention": """
import torch
from torch import nn

class BertSelfAttention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.heads = config.num_attention_heads
        self.query = nn.Linear(config.hidden_size, config.hidden_size)
        self.key = nn.Linear(config.hidden_size, config.hidden_size)
        self.value = nn.Linear(config.hidden_size, config.hidden_size)
        self.dropout = nn.Dropout(config.attention_probs_dropout_prob)

    def split(self, states):
        return states.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def forward(self, states, mask):
        query, key = self.split(self.query(states)), self.split(self.key(states))
        value = self.split(self.value(states))
        scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
        probabilities = self.dropout(torch.softmax(scores + mask, dim=-1))
        return (probabilities @ value).transpose(1, 2).flatten(2)
""",
    "residual": "from scratch_bert.model.feed_forward import BertOutput",
    "feed-forward": "from scratch_bert.model.feed_forward import BertIntermediate",
    "layer": """
from torch import nn

class BertLayer(nn.Module):
    def __init__(self, attention, intermediate, output):
        super().__init__()
        self.attention, self.intermediate, self.output = attention, intermediate, output

    def forward(self, states, mask):
        attended = self.attention(states, mask)
        return self.output(self.intermediate(attended), attended)
""",
    "encoder": """
from torch import nn

class BertEncoder(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.layer = nn.ModuleList(layers)

    def forward(self, states, mask):
        for layer in self.layer:
            states = layer(states, mask)
        return states
""",
    "pooler": "from scratch_bert.model.pooler import BertPooler",
    "mlm-head": "from scratch_bert.model.heads import BertLMPredictionHead",
    "wordpiece": "from scratch_bert.tokenization.wordpiece import wordpiece",
    "masking": """
from scratch_bert.pretraining.masking import generator_draws, hide

def mask_words(input_ids, special_tokens_mask, vocab_size, mask_token_id, generator):
    draws = generator_draws(special_tokens_mask.bool(), vocab_size, generator)
    return hide(input_ids, draws, mask_token_id)
""",
    "optimizer": """
def adamw_step(parameter, gradient, state, learning_rate, weight_decay):
    if not state:
        state.update(m=0, v=0, t=0)
    state["t"] += 1
    state["m"] = 0.9 * state["m"] + 0.1 * gradient
    state["v"] = 0.999 * state["v"] + 0.001 * gradient**2
    mean = state["m"] / (1 - 0.9 ** state["t"])
    square = state["v"] / (1 - 0.999 ** state["t"])
    update = mean / (square**0.5 + 1e-8) + weight_decay * parameter
    parameter -= learning_rate * update
""",
}
LAYER_NORM = """
import torch
from torch import nn

class LayerNorm(nn.Module):
    def __init__(self, hidden, eps):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(hidden))
        self.bias = nn.Parameter(torch.zeros(hidden))

    def forward(self, states):
        mean, variance = states.mean(-1, keepdim=True), states.var(-1, keepdim=True)
        return self.weight * (states - mean) / (variance + self.eps).sqrt() + self.bias
"""
FEED_FORWARD = """
from torch import nn

class BertIntermediate(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.intermediate_size)

    def forward(self, states):
        return nn.functional.gelu(self.dense(states), approximate="tanh")
"""
RESIDUAL = """
from torch import nn

class BertOutput(nn.Module):
    def __init__(self, config, width):
        super().__init__()
        self.dense = nn.Linear(width, config.hidden_size)
        self.LayerNorm = nn.LayerNorm(config.hidden_size)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(self, states, residual):
        return self.LayerNorm(self.dropout(self.dense(states)) + residual)
"""
EMBEDDINGS = """
from scratch_bert.model.embeddings import BertEmbeddings as Right

class BertEmbeddings(Right):
    def forward(self, input_ids, token_type_ids, position_ids):
        return super().forward(input_ids, token_type_ids)
"""
POOLER = """
from scratch_bert.model.pooler import BertPooler as Right

class BertPooler(Right):
    def forward(self, states):
        return self.dense(states.mean(1)).tanh()
"""
MLM_HEAD = """
from scratch_bert.model.heads import BertLMPredictionHead as Right

class BertLMPredictionHead(Right):
    def __init__(self, config):
        super().__init__(config)
        self.transform.activation = lambda states: states
"""
WORDPIECE = """
from scratch_bert.tokenization.wordpiece import wordpiece as right

def wordpiece(word, vocabulary):
    pieces = right(word, vocabulary)
    if pieces is None:
        for end in range(len(word), 0, -1):
            if word[:end] in vocabulary:
                return [word[:end], "[UNK]"]
    return pieces
"""


def changed(name: str, old: str, new: str) -> str:
    assert RIGHT[name].count(old) == 1, (name, old)
    return RIGHT[name].replace(old, new)


# exercise, what is written, where the judge must see it first, and a word of the cause.
WRONG = {
    "no scale": (
        "attention",
        changed("attention", " / query.shape[-1] ** 0.5", ""),
        "encoder.layer.0.attention.self.scores",
        "scale",
    ),
    "softmax over the queries": (
        "attention",
        changed("attention", "mask, dim=-1", "mask, dim=-2"),
        "encoder.layer.0.attention.self.probabilities",
        "quer",
    ),
    "no mask": (
        "attention",
        changed("attention", "scores + mask", "scores"),
        "encoder.layer.0.attention.self.probabilities",
        "mask",
    ),
    "no dropout": (
        "attention",
        changed(
            "attention",
            "self.dropout(torch.softmax(scores + mask, dim=-1))",
            "torch.softmax(scores + mask, dim=-1)",
        ),
        "encoder.layer.0.attention.self",
        "dropout is missing here in training",
    ),
    "unbiased variance": ("layer-norm", LAYER_NORM, "embeddings.LayerNorm", "n - 1"),
    "no positions": ("embeddings", EMBEDDINGS, "embeddings.position_embeddings", "position"),
    "torch's eps": (
        "residual",
        RESIDUAL,
        "encoder.layer.0.attention.output.LayerNorm",
        "eps is 1e-5",
    ),
    "GELU by tanh": ("feed-forward", FEED_FORWARD, "encoder.layer.0.intermediate", "tanh"),
    "the wrong residual": (
        "layer",
        changed("layer", "attended), attended)", "attended), states)"),
        "encoder.layer.0.output.sum",
        "residual",
    ),
    "one layer too few": (
        "encoder",
        changed("encoder", "in self.layer", "in self.layer[:-1]"),
        "encoder.layer.2.attention.self.query",
        "the layer is not run",
    ),
    "a mean for [CLS]": ("pooler", POOLER, "pooler.dense", "mean"),
    "no activation": ("mlm-head", MLM_HEAD, "cls.predictions.transform", "activation"),
    "known part": ("wordpiece", WORDPIECE, "longest piece first", "the known part"),
    "all become [MASK]": (
        "masking",
        "import torch\n\ndef mask_words(input_ids, special_tokens_mask, vocab_size, mask_token_id, "
        "generator):\n"
        "    chosen = (torch.rand(input_ids.shape, generator=generator) < 0.15)\n"
        "    chosen &= special_tokens_mask == 0\n"
        "    return (input_ids.masked_fill(chosen, mask_token_id),\n"
        "            input_ids.masked_fill(~chosen, -100))\n",
        "became [MASK]",
        "[MASK]",
    ),
    "decay as a gradient": (
        "optimizer",
        changed(
            "optimizer",
            "    if not state",
            "    gradient = gradient + weight_decay * parameter\n"
            "    weight_decay = 0\n    if not state",
        ),
        "step 2",
        "L2",
    ),
}
