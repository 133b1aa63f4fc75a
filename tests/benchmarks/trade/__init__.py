"""How fast are the rules of orders, taxes and payments, and do they find what is wrong and nothing else?"""
