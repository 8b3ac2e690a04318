"""What a trained BERT is used for, in plain code, of parts that can each be got wrong.

The model is HuggingFace's, to say what is right and to see whether a mistake explains what a
candidate answers, or scratch_bert's, to see whether the judge finds it.
"""
