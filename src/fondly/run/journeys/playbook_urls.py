from django.urls import path

from fondly.run.journeys import playbook_views

urlpatterns = [
    path("playbook/<int:playbook_id>/effect", playbook_views.effect_view, name="playbook-effect"),
    path("playbook/<int:playbook_id>/effect/<int:version_id>", playbook_views.look, name="playbook-look"),
    path("playbook/<int:playbook_id>/move", playbook_views.move, name="playbook-move"),
    path(
        "playbook/<int:playbook_id>/rehearse/<int:client_id>",
        playbook_views.rehearse_client,
        name="playbook-rehearse-client",
    ),
]
