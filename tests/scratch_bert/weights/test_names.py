"""Every layout's names come to one."""

import pytest

from scratch_bert.weights.names import canonical_name


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("bert/embeddings/word_embeddings", "embeddings.word_embeddings.weight"),
        ("bert/embeddings/LayerNorm/beta:0", "embeddings.LayerNorm.bias"),
        ("bert/encoder/layer_11/output/dense/kernel:0", "encoder.layer.11.output.dense.weight"),
        ("bert/pooler/dense/bias", "pooler.dense.bias"),
        ("cls/predictions/output_bias", "cls.predictions.bias"),
        ("cls/seq_relationship/output_weights", "cls.seq_relationship.weight"),
        ("cls/squad/output_weights", "qa_outputs.weight"),
        ("output_weights", "classifier.weight"),
        ("output_bias", "classifier.bias"),
        ("bert.encoder.layer.0.output.LayerNorm.gamma", "encoder.layer.0.output.LayerNorm.weight"),
        ("encoder.layer.0.output.LayerNorm.weight", "encoder.layer.0.output.LayerNorm.weight"),
        ("bert/pooler/dense/kernel/adam_m", "pooler.dense.kernel.adam_m"),
        ("global_step", "global_step"),
    ],
)
def test_names(name, canonical):
    assert canonical_name(name) == canonical
