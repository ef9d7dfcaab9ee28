"""A HubSpot export as it comes, with known bad rows."""

import csv
import io

HUBSPOT = [
    "Record ID",
    "First Name",
    "Last Name",
    "Email",
    "Phone Number",
    "Contact owner",
    "Lifecycle Stage",
    "Create Date",
    "City",
    "Country/Region",
    "Favourite Colour",
]


def hubspot_rows(count, bad_every=0, bad_most=0):
    """Rows and the file row numbers of the bad ones (header = 1)."""
    rows, bad = [], []
    for n in range(count):
        row = [
            str(1000 + n),
            f"First{n}",
            f"Last{n}",
            f"person{n}@example.com",
            f"+1415555{n % 10000:04}",
            "dana@example.com",
            "customer",
            "2025-03-04 10:00",
            "Springfield",
            "United States",
            "green",
        ]
        if bad_every and n % bad_every == 7 and len(bad) < bad_most:
            row[3] = f"person{n} at example.com"
            bad.append(n + 2)
        rows.append(row)
    return rows, bad


def as_csv(headers, rows, delimiter=",", newline="\r\n"):
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator=newline)
    writer.writerow(headers)
    writer.writerows(rows)
    return buffer.getvalue()
