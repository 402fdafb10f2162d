"""Token Access in GraphQL (job-token.md §4): what a project tells its maintainers, and how they change it."""

from tokenaccess.graph.mutations import TokenAccessMutation
from tokenaccess.graph.reads import TokenAccessFields

__all__ = ["TokenAccessFields", "TokenAccessMutation"]
