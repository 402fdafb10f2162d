"""Token Access in GraphQL (job-token.md §4): fields of projects and groups for their maintainers, and mutations."""

from tokenaccess.graph.group_rules import TokenAccessGroupFields
from tokenaccess.graph.mutations import TokenAccessMutation
from tokenaccess.graph.reads import TokenAccessFields

__all__ = ["TokenAccessFields", "TokenAccessGroupFields", "TokenAccessMutation"]
