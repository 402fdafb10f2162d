"""Trusted publishing: jobs of projects that a rule names publish a Python package without a secret."""
