"""Payments, refunds, disputes, the balance and its payouts, from a Stripe account.

Collected: charges, payment intents, refunds, disputes, balance transactions, payouts with the transactions
in them, and events, each by the UTC day it was created; the account, its balance and its webhook endpoints as
they are. Where Stripe lets the account (a preview interface, off unless configured), also its API keys and
its activity log. Never: billing details, addresses of receipts, shipping, numbers, last digits or
fingerprints of cards, bank accounts, evidence of disputes, client secrets, signing secrets and paths of
webhooks, tokens of API keys (which the list of keys quotes), metadata other than `order_id`.
Amounts are integers in the currency's smallest unit as Stripe counts it, and rates are kept as written: no
number passes through a float.
Least scopes: a restricted key (rk_live_…) with read on Account, Balance, Balance transactions, Charges and
Refunds, Disputes, Events, PaymentIntents, Payouts and Webhook Endpoints; nothing with write.
"""
