"""The page Tokens of a person, a project, a group and the instance: every kind of credential in one table."""
