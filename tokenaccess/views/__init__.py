"""The pages of Token Access."""
