import pytest


@pytest.fixture(autouse=True)
def _own_lake(settings, tmp_path):
    settings.HOME = tmp_path
