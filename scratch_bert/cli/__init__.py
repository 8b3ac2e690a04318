"""The command line.

Read: main (all commands), common (exit codes, errors), then a command: tokenize, fill_mask,
classify, tag, answer, next_sentence, embed, build_examples, pretrain, finetune. When you need it:
finetune_options, pretrain_options, inference_options (the options), training (what pretrain and
finetune share), input_lines, inference_output (texts in, results out), tokenize_lines,
tokenize_output, inspection_tools (of tools/).
"""
