"""Token Access in GraphQL (job-token.md §4): fields of a project for its maintainers, and mutations."""

from tokenaccess.graph.mutations import TokenAccessMutation
from tokenaccess.graph.reads import TokenAccessFields

__all__ = ["TokenAccessFields", "TokenAccessMutation"]
