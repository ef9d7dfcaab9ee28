from django.apps import AppConfig


class InsightConfig(AppConfig):
    name = "fondly.measure.insight"
    label = "insight"
