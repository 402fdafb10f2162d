"""Why there is no changelog."""


class ChangelogError(Exception):
    """In words for the person who asked."""
