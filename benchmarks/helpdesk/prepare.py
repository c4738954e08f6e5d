"""Makes django-helpdesk's tables, one queue and one of the staff with a token, which it prints. Runs in its own environment."""

import django  # type: ignore[import-not-found]

django.setup()

from django.contrib.auth import get_user_model  # type: ignore[import-not-found]  # noqa: E402
from django.core.management import call_command  # type: ignore[import-not-found]  # noqa: E402

call_command("migrate", verbosity=0)
call_command("loaddata", "emailtemplate.json", verbosity=0)

from helpdesk.models import Queue  # type: ignore[import-not-found]  # noqa: E402
from rest_framework.authtoken.models import Token  # type: ignore[import-not-found]  # noqa: E402

Queue.objects.create(title="Support", slug="support", allow_public_submission=True)
agent = get_user_model().objects.create_superuser("agent", "agent@example.org", "of a measurement")
print(Token.objects.create(user=agent).key)
