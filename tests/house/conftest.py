"""Desks that runbooks are followed on."""

from tests.cli.conftest import nowhere
from tests.house.installed import here, sample, world

__all__ = ["here", "nowhere", "sample", "world"]
