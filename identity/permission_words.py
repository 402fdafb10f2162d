"""What the permissions of a fine-grained token are for, in words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

# Permission → what a program with it may do. The form fails to load where one is missing.
PERMISSION_WORDS = {
    "create_package": _("Read and publish packages"),
    "create_pipeline": _("Run pipelines and set their variables"),
    "create_release": _("Create, change and delete releases"),
    "create_runner": _("Create runners"),
    "delete_container_image": _("Delete container images and their tags"),
    "delete_package": _("Delete packages"),
    "delete_pipeline": _("Delete pipelines"),
    "push_code": _("Clone, fetch and push over Git, and commit files through the API"),
    "push_container_image": _("Pull and push container images"),
    "read_code": _("Clone and fetch over Git, read files and commits"),
    "read_container_image": _("Pull container images"),
    "read_environment": _("Read environments and deployments"),
    "read_group": _("See groups"),
    "read_job": _("Read jobs, their logs and artifacts"),
    "read_job_token_scope": _("See Token Access"),
    "read_package": _("Read packages"),
    "read_personal_access_token": _("See your own tokens"),
    "read_pipeline": _("Read pipelines and their variables"),
    "read_project": _("See projects and their badges"),
    "read_release": _("See releases, their tags and commits"),
    "read_terraform_state": _("Read Terraform states"),
    "read_user": _("Read people's public profiles"),
    "rotate_personal_access_token": _("Replace itself by a new token before it expires"),
    "update_job": _("Cancel and retry jobs"),
    "update_project": _("Change the settings of projects"),
    "update_terraform_state": _("Read, lock, change and delete Terraform states"),
}
