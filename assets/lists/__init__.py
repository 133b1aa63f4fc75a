"""Who has an account in a system without a connector? Lists that a person exports there and drops as files.

Collected: the accounts and what each may do, in the neutral shape of access_account and access_entitlement,
from CSV or Parquet; with each drop who exported it, when, from which page, and how many rows it showed.
Never: a column that shape does not have (refused, not dropped), and no list whose manifest does not say
the above.
A list is a state: it belongs to the day it was exported on.
Least scopes: read access to the folder. Set up: SETUP.md beside this file.
"""
