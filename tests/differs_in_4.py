"""The tests that must fail with transformers 4.57, by the line of docs/reference_versions.md.

Each expression is searched for in `folder/file.py::test[parameters]`. One that matches nothing is
an error, and so is a test that passes.
"""

import re
from collections.abc import Sequence

import pytest

from parity.reference import BEFORE_5

EXPECTED = {
    "scores": (
        r"parity/test_api.py::test_both_are_equal",
        r"parity/cli/test_main.py::test_lines_fit_a_terminal_of_80_columns",
        r"parity/model/test_diff.py::test_scratch_bert_is_equal_bit_for_bit\[None-eager-",
        r"parity/model/test_diff.py::test_scratch_bert_is_equal_bit_for_bit\[torch.float64-",
        r"parity/model/test_diff.py::test_the_edited_stage_is_named_first\[encoder",
        r"parity/model/test_diff.py::test_the_edited_stage_is_named_first\[pooler",
        r"parity/model/test_diff.py::test_the_edited_stage_is_named_first\[cls.predictions",
        r"parity/model/test_diff.py::test_what_is_returned_is_compared_too\[(prediction|seq)",
        r"parity/model/test_diff.py::test_one_layer_less_is_missing",
        r"parity/model/test_diff.py::test_other_ids_are_named_and_the_model_still_judged",
        r"parity/model/test_diff.py::test_weights_the_checkpoint_lacks_are_drawn_alike",
        r"reference/test_versions.py::test_scores_are_rounded_alike",
    ),
    "rows that see nothing": (
        r"reference/model/test_forward_backward.py::test_\w+\[BertLMHeadModel-sdpa-",
        r"reference/model/test_decoder.py::test_steps_with_a_cache\[sdpa-.*-left-padded",
        r"reference/model/test_decoder.py::test_training_with_cross_attention\[sdpa",
    ),
    "initial weights": (
        r"test_initial_weights.py::test_seeded_construction\[Bert(ForMasked|ForPreTr).*-(?!.*is_dec)",
        r"test_initial_weights.py::test_seeded_construction\[BertLMHeadModel-",
        r"reference/pretraining/test_pretraining.py::test_a_check_holds\[initial\]",
        r"parity/cli/test_suites.py::test_parity\[pretraining-",
    ),
    "weights without bert.": (
        r"reference/model/test_loading.py::test_layouts\[BertFor.*-without bert.",
    ),
    "only the decoder": (
        r"reference/model/test_loading.py::test_only_the_decoder_of_a_tied_pair",
    ),
    "a decoder that differs": (
        r"reference/model/test_loading.py::test_a_decoder_that_differs_is_untied",
    ),
    "a decoder's bias": (
        r"reference/model/test_loading.py::test_a_decoder_that_is_not_to_be_tied",
    ),
    "clean-up": (
        r"reference/tokenizer/test_tokenizer_precedence.py::test_files_beside_vocab_txt\[",
        r"reference/tokenizer/test_tokenizer_precedence.py::test_any_files",
    ),
    "extra special tokens": (
        r"reference/tokenizer/test_tokenizer_files.py::test_theirs_ours_theirs",
        r"reference/tokenizer/test_tokenizer_files.py::test_what_is_written_is_a_whole_tokenizers_file",
        r"reference/tokenizer/test_tokenizer_files.py::test_ours_theirs_ours\[odd",
    ),
    "TokenizersBackend": (
        r"reference/tokenizer/test_tokenizer_precedence.py::test_tokenizer_json\[.*-config[12]",
    ),
    "decode": (
        r"reference/tokenizer/test_tokenizer.py::test_decoding",
    ),
    "files": (
        r"reference/tokenizer/test_tokenizer.py::test_files",
    ),
}  # fmt: skip


def expect_differences(items: Sequence[pytest.Item], whole: bool) -> None:
    """Mark what must fail.

    Args:
        items: the tests.
        whole: whether each file's tests are all there, so that all that is expected must be.
    """
    if not BEFORE_5:
        return
    files = {item.path.name for item in items}
    for line, patterns in EXPECTED.items():
        for pattern in patterns:
            found = [item for item in items if re.search(pattern, item.nodeid)]
            file = pattern.partition("::")[0].rpartition("/")[2]
            if whole and file in files and not found:
                raise pytest.UsageError(f"tests/differs_in_4.py: {pattern!r} matches no test")
            for item in found:
                reason = f"docs/reference_versions.md: {line}"
                item.add_marker(pytest.mark.xfail(reason=reason, strict=True))
