"""Members, teams, repositories, who reaches them, branch rules, and every merged and deployed change.

Collected: the organisation's members, owners, outside collaborators, teams, organisation roles, installed
apps and, where an app asks, fine-grained tokens; all its repositories with every collaborator, deploy key and
effective rule of the default branch; every
pull request merged on the day with its reviews, commits and checks, every commit of the default branches,
every deployment with its statuses and the commits it brought to production. Never: bodies, comments, titles
and commit messages (only ticket keys are taken from them), file contents, the secret that an alert is about.
Not collected: rule suites, since GitHub shows them only to a credential that may change the rules.
Least scopes: SETUP.md lists the read permissions of a fine-grained token or a GitHub App.
"""
