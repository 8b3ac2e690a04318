"""A tokenizer's settings, read from and written to the files of a checkpoint.

Read: settings, checkpoint_folder. When you need it: vocabulary (vocab.txt), tokenizer_json and
tokenizer_config (the files of these names), added_tokens (the ids of tokens that files add).
"""
