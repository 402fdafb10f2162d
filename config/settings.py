"""All settings, read from the environment once. The README's table explains each variable."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config import env
from config.logs import logging_settings
from config.parts.database import database
from config.parts.mail import *  # noqa: F403
from config.parts.sign_in import *  # noqa: F403 - Django and allauth read them here

BASE_DIR = Path(__file__).resolve().parent.parent

# --- Where we are -----------------------------------------------------------------------------------------------------

PORT = env.integer("PORT", 8000, minimum=1, maximum=65535)
WEB_CONCURRENCY = env.integer("WEB_CONCURRENCY", 2, minimum=1, maximum=256)
THREADS = env.integer("TOKENACCESS_THREADS", 3, minimum=1, maximum=64)
# Long uploads, downloads of repositories and pushes at a time, in each process.
TRANSFERS = env.integer("TOKENACCESS_TRANSFERS", 16, minimum=2, maximum=256)
# What a client has to send or take on the average of half a minute, or its request is ended; 0: any.
MIN_BYTES_PER_SECOND = env.integer("TOKENACCESS_MIN_BYTES_PER_SECOND", 512, maximum=1024**2)
BIND = env.text("TOKENACCESS_BIND", "127.0.0.1")
# The GitLab version whose API we implement: clients read it to know what they may ask for.
GITLAB_VERSION = "16.3.0"
API_REVISION = "token-access"  # beside it, where a client asks whose API this is
EXTERNAL_URL = env.web_address("TOKENACCESS_EXTERNAL_URL", f"http://127.0.0.1:{PORT}")
DATA_DIR = env.folder("TOKENACCESS_DATA_DIR", BASE_DIR / "data")
REPOSITORIES_DIR = DATA_DIR / "repositories"
BLOBS_DIR = DATA_DIR / "blobs"
TRACES_DIR = DATA_DIR / "traces"
# Where a front server such as nginx serves BLOBS_DIR from, as an internal location; "" to send files ourselves.
ACCEL_REDIRECT = env.text("TOKENACCESS_ACCEL_REDIRECT").rstrip("/")

ADMIN_PASSWORD = env.text("TOKENACCESS_ADMIN_PASSWORD")
ADMIN_TOKEN = env.text("TOKENACCESS_ADMIN_TOKEN")
DEMO = env.flag("TOKENACCESS_DEMO", True)
DEMO_PASSWORD = env.text("TOKENACCESS_DEMO_PASSWORD")

_HTTPS = EXTERNAL_URL.startswith("https://")
_HOST = urlsplit(EXTERNAL_URL).hostname or "127.0.0.1"

# Seconds between two passes of the clean-up that runs beside the server (schedules, timeouts, expiry); 0 for none: then
# a timer has to call `manage.py housekeeping`.
HOUSEKEEPING_SECONDS = env.integer("TOKENACCESS_HOUSEKEEPING_SECONDS", 30, minimum=0, maximum=3600)
# Seconds between two looks for events that wait for webhooks.
WEBHOOK_SECONDS = 1

# --- Secrets ----------------------------------------------------------------------------------------------------------

SECRET_KEY = env.secret("TOKENACCESS_SECRET_KEY", DATA_DIR / "secret_key")
SECRET_KEY_FALLBACKS = env.word_list("TOKENACCESS_SECRET_KEY_FALLBACKS")

# --- Django -----------------------------------------------------------------------------------------------------------

DEBUG = env.flag("TOKENACCESS_DEBUG", False)
ALLOWED_HOSTS = [_HOST, "localhost", "127.0.0.1", "[::1]", *env.word_list("TOKENACCESS_ALLOWED_HOSTS")]
ROOT_URLCONF = "config.urls"
FORCE_SCRIPT_NAME = ""  # at the root of its address: Django need not work that out for each request
WSGI_APPLICATION = "config.wsgi.application"
# A redirect to a path with a slash would lose the body of a runner's or a package client's request (runner.md §0).
APPEND_SLASH = False

INSTALLED_APPS = [
    "config.apps.AdminConfig",
    "import_export",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "config.apps.SignInConfig",
    "config.apps.AccountsConfig",
    "config.apps.TwoFactorConfig",
    "config.apps.SingleSignOnConfig",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.socialaccount.providers.saml",
    "config.apps.SessionsConfig",
    "csp",
    "drf_spectacular",
    "guardian",
    "oauth2_provider",
    "rest_framework",
    "config.apps.SwitchesConfig",
    "config",
    "setup",
    "audit",
    "blobs",
    "identity",
    "signing",
    "projects",
    "jobs",
    "tokenaccess",
    "tokens",
    "oauth",
    "ssh_keys",
    "resources.repositories",
    "resources.lfs",
    "resources.packages",
    "resources.containers",
    "resources.releases",
    "resources.secure_files",
    "resources.terraform_states",
    "hooks",
    "graph",
    "portal",
]

# The page machinery (sessions, CSRF, messages …) steps aside for API and git requests that bring no session cookie:
# it costs 13 % there and has nothing to do (config/middleware.py).
MIDDLEWARE = [
    "api.request_id.RequestIdMiddleware",
    "api.cors.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.PageMiddleware",
    "tokenaccess.adapters.middleware.AccessMiddleware",
]
PAGE_MIDDLEWARE = [
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "pages.language.LanguageMiddleware",
    "config.administration.zone.ZoneMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "identity.sign_in.middleware.SessionUseMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.portal_context",
            ]
        },
    }
]


DATABASES = {"default": database(f"sqlite:///{DATA_DIR / 'tokenaccess.sqlite3'}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# waffle caches a switch by default; a cached switch could keep a limit off after it was turned on.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "none": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"},
}
WAFFLE_CACHE_NAME = "none"
WAFFLE_CREATE_MISSING_SWITCHES = False
WAFFLE_SWITCH_DEFAULT = True

# --- People -----------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "identity.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "identity.backends.PasswordBackend",
    "projects.backends.EffectiveRoleBackend",
    "config.administration.staff.StaffRoleBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# These checks look for one name in one list: projects.backends.EffectiveRoleBackend is guardian's backend, and the
# middleware that the others miss is in PAGE_MIDDLEWARE, where every page passes through it.
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True  # a spreadsheet would run what a name begins with
SILENCED_SYSTEM_CHECKS = [
    "guardian.W001",
    "security.W002",
    "security.W003",
    "admin.E408",
    "admin.E409",
    "admin.E410",
    "axes.W002",
    "models.W040",  # an index carries columns along on PostgreSQL; SQLite does without
]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "dashboard"
LOGOUT_REDIRECT_URL = "sign_in"
ANONYMOUS_USER_NAME = None  # guardian: no row stands for "nobody"

AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_CALLABLE = "identity.sign_in.lockout.lockout_username"
AXES_LOCKOUT_CALLABLE = "identity.sign_in.lockout.lockout_response"
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False  # identity.sign_in.admin shows them

# --- OAuth ------------------------------------------------------------------------------------------------------------

# The toolkit's models are all replaced by those of the app oauth, which keep digests only: it has no tables of its own.
OAUTH2_PROVIDER_APPLICATION_MODEL = "oauth.Application"
OAUTH2_PROVIDER_GRANT_MODEL = "oauth.Grant"
OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL = "oauth.AccessToken"
OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL = "oauth.RefreshToken"
OAUTH2_PROVIDER_DEVICE_GRANT_MODEL = "oauth.DeviceGrant"
OAUTH2_PROVIDER_ID_TOKEN_MODEL = "oauth.DeviceGrant"  # ID tokens are not stored; the toolkit wants some model
MIGRATION_MODULES = {"oauth2_provider": None}
OAUTH2_PROVIDER: dict[str, Any] = {
    "OAUTH2_VALIDATOR_CLASS": "oauth.protocol.validator.Validator",
    "OAUTH2_BACKEND_CLASS": "oauth.protocol.core.Core",
    "SCOPES_BACKEND_CLASS": "oauth.scopes.Scopes",
    "ACCESS_TOKEN_GENERATOR": "oauth.secrets.new_access_token",
    "REFRESH_TOKEN_GENERATOR": "oauth.secrets.new_refresh_token",
    "OIDC_ENABLED": True,
    "OIDC_ISS_ENDPOINT": EXTERNAL_URL,
    "OAUTH_DEVICE_VERIFICATION_URI": f"{EXTERNAL_URL}/oauth/device",
    "OAUTH_PRE_TOKEN_VALIDATION": [],  # the validator does it
    "AUTHORIZATION_CODE_EXPIRE_SECONDS": 600,
    "ACCESS_TOKEN_EXPIRE_SECONDS": 7200,
    "ID_TOKEN_EXPIRE_SECONDS": 120,
    "REFRESH_TOKEN_EXPIRE_SECONDS": 90 * 86400,  # from the end of the access token that came with it
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],  # an application has those of its own addresses
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
}

# --- The API ----------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    # Who calls is settled together with what they may do (tokenaccess.adapters.drf.GatedView); a view that forgot is
    # closed.
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["tokenaccess.adapters.default_permission.AccessWasChecked"],
    "DEFAULT_RENDERER_CLASSES": ["api.rest.ORJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "api.rest.ORJSONParser",
        "api.input.form_parsers.UrlEncodedParser",
        "api.input.form_parsers.MultipartParser",
    ],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "api.rest.AlwaysJSON",
    "DEFAULT_PAGINATION_CLASS": "api.paging.HeaderPagination",
    "EXCEPTION_HANDLER": "api.rest.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "DATETIME_FORMAT": "%Y-%m-%dT%H:%M:%S.%fZ",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Token Access",
    "DESCRIPTION": "Who may reach which project with a CI job token.",
    "VERSION": "4",
    "OAS_VERSION": "3.1.1",  # its schemas are JSON Schema, which any validator reads
    "POSTPROCESSING_HOOKS": [],
    "DEFAULT_GENERATOR_CLASS": "portal.api.openapi.ApiSchemaGenerator",
}
# Bodies that are read whole (JSON, forms); uploads are streamed and have limits of their own.
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
# Files on forms of pages are small and may be secret; nothing of them goes to the disk.
FILE_UPLOAD_HANDLERS = ["pages.uploads.MemoryUploadHandler"]
# Of one file; 0: any.
GENERIC_PACKAGE_BYTES = env.integer("TOKENACCESS_GENERIC_PACKAGE_BYTES", 5 * 1024**3, maximum=2**60)
MAVEN_PACKAGE_BYTES = env.integer("TOKENACCESS_MAVEN_PACKAGE_BYTES", 3 * 1024**3, maximum=2**60)
PYPI_PACKAGE_BYTES = env.integer("TOKENACCESS_PYPI_PACKAGE_BYTES", 3 * 1024**3, maximum=2**60)
TERRAFORM_MODULE_BYTES = env.integer("TOKENACCESS_TERRAFORM_MODULE_BYTES", 1024**3, maximum=2**60)
TERRAFORM_STATE_BYTES = env.integer("TOKENACCESS_TERRAFORM_STATE_BYTES", 32 * 1024**2, maximum=1024**3)
# Of one state; of more those of the lowest serials are deleted. 0: all are kept.
TERRAFORM_STATE_VERSIONS = env.integer("TOKENACCESS_TERRAFORM_STATE_VERSIONS", 0)
NPM_PACKAGE_BYTES = env.integer("TOKENACCESS_NPM_PACKAGE_BYTES", 500 * 1024**2, maximum=2**60)
LFS_OBJECT_BYTES = env.integer("TOKENACCESS_LFS_OBJECT_BYTES", 5 * 1024**3, maximum=2**60)

# Of one upload of a job; 0: any.
ARTIFACT_BYTES = env.integer("TOKENACCESS_ARTIFACT_BYTES", 1024**3, maximum=2**60)
ARTIFACT_DAYS = 30  # how long artifacts are kept whose job does not say

# A job whose log grows beyond this fails.
TRACE_BYTES = env.integer("TOKENACCESS_TRACE_BYTES", 100 * 1024**2, minimum=1024, maximum=1024**3)

# Whether tokens that administrators made to act as somebody else are accepted.
IMPERSONATION_ENABLED = env.flag("TOKENACCESS_IMPERSONATION", True)

# How long a runner's token is good for; 0: until it is reset. A runner asks for the next one by itself in time.
RUNNER_TOKEN_DAYS = env.integer("TOKENACCESS_RUNNER_TOKEN_DAYS", 0, maximum=3650)

# The container registry: a program beside the server, unless it is turned off. It listens on the loopback address only;
# REGISTRY_URL is where its clients reach it, through a front server where it has one.
REGISTRY_ENABLED = env.flag("TOKENACCESS_REGISTRY", shutil.which("docker-registry") is not None)
REGISTRY_PORT = env.integer("TOKENACCESS_REGISTRY_PORT", 5050, minimum=1, maximum=65535)
REGISTRY_URL = env.web_address("TOKENACCESS_REGISTRY_URL", f"http://127.0.0.1:{REGISTRY_PORT}")
REGISTRY_HOST = urlsplit(REGISTRY_URL).netloc
if urlsplit(REGISTRY_URL).path:
    raise ImproperlyConfigured("TOKENACCESS_REGISTRY_URL must have no path: names of images begin behind the host.")
REGISTRY_DIR = DATA_DIR / "registry"

# git over SSH: an OpenSSH server beside the portal, unless it is turned off or the system's own serves (docs/ssh.md).
SSH_PROGRAM = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or ""
SSH_ENABLED = env.flag("TOKENACCESS_SSH", bool(SSH_PROGRAM))
SSH_BIND = env.text("TOKENACCESS_SSH_BIND", "127.0.0.1")
SSH_PORT = env.integer("TOKENACCESS_SSH_PORT", 2222, minimum=1, maximum=65535)
# Where clients reach it, and the one account that all of them sign in to: the one that the server runs as.
SSH_URL = env.ssh_address("TOKENACCESS_SSH_URL", host=_HOST, port=SSH_PORT)
SSH_DIR = DATA_DIR / "ssh"
SSH_SESSIONS = env.integer("TOKENACCESS_SSH_SESSIONS", 50, minimum=1, maximum=10_000)  # of git, of one key at a time

# --- Security ---------------------------------------------------------------------------------------------------------

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = _HTTPS
# Probes, and the container registry and the SSH server, which ask the server itself.
SECURE_REDIRECT_EXEMPT = [
    r"^-/(health|liveness|readiness)$",
    r"^api/v4/container_registry_event/events$",
    r"^-/ssh/",
]
SECURE_HSTS_SECONDS = 31536000 if _HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _HTTPS
SECURE_HSTS_PRELOAD = _HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [EXTERNAL_URL] if not urlsplit(EXTERNAL_URL).path else []
X_FRAME_OPTIONS = "DENY"
# For tests, whose servers are on this machine: networks besides the public ones from which `include: remote` may take
# files, and the certificates that it trusts instead of the system's. No environment variable sets them.
REMOTE_INCLUDE_NETWORKS: list[str] = []
REMOTE_INCLUDE_CA: str | None = None
BEHIND_PROXY = env.flag("TOKENACCESS_BEHIND_PROXY", False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- Files, language, log ---------------------------------------------------------------------------------------------

STATIC_URL = "/assets/"  # a word that is no group's or person's name
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ja", "日本語")]
LANGUAGE_COOKIE_NAME = "language"  # portal.preferences
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
FORMAT_MODULE_PATH = "config.formats"

LOGGING = logging_settings(env.text("TOKENACCESS_LOG_LEVEL", "WARNING").upper())

# Uses and refusals are gathered in memory and written together after this many seconds; 0 writes at once.
ACCESS_LOG_SECONDS = 2
