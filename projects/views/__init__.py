"""Pages of groups and projects."""
