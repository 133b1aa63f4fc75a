"""Accounts, IAM users, their keys and MFA, and what the vault says of its secrets, from AWS.

Collected: the organisation's accounts; per account the IAM users, the credential report, access keys with
their last use, the account summary, secrets and the dates of their versions; of Identity Center the users,
groups, permission sets and who is given which in which account. Never: the value of a secret (no call that
could return one is made), the secret half of an access key (AWS never shows it again), the local part of the
root user's address, tags that no column names.
Least scopes, per account, in a role the reader assumes: iam:GenerateCredentialReport,
iam:GetCredentialReport, iam:ListUsers, iam:ListAccessKeys, iam:GetAccessKeyLastUsed, iam:GetAccountSummary,
secretsmanager:ListSecrets, secretsmanager:ListSecretVersionIds; in the management account also
organizations:ListAccounts, sso:ListInstances, sso:ListPermissionSets, sso:DescribePermissionSet,
sso:ListManagedPoliciesInPermissionSet, sso:GetInlinePolicyForPermissionSet, sso:ListAccountAssignments,
identitystore:ListUsers, identitystore:ListGroups and identitystore:ListGroupMemberships. Not SecurityAudit as
a whole, and never secretsmanager:GetSecretValue.
"""
