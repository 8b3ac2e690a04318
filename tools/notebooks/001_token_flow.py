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
# # From text to numbers
#
# BERT reads no letters. It reads whole numbers below 30522, one for each piece of text, and two
# more rows of numbers beside them. This lesson follows a text until it is those numbers, and then
# until it is vectors.

# %%
# %matplotlib inline
from rich.console import Console

from scratch_bert.inspection import draw, embedding_parts, load, token_flow

bert = load("builtin:minilm")  # a model and its tokenizer; loaded once
flow = token_flow("Unaffâble, isn't she?", bert)
draw(flow)

# %% [markdown]
# From top to bottom: words, their pieces, and the pieces' ids. There are three steps.
#
# ## 1. Normalize
#
# Control characters go, accents are dropped, and letters become small: this vocabulary is
# *uncased*. Two spellings that mean the same to it become the same here.

# %%
text = flow.texts[0]
print(text.text)
print(text.normalized)

# %% [markdown]
# ## 2. Split
#
# White space and punctuation marks part words; each mark is a word of its own. So `isn't` is three.

# %%
[word.text for word in text.words]

# %% [markdown]
# ## 3. WordPiece
#
# The vocabulary has 30522 pieces, and `unaffable` is none of them. So the longest piece that fits
# is taken from the left, and again from what is left; pieces inside a word are written with `##`.

# %%
for word in text.words:
    print(f"{word.text:10} {' '.join(piece.token for piece in word.pieces)}")

# %% [markdown]
# *Longest first* is not what a linguist would do: `una ##ffa ##ble`, not `un ##aff ##able`. A
# frequent word is one piece, and a rare or misspelled one is several. Nothing needs to be unknown,
# but where some part of a word fits nothing, as a sign that the vocabulary has never seen, the
# whole word is `[UNK]`:

# %%
for given in ("electroencephalography", "recieve", "Donaudampfschiff", "beer🍺"):
    words = token_flow(given, bert).texts[0].words
    print(f"{given:24} {' '.join(piece.token for word in words for piece in word.pieces)}")

# %% [markdown]
# The whole of it is a function of fifteen lines,
# [`wordpiece.py`](../../scratch_bert/tokenization/wordpiece.py). To write it yourself: `parity
# exercise wordpiece --write`.
#
# ## Two texts
#
# BERT reads one text or two. `[CLS]` begins the row, `[SEP]` ends each text, and a second row of
# numbers, the *segments*, says which text a token belongs to. A third, the *attention mask*, is 1
# for each token; where several texts are computed together, the shorter ones are padded, and that
# is 0.

# %%
pair = token_flow(("Who sleeps?", "The cat is asleep."), bert)
Console(width=92).print(pair)

# %% [markdown]
# Every piece knows which characters it came from (the *offsets*), so an answer can be found again
# in the text. These are all of a model's inputs:

# %%
print("input_ids     ", pair.input_ids)
print("token_type_ids", pair.token_type_ids)
print("attention_mask", pair.attention_mask)

# %% [markdown]
# ## And then vectors
#
# Each id is a row of a table, the *word embeddings*. Two more tables are added: one row for the
# place (BERT would not know the order otherwise), one for the segment. The sum is normalized, and
# that is what the first layer reads.

# %%
parts = embedding_parts(("Who sleeps?", "The cat is asleep."), bert)
for name in ("word", "position", "segment", "sum", "normalized"):
    print(f"{name:11} {tuple(getattr(parts, name).shape)}")
draw(parts)

# %% [markdown]
# Word and place are learned side by side and added, not glued together: the same vector must hold
# both. The segment's vectors are two in all, the same for every token of a text.
#
# Here word, segment and place are the first thing that `parity diff` compares with HuggingFace's;
# the code is [`embeddings.py`](../../scratch_bert/model/embeddings.py). Next: what the tokens do
# with each other, in `002_attention_visualization`.
