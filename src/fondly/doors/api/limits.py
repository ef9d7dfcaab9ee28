"""How fast one key may ask: a bucket that refills. Kept per web process; a limit, not a ledger."""

import math
import threading
import time

PER_SECOND = 20.0
BURST = 200.0


class Buckets:
    """One bucket a key. Buckets that are full again are forgotten."""

    def __init__(self, per_second: float = PER_SECOND, burst: float = BURST) -> None:
        self.per_second, self.burst = per_second, burst
        self._lock = threading.Lock()
        self._filled: dict[str, tuple[float, float]] = {}  # key -> (level, when)

    def take(self, key: str, amount: int = 1) -> int:
        """Take that much; 0 when it was there, else the seconds to wait. Who asks for more than fits waits after it."""
        with self._lock:
            now = time.monotonic()
            level, since = self._filled.get(key, (self.burst, now))
            level = min(self.burst, level + (now - since) * self.per_second)
            needed = min(amount, self.burst)
            enough = level >= needed
            self._filled[key] = (level - amount if enough else level, now)
            if len(self._filled) > 10_000:
                self._forget(now)
        return 0 if enough else math.ceil((needed - level) / self.per_second)

    def _forget(self, now: float) -> None:
        full = [
            k for k, (level, since) in self._filled.items() if level + (now - since) * self.per_second >= self.burst
        ]
        for key in full:
            del self._filled[key]


buckets = Buckets()
