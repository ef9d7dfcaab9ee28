from django.urls import path

from fondly.listen.returns import views

urlpatterns = [
    path("hooks/mail/<slug:provider>", views.hook, name="mail-hook"),
    path("settings/mail/returns", views.connect, name="mailbox-connect"),
    path("settings/mail/returns/off", views.disconnect, name="mailbox-disconnect"),
]
