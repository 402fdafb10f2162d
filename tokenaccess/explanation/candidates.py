"""Among whom a search looks: more than it will find, and nothing that the reader may not see. Evaluation itself decides
about each; a test holds the two together over generated worlds.
"""

from __future__ import annotations

from django.db.models import Q, QuerySet

from identity.models import User, today
from jobs.models import Job
from jobs.states import EXECUTING
from projects.models import Project, ProjectEffectiveRole
from tokenaccess.access.facts import is_switch_on
from tokenaccess.allowlist.sets import listed_by, listing, without_limit
from tokenaccess.policy import Action
from tokenaccess.policy.facts import Target
from tokenaccess.policy.features import row_of
from tokenaccess.policy.levels import FeatureLevel, Role, Visibility
from tokenaccess.policy.needs import NEEDS


def targets_of_person(person: User, action: Action) -> Q:
    """Of projects: where a person may do it, if any job of theirs may."""
    if person.is_superuser:
        return Q()
    needs = NEEDS[action]
    allowed = Q(pk__in=Project.objects.with_min_role(person, needs.role).values("pk"))
    if needs.visitors:
        opened = Q(visibility__gt=Visibility.PRIVATE.value)
        if needs.feature is not None:
            opened &= Q(**{row_of(needs.feature).column: FeatureLevel.ENABLED.value})
        allowed |= opened
    return allowed


def targets_of_source(source_id: int) -> Q:
    """Of projects: which admit jobs of that project, or need not."""
    if not is_switch_on():
        return Q()
    return Q(pk=source_id) | Q(visibility__gt=Visibility.PRIVATE.value) | listing(source_id, today()) | without_limit()


def sources_of_target(target: Target, action: Action) -> Q:
    """Of projects: whose jobs the target admits, or need not."""
    opens = NEEDS[action].visitors and target.visibility is not Visibility.PRIVATE
    is_open = Project.objects.filter(without_limit(), pk=target.id).exists()
    if opens or is_open or not is_switch_on():
        return Q()
    return Q(pk=target.id) | listed_by(target.id, today())


def people_of_target(target: Target, action: Action) -> QuerySet[User]:
    """Who might do it there themselves."""
    needs = NEEDS[action]
    if needs.visitors and target.visibility is not Visibility.PRIVATE:
        return User.objects.all()
    members = ProjectEffectiveRole.objects.filter(content_object=target.id, role=needs.role).values("user")
    return User.objects.filter(Q(is_superuser=True) | Q(pk__in=members))


def visible_projects(reader: User, *, maintained: bool, among: Q) -> QuerySet[Project]:
    """What the reader may see; `maintained`: and maintains. `among` is looked at of those only."""
    projects = Project.objects.visible_to(reader, among or Q(pk__gt=0))
    found: QuerySet[Project] = projects.with_min_role(reader, Role.MAINTAINER) if maintained else projects
    return found


def running_jobs(reader: User, *, of: int, among: Q) -> QuerySet[Job]:
    """Whose token works now, in projects that the reader may see. `of`: only that person's, 0 for everybody's."""
    jobs = Job.objects.filter(status__in=EXECUTING, project__in=visible_projects(reader, maintained=False, among=among))
    return jobs.filter(user=of) if of else jobs
