"""Badges of projects and groups: which there are, what may be one, and what their placeholders stand for."""
