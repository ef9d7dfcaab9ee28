from django.apps import AppConfig


class ClientsConfig(AppConfig):
    name = "fondly.people.clients"
    label = "clients"
    default_auto_field = "django.db.models.BigAutoField"
