"""The command line.

Read: main (all commands), common (exit codes, errors), then a command, such as classify or
finetune. When you need it: finetune_options, pretrain_options, inference_options (the options),
training (what pretrain and finetune share), input_lines, inference_output (texts in, results out),
tokenize_lines, tokenize_output, inspection_tools (of tools/).
"""
