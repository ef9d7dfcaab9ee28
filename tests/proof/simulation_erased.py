"""Where a name that should be forgotten is still found."""

from collections.abc import Iterator

from django.apps import apps
from django.db.models import CharField, Field, JSONField, Model, Q, TextField
from django.db.models.functions import Cast


def traces_of(name: str) -> Iterator[str]:
    """table.column of every text, of any model, that still holds the first word of this name."""
    word = name.split()[0]
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, CharField | TextField | JSONField) and _holds(model, field, word):
                yield f"{model._meta.db_table}.{field.column}"


def _holds(model: type[Model], field: Field, word: str) -> bool:  # type: ignore[type-arg]
    rows = model._default_manager.annotate(_as_text=Cast(field.name, TextField()))
    return rows.filter(Q(_as_text__icontains=word)).exists()
