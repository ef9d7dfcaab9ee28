"""The door's own pages. Rooms have their own urls.py; project/urls.py gathers them."""

from django.urls import path

from fondly.doors.web import views

urlpatterns = [
    path("", views.home, name="home"),
    path("activity", views.activity, name="activity"),
    path("activity/<int:audit_id>/undo", views.undo, name="undo"),
    path("palette", views.palette, name="palette"),
]
