"""Users, factors, groups, applications, administrators, policies and the system log of an Okta organisation.

Collected: deprovisioned users too (the bare user list omits them), every factor of everybody else, who is
assigned to what, who administers, which rules ask for a second factor (their conditions and actions as Okta
has them), and the day's system log. Never: telephone numbers, postal addresses, recovery questions,
credentials of any kind, application secrets, profile fields no column names.
Least scopes: okta.users.read (factors too), okta.groups.read, okta.apps.read, okta.roles.read (whoever holds
a role), okta.policies.read, okta.logs.read; with an API token, the token of a read-only administrator.
"""
