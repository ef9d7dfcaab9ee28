from django.urls import path

from fondly.measure.insight import views

urlpatterns = [
    path("playbook/<int:playbook_id>/in-practice", views.in_practice, name="playbook-in-practice"),
]
