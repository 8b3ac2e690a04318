"""What can be wrong besides numbers."""


class CandidateError(ValueError):
    """A candidate cannot be found, or is not what one must be; the message says which part.

    Args:
        message: what is wrong.
        verdict: what that means for an exercise, as a `Verdict`; elsewhere it is a usage error.
    """

    def __init__(self, message: str, verdict: str = "") -> None:
        super().__init__(message)
        self.verdict = verdict


class CandidateCrashedError(Exception):
    """A candidate's own code raised where it had no reason to; its error is the cause of this."""


class RecordingError(ValueError):
    """A folder is no recording, or not one of this format; the message names the file."""


class DivergesError(AssertionError):
    """A check found a difference; the message says where, how large, and how to see it again."""
