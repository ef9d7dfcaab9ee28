from django.urls import path
from django.utils.translation import gettext_lazy as _

from fondly.doors.web import settings_views
from fondly.people.team import screens

urlpatterns = [
    path("settings", settings_views.home, name="settings"),
    path("settings/mail", settings_views.mail, name="settings-mail"),
    path("settings/mail/off", settings_views.mail_off, name="settings-mail-off"),
    path("settings/mail/hold", settings_views.mail_hold, name="settings-mail-hold"),
    path("settings/mail/test", settings_views.mail_test, name="settings-mail-test"),
    path("settings/doctor", settings_views.doctor, name="settings-doctor"),
    path("settings/data", settings_views.data, name="settings-data"),
    path("settings/data/export", settings_views.make_export, name="settings-export"),
    path("settings/data/backup", settings_views.make_backup, name="settings-backup"),
    path("settings/data/export/<str:name>", settings_views.get_export, name="settings-export-file"),
    path("settings/data/backup/<str:name>", settings_views.get_backup, name="settings-backup-file"),
    path("settings/data/remove-examples", settings_views.remove_examples, name="settings-remove-examples"),
    path("settings/clock", settings_views.time, name="settings-clock"),
    path("settings/clock/progress", settings_views.time_progress, name="settings-clock-progress"),
    path("settings/about", settings_views.about, name="settings-about"),
]

screens.add(screens.Entry("settings", _("Settings"), page="settings", order=95, foot=True, keys="g s"))
screens.add_command(screens.Command(_("Doctor: is everything well?"), page="settings-doctor"))
screens.add_command(screens.Command(_("Connect mail: server, sender, hold"), page="settings-mail"))
screens.add_command(screens.Command(_("Export, backups, imports with undo"), page="settings-data"))
