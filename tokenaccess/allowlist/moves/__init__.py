"""What moving a project or group to another parent changes, and what forbids it (docs/group-rules.md)."""
