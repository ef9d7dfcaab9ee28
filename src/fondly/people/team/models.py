"""Who we are: users, what they may do, who covers for whom, and the keys that act for them."""

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.crypto import salted_hmac


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class Department(models.Model):
    name = models.CharField(max_length=80, unique=True)


class Role(models.Model):
    """A role of the playbook (agent, coordinator) and what its people may do here."""

    name = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=80, blank=True)
    department = models.ForeignKey(Department, null=True, blank=True, on_delete=models.SET_NULL, related_name="roles")
    permissions = models.JSONField(default=list)  # names of permissions.PERMISSIONS
    may_spend_minor = models.BigIntegerField(default=0)
    may_offer = models.JSONField(default=list)


class User(AbstractBaseUser):
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=150)
    phone = models.CharField(max_length=40, blank=True)
    zone = models.CharField(max_length=60, blank=True)
    language = models.CharField(max_length=12, default="en")
    theme = models.CharField(max_length=8, default="system")
    single_keys = models.BooleanField(default=True)  # WCAG 2.1.4: single-key shortcuts can be turned off
    is_active = models.BooleanField(default=True)
    is_admin = models.BooleanField(default=False)
    roles = models.ManyToManyField(Role, related_name="users", blank=True)
    joined_at = models.DateTimeField()
    sessions_ended = models.PositiveIntegerField(default=0)  # counting up ends every session of this user

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    objects = UserManager()

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def first_name(self) -> str:
        return self.name.split(" ")[0]

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session must carry to stay valid: it changes with the password and with sessions_ended."""
        salt = "fondly.people.team.User.sessions"
        value = f"{self.password}|{self.sessions_ended}"
        return salted_hmac(salt, value, secret=secret, algorithm="sha256").hexdigest()


class Session(AbstractBaseSession):
    """A browser that has been here. user: who is signed in there, also in the data; a column to find both at once."""

    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="sessions")


class Cover(models.Model):
    """`by` acts for `user` from the first to the last day, both included."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="covered")
    by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="covers")
    from_on = models.DateField()
    to_on = models.DateField()
    note = models.CharField(max_length=200, blank=True)


class SignInLink(models.Model):
    """A one-time link: the first user's, or an invitation. Only the hash is kept."""

    token_hash = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(max_length=20)  # first, invite, reset, enter
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="links")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class ApiToken(models.Model):
    """A key for scripts. scopes are permission names; shown once, stored hashed."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    token_hash = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=8)
    scopes = models.JSONField(default=list)
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
