# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Find the bug
#
# Here is a BERT in seventy lines. It loads trained weights, its vectors look right, and the usual
# test lets it pass. It is not BERT: one line is wrong. We ask `parity` where, and why.

# %%
import os
import tempfile

os.chdir(tempfile.mkdtemp())  # for the files that are written here

# %%
# %%writefile my_bert.py
import torch
from torch import nn
from torch.nn.functional import gelu


class Embeddings(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.word_embeddings = nn.Embedding(c["vocab_size"], c["hidden_size"], padding_idx=0)
        self.position_embeddings = nn.Embedding(c["max_position_embeddings"], c["hidden_size"])
        self.token_type_embeddings = nn.Embedding(c["type_vocab_size"], c["hidden_size"])
        self.LayerNorm = nn.LayerNorm(c["hidden_size"], eps=c["layer_norm_eps"])

    def forward(self, ids, types):
        summed = self.word_embeddings(ids) + self.token_type_embeddings(types)
        positions = torch.arange(ids.shape[1])[None]
        return self.LayerNorm(summed + self.position_embeddings(positions))


class SelfAttention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.heads = c["num_attention_heads"]
        self.query, self.key, self.value = (
            nn.Linear(c["hidden_size"], c["hidden_size"]) for _ in range(3)
        )

    def forward(self, states, mask):
        query, key, value = (
            part(states).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for part in (self.query, self.key, self.value)
        )
        scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
        probabilities = torch.softmax(scores.masked_fill(mask == 0, -1e9), dim=-1)
        return (probabilities @ value).transpose(1, 2).flatten(2)


class Intermediate(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.dense = nn.Linear(c["hidden_size"], c["intermediate_size"])

    def forward(self, states):
        return gelu(self.dense(states))


class Output(nn.Module):
    def __init__(self, c, width):
        super().__init__()
        self.dense = nn.Linear(width, c["hidden_size"])
        self.LayerNorm = nn.LayerNorm(c["hidden_size"])

    def forward(self, states, residual):
        return self.LayerNorm(self.dense(states) + residual)


class Layer(nn.Module):
    def __init__(self, c):
        super().__init__()
        attention = {"self": SelfAttention(c), "output": Output(c, c["hidden_size"])}
        self.attention = nn.ModuleDict(attention)
        self.intermediate = Intermediate(c)
        self.output = Output(c, c["intermediate_size"])

    def forward(self, states, mask):
        states = self.attention["output"](self.attention["self"](states, mask), states)
        return self.output(self.intermediate(states), states)


class MyBert(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.embeddings = Embeddings(c)
        layers = [Layer(c) for _ in range(c["num_hidden_layers"])]
        self.encoder = nn.ModuleDict({"layer": nn.ModuleList(layers)})

    def forward(self, input_ids, attention_mask, token_type_ids):
        states = self.embeddings(input_ids, token_type_ids)
        for layer in self.encoder["layer"]:
            states = layer(states, attention_mask[:, None, None])
        return states


# %% [markdown]
# Its modules have the names that HuggingFace's have, so that trained weights find their places. We
# take [all-MiniLM-L6-v2](https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2)'s, and as
# the truth `scratch_bert`, whose numbers are HuggingFace's bit for bit. All but the pooler's find a
# place; that it has not.

# %%
import torch
from my_bert import MyBert

from scratch_bert import BertModel, BertTokenizer

theirs = BertModel.from_pretrained("builtin:minilm").eval()
tokenizer = BertTokenizer.from_pretrained("builtin:minilm")

ours = MyBert(vars(theirs.config)).eval()
weights = theirs.state_dict()
ours.load_state_dict(weights, strict=False).unexpected_keys  # what it has no place for

# %% [markdown]
# ## The test that lets it pass

# %%
texts = ["The bank raised its interest rate.", "We sat on the bank of the river and ate."]
batch = tokenizer(texts, padding=True, return_tensors="pt")
with torch.no_grad():
    mine, right = ours(**batch), theirs(**batch).last_hidden_state

torch.allclose(mine, right, atol=1e-4)

# %% [markdown]
# Many conversions of models are tested with `atol=1e-3`, which is ten times laxer. Nothing is seen
# to be wrong in a picture or a cosine, either:

# %%
cosine = torch.nn.functional.cosine_similarity(mine, right, dim=-1)
print(f"cosine {cosine.min():.6f}, largest difference {(mine - right).abs().max():.1e}")

# %% [markdown]
# Is that difference rounding, or a mistake? In single precision it cannot be told by its size. In
# double precision it can: two correct models then agree to some fourteen digits.

# %%
with torch.no_grad():
    double = ours.double()(**batch) - theirs.double()(**batch).last_hidden_state
print(f"largest difference in double precision {double.abs().max():.1e}")

# %% [markdown]
# Rounding would have become a billion times smaller. This has stayed as large as it was: it is a
# mistake.
#
# ## Where is it?
#
# The judge needs an adapter: a class that builds the model around weights. It runs the model in a
# process of its own, beside HuggingFace's, and compares every stage on the way.


# %%
# %%writefile my_adapter.py
from my_bert import MyBert


class Adapter:
    def build(self, config, weights):
        model = MyBert(config)
        model.load_state_dict(weights, strict=False)
        return model


# %%
import parity

report = parity.examine("my_adapter.py:Adapter", "builtin:minilm", probes=["pair"])
print(report.verdict)

# %% [markdown]
# The stages in the order in which they are computed, each by its largest difference, as the text
# comes through the model; the dashed line is what rounding may come to. The first stage above it is
# where something goes wrong for the first time:

# %%
# %matplotlib inline
import matplotlib.pyplot as plt

figure, axes = plt.subplots(figsize=(9, 3.2), layout="constrained")
for lane, color in (("propagated", "tab:orange"), ("isolated", "tab:blue")):
    rows = [row for row in report.rows if row.lane == lane and row.max_abs >= 0]
    axes.semilogy([max(row.max_rel, 1e-17) for row in rows], ".", color=color, label=lane)
axes.axhline(1e-11, linestyle="--", color="gray")
axes.set(xlabel="stage, in the order of computation", ylabel="largest difference / largest number")
axes.legend(loc="center left")
plt.show()
# %% [markdown]
# *Propagated* is what you would see with hooks: everything after the mistake is wrong, too.
# *Isolated* is the same again, but after each stage the model goes on with HuggingFace's numbers.
# What is wrong there was made there, and nowhere else:

# %%
print(report.first_divergence.name)
report.born[:4]

# %% [markdown]
# ## Why?
#
# The judge makes known mistakes in HuggingFace's own model, one after the other. One that gives our
# numbers, to the last digits, is the cause.

# %%
print(report)

# %% [markdown]
# `nn.LayerNorm` was given no `eps`, and torch's is 1e-5, where BERT's is 1e-12. In `Embeddings` it
# is right, in `Output` it was forgotten.
#
# ## Mend it

# %%
from pathlib import Path

source = Path("my_bert.py").read_text()
wrong, mended = (
    'LayerNorm(c["hidden_size"])',
    'LayerNorm(c["hidden_size"], eps=c["layer_norm_eps"])',
)
assert source.count(wrong) == 1
Path("my_bert.py").write_text(source.replace(wrong, mended))

print(parity.examine("my_adapter.py:Adapter", "builtin:minilm", probes=["pair"]).verdict)

# %% [markdown]
# One input and one set of weights can hide much: a mask is not looked at where nothing is padded, a
# bias of zero cannot be forgotten. So the last word have weights that are made to show mistakes,
# and more inputs.

# %%
report = parity.examine("my_adapter.py:Adapter", "builtin:adversarial", ["pair", "padded pairs"])
print(f"{report.verdict}: {report.tally}")

# %% [markdown]
# From a shell it is `parity check my_adapter.py:Adapter`, with nineteen inputs, gradients, dropout,
# and laws. To write a part of BERT yourself, and be told when it is right: `parity exercise`.
