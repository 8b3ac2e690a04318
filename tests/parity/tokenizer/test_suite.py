"""A tokenizer in a process of its own: whatever it does, the judge says what it did."""

import pytest

from parity.core.errors import CandidateCrashedError
from parity.tokenizer.suite import Amounts, judge_in_process

TOKENIZER = """
import os, sys, time

class Mine:
    def build(self, folder):
        return self

    def encode(self, text):
        {does}
"""


@pytest.fixture
def judge(tmp_path, few_words):
    def judge(does, **options):
        path = tmp_path / "mine.py"
        path.write_text(TOKENIZER.format(does=does))
        return list(judge_in_process(f"{path}:Mine", Amounts(texts=["a"]), **options))

    return judge


@pytest.mark.parametrize(
    ("does", "message"),
    [
        ("while True: time.sleep(1)", "it took longer than 4 s"),
        ("os._exit(7)", "its process ended with code 7"),
        ("sys.exit('no more')", "SystemExit: no more"),
    ],
)
def test_a_crash_is_told_with_the_users_own_line(judge, does, message):
    """Slow: the first loops until the limit."""
    with pytest.raises(CandidateCrashedError) as crashed:
        judge(does, limit=4)
    assert message in str(crashed.value)
    if "_exit" not in does:
        assert 'mine.py", line 9' in str(crashed.value)


def test_what_is_printed_is_no_answer(judge):
    (outcome, *_) = judge("print('garbage'); os.write(1, b'x' * 99); sys.stdin.read(); return [2]")
    assert (outcome.compared, outcome.wrong) == (1, 1)
