"""Changes to applications and to what people have let them do."""
