"""What can be wrong with a candidate besides its numbers."""


class CandidateError(ValueError):
    """A candidate cannot be found, or is not what one must be; the message says which part."""


class CandidateCrashedError(Exception):
    """A candidate's own code raised where it had no reason to; its error is the cause of this."""
