"""Changelogs: a section of Markdown for a version, from the commits whose messages have a trailer."""
