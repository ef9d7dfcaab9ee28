from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "fondly.doors.web"
    label = "web"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from fondly.doors.web import (
            settings_actions,  # noqa: F401  fills the action registry
            team_parts,
        )
        from fondly.doors.web.first_rows import first_rows
        from fondly.people.team import views as team
        from fondly.run.journeys import today

        if first_rows not in today.sources:
            today.sources.append(first_rows)
        if team_parts.parts not in team.parts:
            team.parts.append(team_parts.parts)
