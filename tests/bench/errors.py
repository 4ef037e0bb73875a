"""The one way in which measuring fails."""


class NotFixed(RuntimeError):
    """What was timed did not do the work, so its time means nothing."""
