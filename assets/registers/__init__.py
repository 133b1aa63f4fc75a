"""What people keep themselves: systems, roles, secrets, vendors, policies, recovery, waivers, the period.

Collected: every row of the registers in this folder's modules, from YAML or CSV files in one folder. Never:
any other file of that folder, and no personal data of shoppers (registers name roles, systems, accounts).
Least scopes: read access to the folder.
"""

from assets.registers import access, assets, exceptions, finance, policies, pricing, recovery, vendors
from assets.registers.models import schemas

__all__ = [
    "access",
    "assets",
    "exceptions",
    "finance",
    "policies",
    "pricing",
    "recovery",
    "schemas",
    "vendors",
]
