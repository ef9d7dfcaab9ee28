from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TeamConfig(AppConfig):
    name = "fondly.people.team"
    label = "team"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from allauth.mfa import signals

        from fondly.people.team import screens, sessions

        # allauth tells of a changed factor only by signal.
        signals.authenticator_added.connect(sessions.end_others)
        signals.authenticator_removed.connect(sessions.end_others)
        signals.authenticator_reset.connect(sessions.end_others)
        screens.add(screens.Entry("team", _("Team"), page="team", order=80))
        screens.add(screens.Entry("account", _("Your account"), page="account", order=99, foot=True))
        screens.add_command(screens.Command(_("Invite somebody to the team"), page="team-invite"))
