"""Where django-helpdesk is, in the measurement: at the root."""

from django.urls import include, path  # type: ignore[import-not-found]

urlpatterns = [path("", include("helpdesk.urls"))]
