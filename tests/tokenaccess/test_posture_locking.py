"""The button of a finding decides on what is there once nobody else can change it."""

from __future__ import annotations

import pytest

from resources.terraform_states.models import TerraformState
from tests.factories.cast import Cast
from tokenaccess.errors import TokenAccessError
from tokenaccess.models import AllowlistEntry
from tokenaccess.posture.acceptances import mend
from tokenaccess.posture.report import find
from tokenaccess.posture.scope import Scope


def test_a_button_changes_what_is_there_when_nobody_else_does(cast: Cast) -> None:
    TerraformState.objects.create(project=cast.library, name="production")
    entry = AllowlistEntry.objects.create(project=cast.library, target_project=cast.app)
    scope = Scope(cast.library)
    again = find(scope, "writable_state", entry.pk)
    assert again is not None
    entry.default_permissions, entry.permissions = False, ["admin_terraform_state", "read_packages"]
    entry.save()
    mend(*again, by=cast.owner, scope=scope)
    assert AllowlistEntry.objects.get().permissions == ["read_packages", "read_terraform_state"]
    with pytest.raises(TokenAccessError, match="no finding any more"):
        mend(*again, by=cast.owner, scope=scope)
