"""What an attacker would find in the settings of a project, a group or the instance (docs/posture.md)."""
