"""Django settings, made from FONDLY_* settings. Importing this has no side effect but making the key file."""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from fondly.ground import config

_values = config.load()
HOME = config.home(_values)


def _text(name: str) -> str:
    return _values[name].text.strip()


def _yes(name: str) -> bool:
    return config.yes(_values[name])


SECRET_KEY = config.secret_key(_values)
DEBUG = _yes("FONDLY_DEBUG")
FONDLY = _values
FONDLY_DEMO = _yes("FONDLY_DEMO")
FONDLY_MOVABLE_CLOCK = FONDLY_DEMO or _yes("FONDLY_MOVABLE_CLOCK")
FONDLY_URL = _text("FONDLY_URL").rstrip("/")
FONDLY_HOLD_SECONDS = int(_text("FONDLY_HOLD_SECONDS"))
FONDLY_PROXIES = int(_text("FONDLY_PROXIES"))
FONDLY_MAILS_PER_COMMIT = max(1, int(_text("FONDLY_MAILS_PER_COMMIT")))
FONDLY_LEASE_SECONDS = int(_text("FONDLY_WORKER_LEASE_SECONDS"))

_host = urlsplit(FONDLY_URL).hostname or "localhost"
ALLOWED_HOSTS = [_host, "localhost", "127.0.0.1", "[::1]", *(h for h in _text("FONDLY_HOSTS").split(",") if h)]
CSRF_FAILURE_VIEW = "fondly.doors.web.views.csrf_refused"
CSRF_TRUSTED_ORIGINS = [FONDLY_URL] if FONDLY_URL.startswith("https") else []
_https = FONDLY_URL.startswith("https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 30 * 24 * 3600 if _https else 0  # said only over TLS; a month can be waited out, a year cannot
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"

INSTALLED_APPS = [
    "fondly.ground",
    "fondly.people.team",
    "fondly.people.clients",
    "fondly.design.playbooks",
    "fondly.run.journeys",
    "fondly.run.outbox",
    "fondly.run.histories",
    "fondly.run.offers",
    "fondly.listen.promises",
    "fondly.listen.returns",
    "fondly.measure.events",
    "fondly.measure.lake",
    "fondly.measure.insight",
    "fondly.doors.web",
    "fondly.doors.api",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
]

MIDDLEWARE = [
    *(["fondly.doors.web.proxies.BehindProxies"] if FONDLY_PROXIES else []),
    "fondly.doors.api.measuring.Measuring",
    "fondly.doors.web.middleware.SafeHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "fondly.people.team.sessions.SignedIn",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",  # every page is closed unless its view says otherwise
    "django.contrib.messages.middleware.MessageMiddleware",
    "fondly.doors.web.middleware.Pages",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "fondly.project.urls"
WSGI_APPLICATION = "fondly.project.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "APP_DIRS": False,
        "DIRS": [],  # every room's templates/ folder is found by the environment's loader
        "OPTIONS": {
            "environment": "fondly.doors.web.jinja.environment",
            "context_processors": ["fondly.doors.web.quick.one_token"],
        },
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",  # allauth's own fragments
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    },
]

_SQLITE_START = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32000; "
    "PRAGMA mmap_size=268435456; PRAGMA temp_store=MEMORY;"
)


def _database(url: str) -> dict[str, Any]:
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": HOME / "fondly.sqlite3",
            "CONN_MAX_AGE": None,  # opening a file reads the whole schema again: a millisecond a request
            "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE", "init_command": _SQLITE_START},
        }
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise config.ConfigError(
            f"FONDLY_DATABASE_URL starts with {parts.scheme!r}; it must look like postgresql://user:password@host/name."
        )
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "OPTIONS": options,
    }


DATABASES = {"default": _database(_text("FONDLY_DATABASE_URL"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "team.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "/sign-in"
LOGIN_REDIRECT_URL = "/today"
ACCOUNT_ADAPTER = "fondly.people.team.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # addresses come by invitation; the invitation is the proof
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
MFA_ADAPTER = "fondly.people.team.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1  # a code typed as it changes still counts (RFC 6238, 5.2)
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _https and _host == "localhost"  # browsers treat localhost as secure
SESSION_ENGINE = "fondly.people.team.sessions"
SESSION_COOKIE_AGE = 14 * 24 * 3600

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
LOCALE_PATHS: list[str] = []

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": HOME / "files"}},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "ground_cache",
        # The counts of failed sign-ins are kept here: nobody may push them out by making other entries.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"  # all mail leaves through run.outbox
