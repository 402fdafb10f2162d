"""The part of the settings about signing in: two factors, single sign-on, confirming who one is.

django-allauth does it; its hooks are in identity.adapters and identity.sign_in. People have no part in it that this
leaves out: no sign-up, no addresses of theirs to confirm.
"""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from config import env

ACCOUNT_ADAPTER = "identity.adapters.accounts.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SIGNUP_FIELDS = ["username*"]
ACCOUNT_LOGIN_METHODS = {"username"}
# Of wrong second factors of one person, from everywhere; from one address axes counts them with the wrong passwords.
# Each process counts its own.
_MAX_WRONG = 100 // env.integer("WEB_CONCURRENCY", 2, minimum=1, maximum=256)
ACCOUNT_RATE_LIMITS = {"login_failed": f"{max(_MAX_WRONG, 5)}/h/key"}

MFA_ADAPTER = "identity.adapters.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "identity.sign_in.codes.SignInCodeForm",
    "activate_totp": "identity.sign_in.codes.ActivationForm",
    "add_webauthn": "identity.sign_in.passkeys.AddPasskeyForm",
    "authenticate_webauthn": "identity.sign_in.passkeys.SignInPasskeyForm",
}
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1  # of half a minute to either side

# How long a password or second factor counts as just given; 0: it is never asked for again.
REAUTHENTICATION_MINUTES = env.integer("TOKENACCESS_REAUTHENTICATION_MINUTES", 15, maximum=1440)

# Single sign-on with an OpenID Connect provider; none without an issuer. It is found in its discovery document.
OIDC_ISSUER = env.provider_address("TOKENACCESS_OIDC_ISSUER")
OIDC_CLIENT_ID = env.text("TOKENACCESS_OIDC_CLIENT_ID")
OIDC_CLIENT_SECRET = env.text("TOKENACCESS_OIDC_CLIENT_SECRET")
OIDC_NAME = env.text("TOKENACCESS_OIDC_NAME", "single sign-on")
# Whether whom the provider knows and we do not becomes a new person here.
OIDC_CREATES_PEOPLE = env.flag("TOKENACCESS_OIDC_CREATES_PEOPLE", False)
if OIDC_ISSUER and not OIDC_CLIENT_ID:
    raise ImproperlyConfigured("TOKENACCESS_OIDC_CLIENT_ID is needed with TOKENACCESS_OIDC_ISSUER.")

# Or with a SAML 2.0 provider. `SAML_CERTIFICATES`: those that its assertions may be signed with, without their armour.
SAML_ENTITY_ID = env.text("TOKENACCESS_SAML_ENTITY_ID")
SAML_SIGN_IN_URL = env.provider_address("TOKENACCESS_SAML_SIGN_IN_URL")
SAML_CERTIFICATES = env.certificates("TOKENACCESS_SAML_CERTIFICATE")
SAML_NAME = env.text("TOKENACCESS_SAML_NAME", "single sign-on")
SAML_CREATES_PEOPLE = env.flag("TOKENACCESS_SAML_CREATES_PEOPLE", False)
if SAML_ENTITY_ID and not (SAML_SIGN_IN_URL and SAML_CERTIFICATES):
    raise ImproperlyConfigured(
        "TOKENACCESS_SAML_SIGN_IN_URL and TOKENACCESS_SAML_CERTIFICATE are needed with TOKENACCESS_SAML_ENTITY_ID."
    )
if len(SAML_ENTITY_ID) > env.MAX_PROVIDER:
    raise ImproperlyConfigured(f"TOKENACCESS_SAML_ENTITY_ID is longer than {env.MAX_PROVIDER} characters.")
if SAML_ENTITY_ID and OIDC_ISSUER:
    raise ImproperlyConfigured("TOKENACCESS_SAML_ENTITY_ID and TOKENACCESS_OIDC_ISSUER are not set together.")

SOCIALACCOUNT_ADAPTER = "identity.adapters.single_sign_on.SingleSignOnAdapter"
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5  # seconds
