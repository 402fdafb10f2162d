"""Token Access in GraphQL (job-token.md §4): fields of projects and groups for their maintainers, and mutations."""

from tokenaccess.graph.group_rules import TokenAccessGroupFields
from tokenaccess.graph.mutations import TokenAccessMutation
from tokenaccess.graph.reads import TokenAccessFields
from tokenaccess.graph.rule_mutations import TokenAccessRuleMutation

__all__ = ["TokenAccessFields", "TokenAccessGroupFields", "TokenAccessMutation", "TokenAccessRuleMutation"]
