"""The history in the reader's language: audit events are stored in English, as the API answers them."""

from __future__ import annotations

from text.hidden_characters import reveal
from tokenaccess.explanation.history_names import spell_out
from tokenaccess.explanation.phrases import Phrases

HISTORY = "history"
# What may be put into a sentence below.
PARTS = (
    "Project {0}", "Group {0}",
    "A project that is gone or that you may not see", "A group that is gone or that you may not see",
    "inbound list of allowed projects", "outbound list of allowed projects", "list of allowed groups",
    "Branch", "Tag", "owner", "maintainer", "developer", "reporter", "guest", "ignored", "restored",
    "enabled", "disabled", "created", "changed", "changed ({0})", "deleted", "revoked", "rotated", "given a new token",
    "given an end for its token",
    "was created", "was changed", "was deleted", "was paused", "now runs as {0}", "lost its deployment #{0}",
    "was stopped", "is being stopped by job {0}",
    "was protected", "had its protection changed", "was unprotected", "were protected", "had their protection changed",
    "were unprotected", "are protected", "are protected differently", "are not protected any more", "may publish",
    "may no longer publish", "put on record", "given the link {0}", "changed in its link {0}",
    "deprived of its link {0}",
    "accepted until {0}: {1}", "no longer accepted", "the instance",
)  # fmt: skip
TOKEN_ACCESS = (
    "{0} was added to {1} for {2}",
    "{0} was added to {1} for {2}, with default permissions: false, job token policies: {3}",
    "{0} was removed from {1} for {2}",
    "{0} was removed from {1} for {2}, with job token policies: {3}",
    "CI job token updated to default permissions: {0}, policies: {1}",
    "CI job token updated to default permissions: true, policies: ",
    "CI job token updated to default permissions: false, policies: ",
    "{0} in the {1} was changed: {2}",
    "{0} in the {1} was suspended",
    "{0} in the {1} was restored",
    "{0} in the {1} was renewed until {2}",
    "{0} in the {1} was confirmed as needed",
    "{0} in the {1} was reviewed: {2}",
    "Secure ci_job_token was {0} for outbound",
    "Secure ci_job_token was enabled for inbound",
    "Secure ci_job_token was disabled for inbound",
    "Secure ci_job_token went on trial for inbound",
    "Git pushes by the project's own job tokens were {0}",
    "Git pushes by job tokens of projects on the allowlist were {0}",
    "Pipelines for pushes by job tokens were {0}",
    "Job tokens used from elsewhere are no longer looked at",
    "Refusing job tokens used from elsewhere went on trial",
    "Job tokens used from elsewhere are refused",
    "The token of job #{0} was used from {1}; runner #{2} took the job from {3}",
    "{0} was {1} in the trial of {2}",
    "Access review #{0} was started",
    "Access review #{0} was signed off",
    "The token of 1 running job of {0} was stopped",
    "The tokens of {0} running jobs of {1} were stopped",
    "Finding “{0}” #{1} is {2}",
    "Group rule of job token access changed: {0}",
    "Rules file applied to {0}: {1} added, {2} changed, {3} removed",
    "{0} is managed by a rules file no more",
)
# Of the list of a group, the path of the group last.
_GROUP_LIST = (
    "{0} was added to the list for all projects of {1}",
    "{0} was removed from the list for all projects of {1}",
    "{0} has other permissions in the list for all projects of {1}",
    "{0} was changed: {1}, in the list for all projects of {2}",
    "{0} was suspended, in the list for all projects of {1}",
    "{0} was restored, in the list for all projects of {1}",
    "{0} was renewed until {1}, in the list for all projects of {2}",
    "{0} was confirmed as needed, in the list for all projects of {1}",
    "{0} was reviewed: {1}, in the list for all projects of {2}",
)
GROUP_LIST = (
    *_GROUP_LIST,
    *(f"{text}, with job token policies: {{{text.count('{')}}}" for text in _GROUP_LIST),
)
OTHERS = (
    "{0} was created",
    "{0} was deleted",
    "{0} was moved to {1}",
    "{0} was forked from {1}",
    "{0} is no longer a fork",
    "Project {0}: changed {1}",
    "Group {0} was invited to {1} as {2}",
    "{0} is no longer invited to {1}",
    "{0} was added to {1} as {2}",
    "{0} now has the role {1} in {2}",
    "{0} was removed from {1}",
    "Branch {0} of {1} {2}",
    "Tag {0} of {1} {2}",
    "Access token '{0}' of {1} was {2}",
    "Deploy token '{0}' of {1} was {2}",
    "Deploy key '{0}' of {1} was added",
    "Deploy key '{0}' was enabled in {1}",
    "Deploy key '{0}' of {1} was changed",
    "Deploy key '{0}' was removed from {1}",
    "Webhook {0} of {1} was {2}",
    "Badge {0} was added to {1}",
    "Badge {0} was changed in {1}",
    "Badge {0} was removed from {1}",
    "Runner #{0} was assigned to {1}",
    "Runner #{0} was removed from {1}",
    "Runner #{0} was {1}",
    "The registration token of {0} was reset",
    "Trigger “{0}” of {1} was created",
    "Trigger “{0}” of {1} was changed",
    "Trigger “{0}” of {1} was deleted",
    "The schedule “{0}” of {1} {2}",
    "The CI variable {0} of {1} {2}",
    "The environment “{0}” of {1} was not stopped: {2}",
    "The environment “{0}” of {1} {2}",
    "Environments of {0} that nobody has touched since {1} are to be stopped",
    "Deployment #{0} to “{1}” of {2}: {3}",
    "Jobs of the resource group “{0}” of {1} take turns: {2}",
    "Pipeline #{0} of {1} was deleted",
    "Job #{0} {1} of {2} was erased",
    "The artifacts of {0} were deleted, but for those kept as the latest of their ref",
    "The artifacts of job #{0} {1} were deleted",
    "{0} of package {1} was published",
    "{0} of package {1} was deleted",
    "Package {0} was deleted",
    "Package {0} was yanked",
    "Package {0} is no longer yanked",
    "Packages {0} ({1}) of {2} {3}",
    "Jobs of project {0} {1} the package {2} in {3}",
    "Container repositories {0} {1}",
    "Container repository {0} was deleted",
    "Tag {0} of container repository {1} was deleted",
    "Release {0} was {1}",
    "Secure file {0} was added",
    "Secure file {0} was deleted",
    "Terraform state {0} was unlocked by force",
    "Terraform state {0} was deleted",
    "Version {0} of Terraform state {1} was restored as {2}",
    "Version {0} of Terraform state {1} was deleted",
    "The lock on {0} was taken from {1}",
)
SENTENCES = (*PARTS, *TOKEN_ACCESS, *GROUP_LIST, *OTHERS)
# Where a sentence has the name of a person, a group or a ref.
NAMES = {
    "Group {0} was invited to {1} as {2}": {0, 1},
    "{0} was added to {1} as {2}": {0, 1},
    "{0} now has the role {1} in {2}": {0, 2},
    "{0} was removed from {1}": {0, 1},
    "Branch {0} of {1} {2}": {0, 1},
    "Tag {0} of {1} {2}": {0, 1},
    **{text: {text.partition(", with ")[0].count("{") - 1} for text in GROUP_LIST},
}
_HISTORY = Phrases(HISTORY, SENTENCES, names=NAMES)


def history_words(message: str) -> str:
    """A message of the history in the words of the pages; in English where the catalogue does not know it."""
    return reveal(_HISTORY.translate(spell_out(message)))
