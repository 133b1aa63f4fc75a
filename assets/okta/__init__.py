"""Users, factors, groups, applications, administrators, policies, tokens and the system log of Okta.

Collected: deprovisioned users too (the bare user list omits them), every factor of everybody else, who is
assigned to what, who administers, which rules ask for a second factor (their conditions and actions as Okta
has them), whose API tokens and which applications' client secrets there are and since when, where the log is
streamed to, and the day's system log. Never: the value or hash of a token or secret (Okta sends a client
secret with its dates, which is dropped on arrival), telephone numbers, postal addresses, recovery questions,
credentials of any kind, profile fields no column names.
Least scopes: okta.users.read (factors too), okta.groups.read, okta.apps.read (client secrets too),
okta.roles.read (whoever holds a role), okta.policies.read, okta.apiTokens.read, okta.logStreams.read,
okta.logs.read; with an API token, the token of a read-only administrator.
"""
