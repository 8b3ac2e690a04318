"""The other tasks, and the rules that turn logits into their answers.

Read: token_classification, question_answering, next_sentence, sentence_embeddings, hidden_states.
When you need it: aggregation (tokens to entities), spans (logits to answers).
"""
