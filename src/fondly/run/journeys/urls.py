from django.urls import path
from django.utils.translation import gettext_lazy as _

from fondly.people.team import screens
from fondly.run.journeys import map_urls, playbook_urls, today, views

urlpatterns = [
    path("today", views.today_page, name="today"),
    path("today/ran", views.ran, name="ran"),
    path("today/example", views.example, name="example"),
    path("moments/several/<slug:verb>", views.several, name="moments-several"),
    path("moments/<int:moment_id>", views.moment_page, name="moment"),
    path("moments/<int:moment_id>/finish", views.finish, name="moment-finish"),
    path("moments/<int:moment_id>/skip", views.skip, name="moment-skip"),
    path("moments/<int:moment_id>/later", views.later, name="moment-later"),
    path("moments/<int:moment_id>/now", views.do_now, name="moment-now"),
    path("moments/<int:moment_id>/approve", views.approve, name="moment-approve"),
    path("moments/<int:moment_id>/<slug:form>.pdf", views.paper, name="moment-card"),
    *map_urls.urlpatterns,
    *playbook_urls.urlpatterns,
]

screens.add(
    screens.Entry("today", _("Today"), page="today", order=10, keys="g t", badge=today.badge, also=("/moments/",))
)
