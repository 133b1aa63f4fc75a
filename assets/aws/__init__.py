"""Accounts, who can use them, what runs and is kept in them, and what was done in them, from AWS.

Collected: the organisation's accounts; per account the IAM users, groups and roles with their policies, the
credential report, access keys with their last use, the account summary, secrets and the dates of their
versions; of the account's one configured region its network, balancers, certificates, databases, volumes,
keys, backups, log groups, alarms and the versions that run; buckets of every region; trails, and the
management events in the files of the trail; backup and restore jobs; of Identity Center the users, groups,
permission sets and who is given which in which account. Never: the value of a secret (no call that could
return one is made), the secret half of an access key (AWS never shows it again), the local part of the root
user's address, tags that no column names, a function's or container's variables, what was asked in a call but
for the names in assets/aws/cloudtrail.py, an object that is not of the trail. Not seen: other regions.
Least scopes, per account, in a role the reader assumes:
iam:GenerateCredentialReport, iam:GetCredentialReport, iam:ListUsers, iam:ListAccessKeys,
iam:GetAccessKeyLastUsed, iam:GetAccountSummary, iam:GetAccountAuthorizationDetails;
secretsmanager:ListSecrets, secretsmanager:ListSecretVersionIds;
ec2:DescribeVpcs, ec2:DescribeSecurityGroupRules, ec2:DescribeFlowLogs, ec2:DescribeVolumes;
elasticloadbalancing:DescribeLoadBalancers, elasticloadbalancing:DescribeListeners; acm:ListCertificates;
ecs:ListClusters, ecs:ListServices, ecs:DescribeServices, ecs:ListTasks, ecs:DescribeTasks;
lambda:ListFunctions; autoscaling:DescribeAutoScalingGroups, autoscaling:DescribePolicies;
rds:DescribeDBInstances, rds:DescribeDBClusters; kms:ListKeys, kms:DescribeKey, kms:GetKeyRotationStatus;
s3:ListAllMyBuckets, s3:GetEncryptionConfiguration, s3:GetBucketVersioning, s3:GetBucketPublicAccessBlock,
s3:GetBucketPolicyStatus, s3:GetBucketObjectLockConfiguration, s3:GetLifecycleConfiguration;
backup:ListBackupVaults, backup:ListProtectedResources, backup:ListBackupJobs, backup:ListRestoreJobs;
logs:DescribeLogGroups; cloudwatch:DescribeAlarms;
cloudtrail:DescribeTrails, cloudtrail:GetTrailStatus, cloudtrail:GetEventSelectors; and on the trail's bucket
alone, by its own policy too where another account owns it, s3:ListBucket and s3:GetObject below AWSLogs/
(kms:Decrypt with the trail's key where it has one).
In the management account also organizations:ListAccounts, sso:ListInstances, sso:ListPermissionSets,
sso:DescribePermissionSet, sso:ListManagedPoliciesInPermissionSet, sso:GetInlinePolicyForPermissionSet,
sso:ListAccountAssignments, identitystore:ListUsers, identitystore:ListGroups and
identitystore:ListGroupMemberships. Not SecurityAudit as a whole, and never secretsmanager:GetSecretValue.
"""
