"""What the rules of the groups above a project add to its list and forbid it (docs/group-rules.md)."""
