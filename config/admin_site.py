"""The administration's frame."""

from django.contrib.admin import AdminSite


class Site(AdminSite):
    site_header = "Token Access administration"
    site_title = "Token Access"
    index_title = "Administration"
