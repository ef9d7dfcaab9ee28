"""What may be some seconds old is asked for once, and again when it was forgotten or grew old."""

from itertools import count

from fondly.ground import fresh
from fondly.ground.fresh import Fresh


def test_it_is_read_once_until_it_is_forgotten():
    numbers = count()
    asked = Fresh(lambda: next(numbers), 60.0)
    assert (asked(), asked()) == (0, 0)
    asked.forget()
    assert asked() == 1
    fresh.forget_all()
    assert asked() == 2


def test_what_is_old_is_read_again():
    numbers = count()
    asked = Fresh(lambda: next(numbers), -1.0)
    assert (asked(), asked()) == (0, 1)
