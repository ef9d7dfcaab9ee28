"""One client's own record. The list and the page itself are in doors/web: they show several rooms together."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from fondly.people.clients import views
from fondly.people.team import screens

urlpatterns = [
    path("clients/new", views.new, name="client-new"),
    path("c/<int:client_id>/edit", views.edit, name="client-edit"),
    path("c/<int:client_id>/call", views.call, name="client-call"),
    path("c/<int:client_id>/note", views.note, name="client-note"),
    path("c/<int:client_id>/judge/<int:fact_id>", views.judge, name="client-judge"),
    path("c/<int:client_id>/tags", views.tags, name="client-tags"),
    path("c/<int:client_id>/people", views.people, name="client-people"),
    path("c/<int:client_id>/consent", views.consent, name="client-consent"),
    path("c/<int:client_id>/merge", views.merge, name="client-merge"),
    path("c/<int:client_id>/export", views.export, name="client-export"),
    path("c/<int:client_id>/erase", views.erase, name="client-erase"),
]

screens.add_command(screens.Command(_("Add a client"), page="client-new", keys="c"))
