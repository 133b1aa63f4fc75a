"""Who works here as what, since when and until when, from the HR system's export.

Collected: every row of one CSV file that HR's export drops: id, name, work address, kind and role of work,
department, manager, first day, end of work. Never: private addresses, pay, birthdays (a column no field names
is refused, not dropped: an export that sends more than was agreed is a finding of its own). The file never
goes through git: it is personal data, and git forgets nothing.
Least scopes: read access to the file.
"""
