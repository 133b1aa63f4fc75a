"""Tickets of the configured projects, who moved them when, and the accounts of a Jira Cloud site.

Collected: issues worked on in the 90 days up to the day, as they stood when it ended, with every change of
status; the day's changes of status, resolution, assignee and configured approval fields; statuses with their
category, projects, accounts with the work address. Never: summaries, descriptions, comments, attachments,
work logs, any text people write; names and addresses of customers.
Least scopes: an account of its own with the project permission Browse projects and the global permission
Browse users and groups, and no other; it must see every security level of the projects' issues.
"""
