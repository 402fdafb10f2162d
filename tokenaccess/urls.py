from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from tokenaccess.views import explain, job_token_stop, posture, replay, reviews, rules_file
from tokenaccess.views.entries import bulk_add, bulk_change, entry, state, undo
from tokenaccess.views.group_rules import deviations, rule
from tokenaccess.views.group_rules import entries as group_entries
from tokenaccess.views.group_rules import trial as many_trials
from tokenaccess.views.limits import addresses, settings, switches, trial
from tokenaccess.views.logs import access_log, history, reason
from tokenaccess.views.reach import blast_radius, directions, widest_access
from tokenaccess.views.sources import autopopulate, export

_SETTINGS = "<full_path:project_path>/-/settings/ci_cd"
_RULES = f"{_SETTINGS}/token_access"
_GROUP = "groups/<full_path:group_path>/-/settings/token_access"


def _posture(address: str, kind: str) -> list[URLPattern]:
    """The same pages for projects, groups and the instance."""
    return [
        path(address, getattr(posture, f"{kind}_posture"), name=f"{kind}_posture"),
        path(f"{address}/export", getattr(posture, f"{kind}_export"), name=f"{kind}_posture_export"),
        path(f"{address}/fix", getattr(posture, f"{kind}_fix"), name=f"{kind}_posture_fix"),
        path(f"{address}/accept", getattr(posture, f"{kind}_accept"), name=f"{kind}_posture_accept"),
        path(f"{address}/withdraw", getattr(posture, f"{kind}_withdraw"), name=f"{kind}_posture_withdraw"),
    ]


def _alike(address: str, kind: str) -> list[URLPattern]:
    """The same pages for projects and groups, of which the views are pairs."""
    place = 0 if kind == "project" else 1
    name = f"{kind}_token_access"
    entry, one = f"{address}/entries/<int:entry>", f"{address}/reviews/<int:review>"
    return [
        path(f"{address}/entries/add", bulk_add.add_many_pages[place], name=f"{name}_add_many"),
        path(f"{address}/entries/change", bulk_change.change_pages[place], name=f"{name}_change"),
        path(f"{address}/entries/undo", undo.undo_pages[place], name=f"{name}_undo_change"),
        path(f"{address}/sources.csv", export.csv_pages[place], name=f"{name}_csv"),
        path(f"{address}/sources.yml", export.yaml_pages[place], name=f"{name}_yaml"),
        path(f"{entry}/suspend", state.suspend_pages[place], name=f"{name}_suspend"),
        path(f"{entry}/restore", state.restore_pages[place], name=f"{name}_restore_entry"),
        path(f"{entry}/renew", state.renew_pages[place], name=f"{name}_renew"),
        path(f"{address}/trial/ignore", trial.ignore_pages[place], name=f"{name}_ignore"),
        path(f"{address}/trial/restore", trial.restore_pages[place], name=f"{name}_restore"),
        path(f"{address}/reviews", reviews.reviews_pages[place], name=f"{name}_reviews"),
        path(one, reviews.review_pages[place], name=f"{name}_review"),
        path(f"{one}/entries/<int:entry>", reviews.decide_pages[place], name=f"{name}_review_decide"),
        path(f"{one}/sign_off", reviews.sign_off_pages[place], name=f"{name}_review_sign_off"),
        path(f"{one}.<str:suffix>", reviews.export_pages[place], name=f"{name}_review_export"),
        path(f"{address}/replay", replay.replay_pages[place], name=f"{name}_replay"),
        path(f"{address}/rules_file", rules_file.rules_file_pages[place], name=f"{name}_rules_file"),
        path(f"{address}/rules_file/download", rules_file.download_pages[place], name=f"{name}_rules_download"),
        path(f"{address}/rules_file/release", rules_file.release_pages[place], name=f"{name}_rules_release"),
    ]


