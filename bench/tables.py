"""One way to print a result beside a goal and a peer."""


def head() -> None:
    print(f"{'what':<52}{'ours':>14}{'goal or limit':>16}{'peer':>26}{'ratio':>9}")


def row(what: str, ours: float, unit: str, goal: str = "", peer: float | None = None, peer_name: str = "") -> None:
    """ratio: how many times better than the peer; rates (unit ending in /s) are better when larger."""
    better = "" if not peer else f"{(ours / peer if unit.endswith('/s') else peer / ours):.1f}x"
    shown = f"{ours:,.0f}" if ours >= 100 else f"{ours:,.2f}"
    peer_text = f"{peer:,.0f} {peer_name}" if peer else ""
    print(f"{what:<52}{shown + ' ' + unit:>14}{goal:>16}{peer_text:>26}{better:>9}")
