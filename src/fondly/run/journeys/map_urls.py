from django.urls import path
from django.utils.translation import gettext_lazy as _

from fondly.people.team import screens
from fondly.run.journeys import map_views

urlpatterns = [
    path("map", map_views.map_view, name="map"),
    path("map/count", map_views.count_again, name="map-count"),
    path("map/behind", map_views.behind, name="map-behind"),
]

screens.add(screens.Entry("map", _("Map"), page="map", order=40, keys="g m"))
