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
# # Who looks at whom
#
# A token's vector knows its word and its place, and nothing of its neighbors. Attention changes
# that: each token looks at all, and takes from each a share of what that has to give. This lesson
# looks at the shares.

# %%
# %matplotlib inline
from scratch_bert.inspection import attention_maps, draw, load

bert = load("builtin:minilm")
text = "The animal did not cross the street because it was too tired."
maps = attention_maps(text, bert, layer=0)
print(maps.ours.shape)  # layers, heads, the token that looks, the token that is looked at

# %% [markdown]
# In each of 6 layers there are 12 *heads*, and each has its own shares, from its own queries and
# keys:
#
# $$\mathrm{softmax}\left(\frac{QK^\top}{\sqrt{d}}\right)$$
#
# A row is a token that looks, a column one that is looked at; the softmax makes each row sum to 1.
# The twelve heads of the first layer:

# %%
draw(maps)

# %% [markdown]
# Some patterns recur in every BERT (Clark et al., 2019, *What does BERT look at?*). To find them
# here we need no eye: a head that looks at the token before has its shares on a diagonal. This is
# how much of all looking goes to five places, in each head of each layer:

# %%
import matplotlib.pyplot as plt
import torch

shares = maps.ours  # (layers, heads, seq, seq)
inner = shares[:, :, 1:-1]  # the rows of words; [CLS] and [SEP] look otherwise
seq = shares.shape[-1]
places = {
    "the token before": inner.diagonal(0, 2, 3).mean(-1),
    "itself": inner.diagonal(1, 2, 3).mean(-1),
    "the token after": inner.diagonal(2, 2, 3).mean(-1),
    "[CLS]": inner[..., 0].mean(-1),
    "[SEP]": inner[..., -1].mean(-1),
}
figure, axes = plt.subplots(1, 5, figsize=(11, 2.6), sharey=True, layout="constrained")
for (name, share), ax in zip(places.items(), axes, strict=True):
    image = ax.imshow(share, vmin=0, vmax=1, aspect="auto")
    ax.set(title=name, xlabel="head", xticks=range(0, 12, 2))
axes[0].set_ylabel("layer")
figure.colorbar(image, label="share")
plt.show()
# %% [markdown]
# Some heads do one thing only. And most of all looking goes to `[CLS]`, or in other BERTs to
# `[SEP]`: the shares must sum to 1, those tokens are in every text, and a head that has nothing to
# say can look there. The clearest *before* head, and the clearest *after* head:

# %%
for name in ("the token before", "the token after"):
    layer, head = divmod(int(places[name].argmax()), shares.shape[1])
    print(f"{name}: layer {layer}, head {head}, {places[name].max():.0%} of its looking")

# %%
layer, head = divmod(int(places["the token before"].argmax()), shares.shape[1])
draw(maps.at(layer, head))

# %% [markdown]
# ## What does *it* mean?
#
# The street cannot be tired, the animal can. Where does *it* look, in the mean of all heads of each
# layer, at the nouns?

# %%
it, animal, street = (maps.tokens.index(word) for word in ("it", "animal", "street"))
for layer, row in enumerate(shares.mean(1)[:, it]):
    print(f"layer {layer}:  animal {row[animal]:.3f}  street {row[street]:.3f}")

# %% [markdown]
# In layers 3 and 4 it takes three times as much from the animal as from the street. But be careful
# with such numbers: a share says how much was taken from a token, not why, and by the fourth layer
# the vector that stands at *animal* holds much of its neighbors as well.
#
# ## Padding
#
# Texts that are computed together are padded to one length. What stands there must not be looked
# at: a mask adds a number so low to the scores that the softmax makes 0 of it. So a text's vectors
# do not change with its company:

# %%
model, tokenizer = bert
alone = tokenizer(["Short."], return_tensors="pt")
together = tokenizer(["Short.", text], padding=True, return_tensors="pt")
with torch.no_grad():
    masked = model(**together, output_attentions=True, attention="eager").attentions[0][0]
    unmasked = model(
        together["input_ids"][:1], output_attentions=True, attention="eager"
    ).attentions[0][0]
length = alone["input_ids"].shape[1]
for name, maps_of_it in (("with", masked), ("without", unmasked)):
    rows = maps_of_it[:, :length]  # of the tokens; what padding looks at is nobody's business
    print(
        f"{name} the mask {rows[..., length:].sum() / rows.sum():.0%} of all looking is at padding"
    )

# %% [markdown]
# ## Ours beside HuggingFace's
#
# Is this what HuggingFace's BERT looks at? Not about, but bit for bit, in every layer and head:

# %%
from parity import reference_attentions

beside = attention_maps(text, bert, layer=2, head=0)
beside = beside.beside(reference_attentions("builtin:minilm", beside.batch))
print(beside.verdict)
draw(beside)

# %% [markdown]
# The formula is six lines, [`eager_attention`](../../scratch_bert/model/attention.py). To write it
# yourself, and be told when it is right: `parity exercise attention --write`. What if one line of
# it is wrong? `004_find_the_bug`. Next: what becomes of `[CLS]`, in `003_cls_evolution`.
