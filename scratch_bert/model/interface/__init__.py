"""What every BERT class shares: load, save, options of a forward pass, checked inputs.

Read: pretrained (a seed, load, save), forward_plan (all options of a pass). When you need it:
attention_plan (what of them one layer needs), checkpointed (less memory), shape_checks (errors).
"""
