"""What did a payment processor settle that has no connector here? Read from the files it sends every day.

Collected: each movement of the balance with its amount, fee, references and instant, and the balance before
and after where the file says it, through a mapping (`assets/mapping`); mappings for PayPal's settlement
report, Adyen's settlement details and Shopify's payouts lie in `mappings/`. Never: payers' addresses, names
and notes, which the files have too. A file that is not there, or not whole by its own count, stores nothing.
Least scopes: read access to the folder. Set up: SETUP.md beside this file.
"""
