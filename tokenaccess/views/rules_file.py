"""The rules of a project or group as a YAML file: that of today, what another would change, and to apply that."""

from __future__ import annotations

from collections.abc import Iterator

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from pages.downloads import file_response
from tokenaccess.adapters.pages import PageRequest, current_user, form_page
from tokenaccess.errors import TokenAccessError
from tokenaccess.explanation.error_wording import error_words
from tokenaccess.rules_file.apply import apply_document, try_plan
from tokenaccess.rules_file.document import RulesDocument
from tokenaccess.rules_file.errors import RulesFileError, StalePlanError
from tokenaccess.rules_file.export import export_document
from tokenaccess.rules_file.managed import read_managed, stop_managing
from tokenaccess.rules_file.plan import Plan
from tokenaccess.rules_file.reader import read_document
from tokenaccess.rules_file.state import read_state
from tokenaccess.rules_file.yaml_nodes import MAX_BYTES
from tokenaccess.views.error_text import error_text
from tokenaccess.views.frame import back_to, of_both, render_token_access, target_of


class RulesFileForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("File"), required=False)
    content = forms.CharField(
        label=gettext_lazy("Or paste it"),
        required=False,
        max_length=MAX_BYTES,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "autocomplete": "off", "class": "mono"}),
    )

    def clean(self) -> dict[str, object]:
        """The text of either as `content`."""
        values = super().clean() or self.cleaned_data
        file = values.get("file")
        if file is not None:
            try:
                values["content"] = file.read(MAX_BYTES + 1).decode()
            except UnicodeDecodeError as error:
                raise forms.ValidationError({"file": _("This is no text file.")}) from error
        if not self.errors and not str(values.get("content", "")).strip():
            raise forms.ValidationError({"content": _("Choose a file, or paste one.")})
        return values


@form_page
def _rules_file(request: PageRequest, **_address: str) -> HttpResponse:
    """GET: the file of today, and the form. POST plans what `file` or `content` says; with the `hash` of a plan it
    applies that."""
    holder, user = target_of(request), current_user(request)
    if request.method != "POST":
        return _render(request, RulesFileForm(), None)
    form = RulesFileForm(request.POST, request.FILES)
    plan = None
    if form.is_valid():
        try:
            document = read_document(form.cleaned_data["content"])
            plan = try_plan(holder, document, by=user)
            if "hash" in request.POST and not plan.refusals:
                return _apply(request, document)
        except RulesFileError as error:
            form.add_error(None, _with_line(error))
        except StalePlanError:
            messages.error(request, _("The rules have changed since the plan was made. This is the plan of now."))
        except TokenAccessError as error:
            form.add_error(None, error_words(error.message))  # it says itself which change it is about
    return _render(request, form, plan)


def _apply(request: PageRequest, document: RulesDocument) -> HttpResponse:
    done = apply_document(target_of(request), document, by=current_user(request), plan_hash=request.POST["hash"])
    count = len(done.changes)
    said = ngettext("%(count)d change applied.", "%(count)d changes applied.", count) % {"count": count}
    messages.success(request, said)
    return back_to(request, "token_access_rules_file")


def _with_line(error: RulesFileError) -> str:
    if not error.line:
        return error.message
    return _("Line %(line)d: %(message)s") % {"line": error.line, "message": error.message}


def _render(request: PageRequest, form: RulesFileForm, plan: Plan | None) -> HttpResponse:
    holder, user = target_of(request), current_user(request)
    state = read_state(holder, user) if plan is None else plan.state
    return render_token_access(
        request,
        "rules_file.html",
        form=form,
        plan=plan,
        refusals=[] if plan is None else list(_refusals(plan)),
        content=form.cleaned_data.get("content", "") if plan is not None else "",
        managed=read_managed(holder, user),
        today=export_document(state.document),
    )


def _refusals(plan: Plan) -> Iterator[tuple[str, str]]:
    """What applying the plan is refused for, and why."""
    for refusal in plan.refusals:
        change = refusal.change
        path = change.name if change.rule else plan.holder.full_path
        yield change.name, error_text(refusal.error, path)


@require_safe
def _download(request: PageRequest, **_address: str) -> HttpResponseBase:
    """The file of today."""
    holder = target_of(request)
    text = export_document(read_state(holder, current_user(request)).document)
    return file_response(text, f"token-access-{holder.path}.yml", "application/yaml; charset=utf-8")


@require_POST
def _release(request: PageRequest, **_address: str) -> HttpResponse:
    """No file manages it any more."""
    if stop_managing(target_of(request), by=current_user(request)):
        messages.success(request, _("No file manages these rules any more. They stay as they are."))
    return back_to(request, "token_access_rules_file")


rules_file_pages, download_pages, release_pages = of_both(_rules_file, _download, _release)
