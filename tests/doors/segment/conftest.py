import pytest

from tests.doors.segment.program import Program, make_key
from tests.people.team.people import make_user


@pytest.fixture
def dana(db):
    return make_user("Dana", admin=True)


@pytest.fixture
def website(dana):
    return Program(make_key(dana)[1])
