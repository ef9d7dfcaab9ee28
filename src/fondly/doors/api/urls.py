"""The API and the addresses for machines that watch."""

from django.urls import path

from fondly.doors.api import documentation, health, numbers, views

urlpatterns = [
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("api/openapi.json", documentation.openapi, name="api-openapi"),
    path("api/docs", documentation.docs, name="api-docs"),
    path("api/do/<str:name>", views.do, name="api-do"),
    path("api/errands/<int:errand_id>", views.errand, name="api-errand"),
    path("api/clients", views.listing, {"name": "clients"}, name="api-clients"),
    path("api/clients/<int:client_id>", views.client, name="api-client"),
    path("api/clients/<int:client_id>/timeline", views.listing, {"name": "timeline"}, name="api-timeline"),
    path("api/journeys", views.listing, {"name": "journeys"}, name="api-journeys"),
    path("api/moments", views.listing, {"name": "moments"}, name="api-moments"),
    path("api/messages", views.listing, {"name": "messages"}, name="api-messages"),
    path("api/playbooks", views.listing, {"name": "playbooks"}, name="api-playbooks"),
    path("api/whoami", numbers.whoami, name="api-whoami"),
    path("api/metrics", numbers.metrics, name="api-metrics"),
    path("api/metrics/<str:name>", numbers.metric, name="api-metric"),
    path("api/tables", numbers.tables, name="api-tables"),
    path("api/tables/<str:name>", numbers.table, name="api-table"),
    path("api/counts/events", views.count_events, name="api-count-events"),
    path("api/counts/exits", views.count_exits, name="api-count-exits"),
    path("api/<path:rest>", views.nothing, name="api-nothing"),
]
