"""Roles, visibilities and feature levels. The numbers are those of GitLab's API."""

from enum import IntEnum


class Role(IntEnum):
    NONE = 0
    GUEST = 10
    REPORTER = 20
    DEVELOPER = 30
    MAINTAINER = 40
    OWNER = 50


class InboundMode(IntEnum):
    """What "Limit access to this project" does: nothing, record what it would refuse, or refuse it."""

    OPEN = 0
    TRIAL = 1
    ENFORCED = 2


INBOUND_MODE_NAMES = tuple(mode.name.lower() for mode in InboundMode)  # in the API, in files and in addresses


class AddressMode(IntEnum):
    """What is done about a job token that is not used from where its job runs: nothing, record it, refuse it."""

    OFF = 0
    TRIAL = 1
    REFUSE = 2


class VariablesLevel(IntEnum):
    """The least role that may set variables of a pipeline. Nobody has the last."""

    DEVELOPER = 30
    MAINTAINER = 40
    OWNER = 50
    NO_ONE_ALLOWED = 100


class Visibility(IntEnum):
    """Who may look at a project without being a member: nobody, anyone signed in, anyone at all."""

    PRIVATE = 0
    INTERNAL = 10
    PUBLIC = 20


class FeatureLevel(IntEnum):
    """Whom one feature of a project serves: nobody, its members, everyone who may see the project."""

    DISABLED = 0
    PRIVATE = 10
    ENABLED = 20
