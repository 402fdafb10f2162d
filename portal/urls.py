from django.urls import path

from portal import views

urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    path("explore/projects", views.projects, name="projects"),
    path("explore/groups", views.groups, name="groups"),
    path("search", views.search, name="search"),
    path("-/preferences", views.show_preferences, name="preferences"),
    path("-/preferences/theme", views.set_theme, name="set_theme"),
    path("-/preferences/nav", views.set_nav, name="set_nav"),
    path("-/preferences/zone", views.set_zone, name="set_zone"),
    path("-/preferences/language", views.set_language, name="set_language"),
]
