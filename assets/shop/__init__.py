"""The platform's orders, payments, refunds, gift cards, parcels, stock and corrections, from its PostgreSQL.

Collected: what the shop contract's read-only views in schema `evidence` show of one UTC day, all views in one
repeatable-read transaction with the control totals the database itself computes, and with them the earlier
orders that something of the day is about. Never: names, addresses, telephone numbers, card data; the
customer's reference becomes a keyed HMAC before anything is written.
Least scopes: a role that can log in, with SELECT on the views of schema `evidence` and nothing else; or read
access to a folder of exported files.
"""
