"""What the product is measured against, in the same kind of process and on the same database: REST framework alone with
one query, its TokenAuthentication, and knox. No middleware: each is given its best."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS as OURS

INSTALLED_APPS = [*OURS, "rest_framework.authtoken", "knox"]
MIDDLEWARE = []
ROOT_URLCONF = "bench.baselines"
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}
