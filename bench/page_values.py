"""What the addresses of the pages name: one of everything in the place that the benchmark fills (bench/place)."""

from __future__ import annotations

import time
from typing import Any

from django.db.models import Model, QuerySet

from bench.place import Place


def values_of(place: Place) -> dict[str, Any]:
    """By the parameter's name, with a name of `Place.homes` in front where each has its own: `project.entry`."""
    values: dict[str, Any] = {"project_path": place.project.full_path}
    values |= {f"{name}.group_path": home["group"].full_path for name, home in place.owners.items() if "group" in home}
    values |= _of_each_home(place) | _of_the_project(place) | _of_files(place) | _of_tokens(place)
    return values | _of_questions(place)


def _first(model: type[Model], **chosen: Any) -> Any:
    return model._base_manager.filter(**chosen).order_by("pk")[0].pk


def _of_each_home(place: Place) -> dict[str, Any]:
    from hooks.models import Delivery, Hook
    from jobs.models import CiVariable, Runner
    from projects.models import GroupLink, Membership
    from tokenaccess.models import AccessReview, AllowlistEntry, GroupAllowlistEntry

    found: dict[str, Any] = {}
    for kind, home in place.homes.items():
        chosen = home or {"project": None, "group": None}
        hook = _first(Hook, **chosen)
        found |= {
            f"{kind}.hook_id": hook,
            f"{kind}.delivery_id": _first(Delivery, hook=hook),
            f"{kind}.variable_id": _first(CiVariable, **chosen),
            f"{kind}.runner_id": _first(Runner, description__startswith=kind),
        }
        if home:
            found[f"{kind}.review"] = _first(AccessReview, signed_off_at=None, **home)
            found |= {f"{kind}.membership": _first(Membership, **home), f"{kind}.link": _first(GroupLink, **home)}
    found["project.entry"] = _first(AllowlistEntry, project=place.project, direction="inbound")
    for kind in ("group", "top"):
        found[f"{kind}.entry"] = _first(GroupAllowlistEntry, **place.homes[kind])
    return found


def _of_the_project(place: Place) -> dict[str, Any]:
    from jobs.models import Environment, Job, Pipeline, Schedule, TriggerToken
    from projects.models import ProtectedRef
    from tokenaccess.adapters import denial_id
    from tokenaccess.adapters.denial_id import DenialDetails
    from tokenaccess.policy import Action

    project = {"project": place.project}
    asking = Job.objects.filter(project_id=place.sources[0]).order_by("pk")[0]
    refused = DenialDetails(asking.pk, place.project.pk, Action.READ_PACKAGES, "admitted", int(time.time()))
    return {
        "encoded": denial_id.encode_details(refused),
        "environment_id": _first(Environment, **project),
        "job_id": _first(Job, **project),
        "pipeline_id": _first(Pipeline, **project),
        "schedule_id": _first(Schedule, **project),
        "trigger_id": _first(TriggerToken, **project),
        "protected": _first(ProtectedRef, name__startswith="stable", **project),
    }


def _of_questions(place: Place) -> dict[str, Any]:
    """For bench/page_questions.py, and what stands in for the project where a page needs another one."""
    from oauth.models import Application
    from projects.models import Group, Project
    from tokenaccess.models import AllowlistEntry, GroupAllowlistEntry
    from tokenaccess.rules_file.export import export_document
    from tokenaccess.rules_file.state import read_state

    lists: dict[str, QuerySet[Any]] = {
        "project": AllowlistEntry.objects.filter(project=place.project, direction="inbound"),
        "group": GroupAllowlistEntry.objects.filter(group=place.group),
        "top": GroupAllowlistEntry.objects.filter(group=place.top),
    }
    entries = {home: list(rows.order_by("pk").values_list("pk", flat=True)[:2]) for home, rows in lists.items()}
    return {
        **{f"{home}.entries": ",".join(map(str, ids)) for home, ids in entries.items()},
        "project.other": Project.objects.filter(pk__gt=place.project.pk).order_by("pk")[0].full_path,
        "group.other": Group.objects.filter(parent=place.top, pk__gt=place.group.pk).order_by("pk")[0].full_path,
        "top.other": Group.objects.filter(parent=None).exclude(pk=place.top.pk).order_by("pk")[0].full_path,
        "source": Project.objects.get(pk=place.sources[0]).full_path,
        "check": "entry_without_end",
        "subject": entries["project"][0],
        "rules_file": export_document(read_state(place.project, place.person).document),
        "client_id": Application.objects.filter(user=None).order_by("pk")[0].client_id,
    }


def _of_files(place: Place) -> dict[str, Any]:
    from resources.containers.models import ContainerRepository, ImageProtection
    from resources.lfs.models import FileLock
    from resources.packages.models import Package, PackageFile, PackageProtectionRule, TrustedPublisher
    from resources.releases.models import Release, ReleaseLink
    from resources.secure_files.models import SecureFile
    from resources.terraform_states.models import StateVersion, TerraformState

    project = {"project": place.project}
    package, release = _first(Package, **project), _first(Release, **project)
    state = _first(StateVersion, state__project=place.project)
    return {
        "/packages/<package_id>/yank": _first(Package, kind="pypi", **project),
        "/terraform/<state_id>/unlock": _first(TerraformState, lock_id="bench", **project),
        "/tree/<address>": "main/folder",
        "/commits/<address>": "main",
        "/blob/<address>": "main/README.md",
        "/commit/<name>": "main",
        "/browse/<path>": "out",
        "/file/<path>": "out/file1.txt",
        "tag": "v1",
        "link_id": _first(ReleaseLink, release=release),
        "package_id": package,
        "/files/<file_id>": _first(PackageFile, package=package),
        "/secure_files/<file_id>": _first(SecureFile, **project),
        "rule_id": _first(PackageProtectionRule, **project),
        "publisher_id": _first(TrustedPublisher, **project),
        "repository_id": _first(ContainerRepository, **project),
        "protection_id": _first(ImageProtection, **project),
        "lock_id": _first(FileLock, **project),
        "state_id": StateVersion.objects.get(pk=state).state_id,
        "serial": 1,
    }


def _of_tokens(place: Place) -> dict[str, Any]:
    from identity.models import PersonalToken
    from oauth.models import Application
    from ssh_keys.models import SshKey
    from tokens.models import DeployToken

    chief = place.administrator
    return {
        "/-/applications/<application_id>": _first(Application, user=None),
        "/user_settings/applications/<application_id>": _first(Application, user=chief),
        "/personal_access_tokens/<token_id>": _first(PersonalToken, user=chief),
        "credential": "deploy",
        "instance.token_id": _first(DeployToken),
        "project.token_id": _first(DeployToken, project=place.project),
        "group.token_id": _first(DeployToken, group=place.group),
        "top.token_id": _first(DeployToken, group=place.top),
        "/ssh_keys/<key_id>": _first(SshKey, user=chief),
        "/deploy_keys/<key_id>": _first(SshKey, user=None),
    }
