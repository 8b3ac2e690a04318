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
# # What becomes of [CLS]
#
# `[CLS]` begins every text. It is no word, and in the beginning its vector is the same in all
# texts. In the end a classifier reads the text from it. This lesson watches what happens between.

# %%
# %matplotlib inline
from scratch_bert.inspection import cls_evolution, draw, layer_states, load

bert = load("builtin:minilm")
texts = [
    "The cat sleeps on the sofa.",
    "A dog barks at the postman.",
    "Stocks fell after the report.",
    "The bank raised its rates.",
    "She won the final in three sets.",
    "The team lost by two goals.",
]
evolution = cls_evolution(texts, bert)
print(evolution.states.shape)  # texts; embeddings and layers; hidden

# %% [markdown]
# ## The same, and then not
#
# How alike are the `[CLS]` of two texts, after each layer? The cosine is 1 where they are the same.

# %%
import torch
from torch.nn.functional import cosine_similarity

first = evolution.states[0]
for name, other in (("another animal", 1), ("stocks", 2), ("sports", 4)):
    cosines = cosine_similarity(first, evolution.states[other], dim=-1)
    print(f"{name:15}", " ".join(f"{cosine:.3f}" for cosine in cosines))

# %% [markdown]
# On the left are the embeddings: exactly 1, since `[CLS]` has the same word, place and segment in
# each text. In this model it changes from layer to layer, but in nearly the same way in all texts,
# until the last layer lets them part.
#
# ## A map of the way
#
# A vector has 384 numbers, paper has two. *Principal components* are the two directions in which
# all these vectors differ most. Each line is a text; they begin in the same point.

# %%
draw(evolution)

# %% [markdown]
# Do texts of one kind end near each other? Two directions are not all there is, so we count in all
# 384: how many texts have one of their own kind nearest, by `[CLS]`, and by the mean of all tokens?

# %%
kinds = [0, 0, 1, 1, 2, 2]


def matched(vectors):
    alike = cosine_similarity(vectors[:, None], vectors[None], dim=-1).fill_diagonal_(-1)
    return sum(kinds[int(row.argmax())] == kind for row, kind in zip(alike, kinds, strict=True))


means = torch.stack([layer_states(text, bert).states.mean(1) for text in texts], dim=1)
for layer, (cls, mean) in enumerate(zip(evolution.states.unbind(1), means, strict=True)):
    print(f"after {layer} layers: {matched(cls)} of 6 by [CLS], {matched(mean)} of 6 by the mean")

# %% [markdown]
# What a vector holds is what it was trained for. This model was trained to tell sentences' meanings
# by the mean of all tokens; `[CLS]` was left alone. In the original BERT `[CLS]` learned whether
# two sentences follow one another, and in fine-tuning (`scratch-bert finetune classify`) it learns
# the task.
#
# ## All tokens, layer by layer
#
# `[CLS]` is one of many. How much does a layer change each token?

# %%
states = layer_states("The bank raised its rates.", bert)
draw(states)

# %% [markdown]
# ## The logit lens
#
# The last layer's vectors are turned into words by the head of masked words. The *logit lens*
# (nostalgebraist, 2020) asks that head earlier: what would the model say if it had to stop after
# this layer? `cls_evolution` does so where a checkpoint has such a head (`lenses`), and this one
# has none:

# %%
print(evolution.lenses)

# %% [markdown]
# But the head's matrix is the word embeddings' (the weights are *tied*), and those are here. So we
# ask a simpler question of the same kind: which word's own vector is nearest to what stands at a
# token, after each layer?

# %%
model, tokenizer = bert
table = model.embeddings.word_embeddings.weight.detach()
middle = table.mean(0)


def nearest(state, number=4):
    cosines = cosine_similarity(table - middle, (state - middle)[None], dim=-1)
    return tokenizer.convert_ids_to_tokens(cosines.topk(number).indices.tolist())


for place in (states.tokens.index("bank"), 0):
    print(states.tokens[place])
    for layer, row in enumerate(states.states):
        print(f"  after {layer}: {' '.join(nearest(row[place]))}")

# %% [markdown]
# *bank* stays near its own word all the way: a layer adds to what was there, by the residual sum,
# and does not begin anew. And `[CLS]`, which was nobody's neighbor through five layers, ends
# beside *bank* and *money*, though there is no money in the text.
#
# To look through a real head, pretrain a model of your own (`scratch-bert pretrain`) and give its
# folder to `cls_evolution`; a `[MASK]` in the text is then what the lens looks at.
#
# Code: [`encoder.py`](../../scratch_bert/model/encoder.py) and
# [`pooler.py`](../../scratch_bert/model/pooler.py).
# Exercises: `parity exercise residual`, `encoder`, `pooler`. Next: `004_find_the_bug`.
