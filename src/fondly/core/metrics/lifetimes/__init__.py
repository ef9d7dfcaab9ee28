"""How often clients will buy again, whether they are still with us, and what they are worth.

Without a contract: `bgnbd` or `paretonbd` say how often, `gammagamma` says for how much, `worth` puts both together.
With a contract: `retention`. Times are in any one unit (days, weeks), money in any one currency.
"""
