"""The door's own pages, and those that show several rooms together. Rooms have their own urls.py."""

from django.urls import path, register_converter
from django.utils.translation import gettext_lazy as _

from fondly.doors.web import bulk_views, client_views, clients_views, errand_views, import_views, settings_urls, views
from fondly.people.team import screens


class _OneOf:
    """Path parts from a closed list."""

    regex = ""

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class _JourneyForm(_OneOf):
    regex = "start|move|pause|resume|leave|owner"


class _PromiseAct(_OneOf):
    regex = "keep|break|change"


register_converter(_JourneyForm, "journey_form")
register_converter(_PromiseAct, "promise_act")

urlpatterns = [
    *settings_urls.urlpatterns,
    path("", views.home, name="home"),
    path("activity", views.activity, name="activity"),
    path("activity/<int:audit_id>/undo", views.undo, name="undo"),
    path("errands/<int:errand_id>", errand_views.errand, name="errand"),
    path("errands/<int:errand_id>/stop", errand_views.stop, name="errand-stop"),
    path("palette", views.palette, name="palette"),
    path("clients", clients_views.clients, name="clients"),
    path("clients/bulk", bulk_views.bulk, name="clients-bulk"),
    path("clients/count", clients_views.count, name="clients-count"),
    path("clients/take-out", bulk_views.take_out, name="clients-take-out"),
    path("clients/views", clients_views.save_view, name="clients-view-save"),
    path("clients/views/<int:view_id>/remove", clients_views.remove_view, name="clients-view-remove"),
    path("clients/bulk/do", bulk_views.bulk_do, name="clients-bulk-do"),
    path("clients/import", import_views.choose, name="client-import"),
    path("clients/import/<str:upload>", import_views.look, name="client-import-look"),
    path("clients/import/<str:upload>/errors.csv", import_views.errors_before, name="client-import-errors-before"),
    path("clients/import/<str:upload>/commit", import_views.commit, name="client-import-commit"),
    path("clients/imports/<int:import_id>", import_views.report, name="client-import-report"),
    path("clients/imports/<int:import_id>/errors.csv", import_views.errors, name="client-import-errors"),
    path("clients/imports/<int:import_id>/take-out", import_views.take_out, name="client-import-undo"),
    path("clients/imports/<int:import_id>/start", import_views.start, name="client-import-start"),
    path("c/<int:client_id>", client_views.client, name="client"),
    path("c/<int:client_id>/journey/<journey_form:form>", client_views.journey_form, name="client-journey"),
    path("c/<int:client_id>/journey/<journey_form:form>/do", client_views.journey_act, name="client-journey-do"),
    path("c/<int:client_id>/promise", client_views.promise_new, name="client-promise-new"),
    path("c/<int:client_id>/promise/make", client_views.promise_make, name="client-promise-make"),
    path("promises/<int:promise_id>", client_views.promise, name="client-promise"),
    path("promises/<int:promise_id>/<promise_act:act>", client_views.promise_act, name="client-promise-do"),
]

screens.add(screens.Entry("clients", _("Clients"), page="clients", order=30, keys="g c", also=("/c/", "/promises/")))
screens.add_command(screens.Command(_("Bring clients in from a file"), page="client-import"))
screens.add_command(screens.Command(_("Activity: what was done, with Undo"), page="activity"))