urlpatterns: list[URLPattern | URLResolver] = [
    path("-/access_reasons/<str:encoded>", reason.reason, name="access_reason"),
    path(_SETTINGS, settings.settings_page, name="project_settings_ci_cd"),
    path(_RULES, settings.settings_page, name="project_token_access"),
    path(f"{_RULES}/outbound", settings.outbound_page, name="project_token_access_outbound"),
    path(f"{_RULES}/limit", switches.limit, name="project_token_access_limit"),
    path(f"{_RULES}/explain", explain.explain, name="project_token_access_explain"),
    path(f"{_RULES}/reach", directions.reach, name="project_token_access_reach"),
    path(f"{_RULES}/reach.csv", directions.reach_csv, name="project_token_access_reach_csv"),
    path(f"{_RULES}/blast_radius", blast_radius.blast_radius_page, name="project_token_access_blast_radius"),
    *(
        path(
            f"{_RULES}/blast_radius.{kind}",
            blast_radius.blast_radius_file,
            {"kind": kind},
            name=f"project_token_access_blast_radius_{kind}",
        )
        for kind in blast_radius.FILES
    ),
    path(f"{_RULES}/trial", trial.trial, name="project_token_access_trial"),
    path(f"{_RULES}/addresses", addresses.address_check, name="project_token_access_addresses"),
    *_posture(f"{_RULES}/posture", "project"),
    *_posture("groups/<full_path:group_path>/-/posture", "group"),
    *_posture("-/posture", "instance"),
    path(f"{_RULES}/pushes", switches.pushes, name="project_token_access_pushes"),
    path(f"{_RULES}/add", entry.add, name="project_token_access_add"),
    path(f"{_RULES}/outbound/add", entry.add_outbound, name="project_token_access_add_outbound"),
    path(f"{_RULES}/entries/<int:entry>", entry.edit, name="project_token_access_entry"),
    path(f"{_RULES}/entries/<int:entry>/remove", entry.remove, name="project_token_access_remove"),
    *_alike(_RULES, "project"),
    *_alike(_GROUP, "group"),
    path(f"{_RULES}/autopopulate", autopopulate.autopopulate, name="project_token_access_autopopulate"),
    path(f"{_RULES}/autopopulate/undo", autopopulate.undo, name="project_token_access_undo"),
    path(f"{_RULES}/clear", autopopulate.clear, name="project_token_access_clear"),
    path(f"{_RULES}/stop", job_token_stop.project_stop, name="project_job_token_stop"),
    path("groups/<full_path:group_path>/-/job_tokens/stop", job_token_stop.group_stop, name="group_job_token_stop"),
    path(_GROUP, rule.group_rules, name="group_token_access"),
    path(f"{_GROUP}/rule", rule.change_rule, name="group_token_access_rule"),
    path(f"{_GROUP}/add", rule.add_entry, name="group_token_access_add"),
    path(f"{_GROUP}/deviations", deviations.deviations, name="group_token_access_deviations"),
    path(f"{_GROUP}/deviations.csv", deviations.export, name="group_token_access_deviations_csv"),
    path(f"{_GROUP}/history", history.group_history, name="group_token_access_history"),
    path(f"{_GROUP}/trial", many_trials.group_trial, name="group_token_access_trial"),
    path(f"{_GROUP}/entries/<int:entry>", group_entries.edit, name="group_token_access_entry"),
    path(f"{_GROUP}/entries/<int:entry>/remove", group_entries.remove, name="group_token_access_remove"),
    path("-/token_access/widest", widest_access.widest_access, name="instance_widest_access"),
    path("-/token_access/trial", many_trials.instance_trial, name="instance_trial"),
    path("-/job_tokens/stop", job_token_stop.instance_stop, name="instance_job_token_stop"),
    path(f"{_RULES}/log", access_log.log, name="project_token_access_log"),
    path(f"{_RULES}/refusals", access_log.refusals, name="project_token_access_refusals"),
    path(f"{_SETTINGS}/export_job_token_authorizations", access_log.export, name="project_token_access_export"),
    path(f"{_SETTINGS}/export_job_token_authorizations.csv", access_log.export),
    path("<full_path:project_path>/-/audit_events", history.history, name="project_audit"),
]
