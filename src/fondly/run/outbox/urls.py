from django.urls import path
from django.utils.translation import gettext_lazy as _

from fondly.people.team import screens
from fondly.run.outbox import queries, unsubscribing, views

urlpatterns = [
    path("outbox", views.outbox, name="outbox"),
    path("outbox/take-back", views.take_back_all, name="outbox-take-back"),
    path("outbox/switch", views.switch, name="outbox-switch"),
    path("outbox/restored", views.resolve_restored, name="outbox-restored"),
    path("outbox/<int:message_id>", views.message, name="message"),
    path("outbox/<int:message_id>/preview", views.preview, name="message-preview"),
    path("outbox/<int:message_id>/do/<slug:verb>", views.act, name="message-do"),
    path("unsubscribe/<str:token>", unsubscribing.unsubscribe, name="unsubscribe"),
    path("unsubscribe/<str:token>/again", unsubscribing.subscribe_again, name="subscribe-again"),
]

screens.add(screens.Entry("outbox", _("Outbox"), page="outbox", order=50, keys="g o", badge=queries.badge))
