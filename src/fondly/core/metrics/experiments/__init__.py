"""Is the new way better? What to plan, what to say, and when it is too early to say anything.

`samples` describes an arm, `sizes` plans, `fixed` answers once at the end, `boundaries` at a few looks agreed
beforehand, `always_valid` at any time; `verdicts` says it in one word, too few to say by default.
"""
