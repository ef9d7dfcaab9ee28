from django.urls import path
from django.utils.translation import gettext_lazy as _

from fondly.design.playbooks import views
from fondly.people.team import screens

urlpatterns = [
    path("playbook", views.playbooks, name="playbooks"),
    path("playbook/new", views.new, name="playbooks-new"),
    path("playbook/<int:playbook_id>", views.read, name="playbook"),
    path("playbook/<int:playbook_id>/check", views.check, name="playbook-check"),
    path("playbook/<int:playbook_id>/check/leave-out", views.not_for_us, name="playbook-skip"),
    path("playbook/<int:playbook_id>/check/mend", views.mend, name="playbook-mend"),
    path("playbook/<int:playbook_id>/edit", views.edit, name="playbook-edit"),
    path("playbook/<int:playbook_id>/edit/check", views.check_text, name="playbook-check-text"),
    path("playbook/<int:playbook_id>/publish", views.publish, name="playbook-publish"),
    path("playbook/<int:playbook_id>/history", views.history, name="playbook-history"),
    path("playbook/<int:playbook_id>/roll-back", views.roll_back, name="playbook-roll-back"),
    path("playbook/<int:playbook_id>/discard", views.discard, name="playbook-discard"),
    path("playbook/<int:playbook_id>/rehearse", views.rehearse, name="playbook-rehearse"),
    path("playbook/<int:playbook_id>/version-<int:number>.yaml", views.download, name="playbook-file"),
]

screens.add(screens.Entry("playbook", _("Playbook"), page="playbooks", order=90, foot=True, keys="g p"))
screens.add_command(screens.Command(_("Start a playbook"), page="playbooks-new"))
