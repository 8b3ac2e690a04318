"""From text of any size to documents of token ids on disk.

Read: documents (text to sentences to ids), vocabulary (WordPiece learns its pieces). When you need
it: source, texts, text_files, datasets (where text comes from), preparation, build (all of it, in a
folder), shards (files larger than memory), worker_pool (several processes), progress.
"""
