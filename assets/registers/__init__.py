"""What people keep themselves: systems, service accounts, currencies, rounding policies, waivers, the period.

Collected: every row of the registers below, from YAML or CSV files in one folder. Never: any other file of
that folder, and no personal data of shoppers (registers name roles, systems and accounts).
Least scopes: read access to the folder.
"""

from assets.registers.models import schemas

__all__ = ["schemas"]
