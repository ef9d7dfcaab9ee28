"""A filled install to look around in: invented people who have been living a playbook for a year."""

from fondly.doors.demo.build import Built, build

__all__ = ["Built", "build"]
