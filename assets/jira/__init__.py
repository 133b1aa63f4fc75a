"""Tickets of the configured projects, who moved them when, and the accounts of a Jira Cloud site.

Collected: issues worked on in the 90 days up to the day, as they stood when it ended, with every change of
status; the day's changes of status, resolution, assignee and configured approval fields; statuses with their
category, projects, accounts with the work address. Never: summaries, descriptions, comments, attachments,
work logs, any text people write; names and addresses of customers.
Not collected either: who may administer or write in a project. Jira tells that to administrators alone. The
actors of a project's roles, its permission scheme and the search for users with a permission all ask for
Administer projects in each project, or for Administer Jira; the members of a group for Administer Jira; and
that search looks at no account beyond the site's thousandth. The permission schemes, which everybody may
list, name groups and roles, and not who is in them. A reader that can change what it is to witness is none.
So there is no access_entitlement of Jira; who is assigned it at the identity provider stands in.
Least scopes: an account of its own with the project permission Browse projects and the global permission
Browse users and groups, and no other; it must see every security level of the projects' issues.
"""
