"""What people type when they join or describe the team. The actions judge it; forms only read it."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from fondly.people.team.models import User


class FirstUserForm(forms.Form):
    name = forms.CharField(label=_("Your name"), max_length=150, widget=forms.TextInput({"autocomplete": "name"}))
    email = forms.EmailField(label=_("Your e-mail"), widget=forms.EmailInput({"autocomplete": "username"}))
    password = forms.CharField(
        label=_("A password"),
        help_text=_("At least 10 characters. A few words in a row are easy to remember and hard to guess."),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        check_password(self, data, User(name=data.get("name", ""), email=data.get("email", "")))
        return data


class JoinForm(forms.Form):
    password = FirstUserForm.base_fields["password"]

    def __init__(self, user: User, *args: Any) -> None:
        super().__init__(*args)
        self.user = user

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        check_password(self, data, self.user)
        return data


def check_password(form: forms.Form, data: dict[str, Any], user: User) -> None:
    """Put what is wrong with a password next to its field."""
    if "password" not in data:
        return
    try:
        validate_password(data["password"], user)
    except forms.ValidationError as error:
        form.add_error("password", error)
