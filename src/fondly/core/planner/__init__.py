"""Decides: playbook x history x now -> moments. See docs/explanation/time.md."""
