"""Which accounts of the admin panel correct, approve and book things?"""

from __future__ import annotations

from sandbox.org import HEADS, staff_of

SUPPORT = [f"U-{n:04d}" for n in staff_of("Customer Support")[:4]]
SUPPORT_HEAD = f"U-{HEADS['Customer Support']:04d}"
FINANCE = [f"U-{n:04d}" for n in staff_of("Finance")[:3]]
FINANCE_HEAD = f"U-{HEADS['Finance']:04d}"
STOREKEEPER, STORE_HEAD = "warehouse-east-1", "warehouse-head"
"""People of the warehouse work at its terminals and have no account in the admin panel."""
