"""The verdicts that most requests get from the rules on their way to a yes, made once."""

from tokenaccess.policy.steps import Step

ALIVE = Step("alive", "The credential is valid.")
JOB_MAY_ASK = Step("reachable", "A job token may ask for it.")
CALLER_MAY_ASK = Step("reachable", "This kind of caller may ask for it.")
IN_SCOPE = Step("scoped", "The credential's scopes suffice.")
NOT_LIMITED = Step("admitted", "The limits apply only to jobs that access a project.")
OWN_PROJECT = Step("admitted", "It is the job's own project.")
ADMITTED = Step("admitted", "The job's project is admitted.")
NOTHING_HIDDEN = Step("visible", "There is nothing to hide.")
VISIBLE = Step("visible", "The person may see it.")
NOT_NARROWED = Step("declared", "The job did not narrow its token.")
DECLARED = Step("declared", "The job asked for it when it narrowed its token.")
NO_ENTRY_APPLIES = Step("permitted", "Entries apply only to jobs.")
NOT_RESTRICTED = Step("permitted", "No entry narrows what the token may do.")
NO_FEATURE = Step("enabled", "No feature is involved.")
ENABLED = Step("enabled", "The feature is on.")
ANYWHERE = Step("located", "The token may be used from anywhere.")
JOB_ITSELF = Step("entitled", "It is the job itself.")
