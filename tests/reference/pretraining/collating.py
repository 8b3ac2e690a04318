"""HuggingFace's collator, which hides words of a batch."""

from transformers import DataCollatorForLanguageModeling


def collator(tokenizer, *, whole_word_mask=False, **options):
    """Build one; of whole words all become [MASK], which must be said in 4.57."""
    if whole_word_mask:
        options |= {"mask_replace_prob": 1.0, "random_replace_prob": 0.0}
    return DataCollatorForLanguageModeling(tokenizer, whole_word_mask=whole_word_mask, **options)
