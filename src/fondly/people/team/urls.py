"""Getting in, one's own account, and the team."""

from allauth.account import views as account
from django.urls import include, path

from fondly.people.team import views
from fondly.people.team.views import doorway, own

urlpatterns = [
    # allauth finds its pages by these names.
    path("sign-in", doorway.sign_in, name="account_login"),
    path("sign-out", account.logout, name="account_logout"),
    path("sign-in/switched-off", account.account_inactive, name="account_inactive"),
    path("account/confirm", account.reauthenticate, name="account_reauthenticate"),
    path("account/password", account.password_change, name="account_change_password"),
    path("account/factors/", include("allauth.mfa.urls")),
    path("first/<str:token>", doorway.first, name="first"),
    path("join/<str:token>", doorway.join, name="join"),
    path("enter/<str:token>", doorway.enter, name="enter"),
    path("enter-as/<int:user_id>", doorway.enter_as, name="enter-as"),
    path("account", own.account, name="account"),
    path("account/keys", own.make_key, name="account-keys"),
    path("account/keys/<int:token_id>/end", own.end_key, name="account-key-end"),
    path("team", views.team, name="team"),
    path("team/invite", views.invite, name="team-invite"),
    path("team/people/<int:user_id>", views.person, name="team-person"),
    path("team/people/<int:user_id>/link", views.new_link, name="team-link"),
    path("team/people/<int:user_id>/switch", views.switch, name="team-switch"),
    path("team/roles/new", views.new_role, name="team-role-new"),
    path("team/roles/<int:role_id>", views.role, name="team-role"),
    path("team/roles/<int:role_id>/remove", views.remove_role, name="team-role-remove"),
    path("team/departments", views.add_department, name="team-departments"),
    path("team/departments/<int:department_id>/remove", views.remove_department, name="team-department-remove"),
    path("team/cover", views.cover, name="team-cover"),
    path("team/cover/<int:cover_id>/end", views.end_cover, name="team-cover-end"),
]
