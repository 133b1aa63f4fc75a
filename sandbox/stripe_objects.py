"""How does the processor's Stripe write its objects at an instant?

Shapes are those of the pinned version. What a reader of evidence must never keep is there too: payers'
addresses, card digits, client secrets, bank accounts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sandbox.processor import (
    DISPUTE_FEE,
    RECONCILED_AFTER,
    Dispute,
    Movement,
    Payment,
    Payout,
    Refund,
    trace,
)

API_VERSION = "2026-07-29.dahlia"
COUNTRY, CURRENCY = "US", "usd"
ANSWERED_AFTER = timedelta(days=2)
"""How long after a dispute was opened the company answers it."""
ANSWER_WITHIN = timedelta(days=9)
Record = dict[str, Any]


class Objects:
    """What exists at an instant, and how it looks then."""

    def __init__(self, seed: int, now: datetime) -> None:
        self._seed = seed
        self.now = now

    @property
    def account_id(self) -> str:
        """The account's id."""
        return f"acct_1{self.word('account')[:15]}"

    def word(self, *topic: object) -> str:
        """Return letters and digits of their own for a topic."""
        return hashlib.sha256("/".join(map(str, (self._seed, *topic))).encode()).hexdigest()

    def intents(self, found: Payment) -> Iterator[Record]:
        """Yield the payment intent, once it was begun."""
        if found.begun > self.now:
            return
        tries = [charge for charge, at in [*found.failed, (found.charge, found.authorised)] if at <= self.now]
        latest = tries[-1] if tries else None
        released = found.refund.at if found.refund is not None and found.refund.released else None
        canceled = released is not None and released <= self.now
        taken = found.captured is not None and found.captured <= self.now
        waits = "requires_capture" if latest == found.charge else "requires_payment_method"
        failed = latest is not None and latest != found.charge
        yield {
            "id": found.intent,
            "object": "payment_intent",
            "amount": found.amount,
            "amount_capturable": found.amount
            if waits == "requires_capture" and not taken and not canceled
            else 0,
            "amount_received": found.amount if taken else 0,
            "automatic_payment_methods": None,
            "canceled_at": seconds(released) if released is not None and canceled else None,
            "cancellation_reason": "requested_by_customer" if canceled else None,
            "capture_method": "manual",
            "client_secret": f"{found.intent}_secret_{self.word('client', found.order_id)[:25]}",
            "confirmation_method": "automatic",
            "created": seconds(found.begun),
            "currency": found.currency.lower(),
            "customer": None,
            "description": None,
            "last_payment_error": declined(latest) if failed else None,
            "latest_charge": latest,
            "livemode": True,
            "metadata": {"order_id": found.order_ref},
            "next_action": None,
            "payment_method": f"pm_1{self.word('card', found.payer)[:23]}",
            "payment_method_options": {},
            "payment_method_types": ["card"],
            "processing": None,
            "receipt_email": found.payer.lower(),
            "shipping": address(found.payer),
            "status": "succeeded" if taken else "canceled" if canceled else waits,
        }

    def charges(self, found: Payment) -> Iterator[Record]:
        """Yield the charges made for a payment: those declined, then the one that was authorised."""
        for charge, at in found.failed:
            if at <= self.now:
                yield self._charge(found, charge, at, failed=True)
        if found.authorised <= self.now:
            yield self._charge(found, found.charge, found.authorised, failed=False)

    def _charge(self, found: Payment, charge: str, at: datetime, *, failed: bool) -> Record:
        captured = not failed and found.captured is not None and found.captured <= self.now
        given = found.refund if found.refund and found.refund.at <= self.now and not failed else None
        back = given.amount if given and not given.failed else 0
        disputed = not failed and found.dispute is not None and found.dispute.at <= self.now
        card = self.word("card", found.payer)
        return {
            "id": charge,
            "object": "charge",
            "amount": found.amount,
            "amount_captured": found.amount if captured else 0,
            "amount_refunded": back,
            "application": None,
            "balance_transaction": found.movement if captured else None,
            "billing_details": {
                "address": {"city": "Springfield", "country": COUNTRY, "line1": "1 Main Street"},
                "email": found.payer.lower(),
                "name": "Jordan Shopper",
                "phone": "+15005550001",
            },
            "captured": captured,
            "created": seconds(at),
            "currency": found.currency.lower(),
            "customer": None,
            "description": None,
            "disputed": disputed,
            "failure_code": "card_declined" if failed else None,
            "failure_message": "Your card was declined." if failed else None,
            "fraud_details": {},
            "livemode": True,
            "metadata": {"order_id": found.order_ref, "basket": card[:8]},
            "outcome": {
                "network_status": "declined_by_network" if failed else "approved_by_network",
                "reason": "generic_decline" if failed else None,
                "risk_level": "normal",
                "risk_score": int(card[:2], 16) % 40,
                "seller_message": "The bank did not return any further details."
                if failed
                else "Payment complete.",
                "type": "issuer_declined" if failed else "authorized",
            },
            "paid": not failed,
            "payment_intent": found.intent,
            "payment_method": f"pm_1{card[:23]}",
            "payment_method_details": {
                "card": {
                    "brand": "visa",
                    "country": COUNTRY,
                    "exp_month": 8,
                    "exp_year": 2030,
                    "fingerprint": card[:16],
                    "funding": "credit",
                    "last4": f"{int(card[:6], 16) % 10_000:04d}",
                    "network": "visa",
                },
                "type": "card",
            },
            "receipt_email": found.payer.lower(),
            "receipt_url": f"https://pay.stripe.example/receipts/{card[:32]}",
            "refunded": back == found.amount,
            "shipping": address(found.payer),
            "status": "failed" if failed else "succeeded",
        }

    def refunds(self, found: Payment) -> Iterator[Record]:
        """Yield the refund of a payment, once there is one."""
        refund = found.refund
        if refund is not None and refund.at <= self.now:
            yield self._refund(found, refund)

    def _refund(self, found: Payment, refund: Refund) -> Record:
        return {
            "id": refund.id,
            "object": "refund",
            "amount": refund.amount,
            "balance_transaction": None if refund.released or refund.failed else f"txn_{found.digits}r",
            "charge": found.charge,
            "created": seconds(refund.at),
            "currency": found.currency.lower(),
            "metadata": {"order_id": found.order_ref},
            "payment_intent": found.intent,
            "reason": None if refund.released else "requested_by_customer",
            "receipt_number": None,
            "source_transfer_reversal": None,
            "status": "failed" if refund.failed else "succeeded",
            "transfer_reversal": None,
        }

    def disputes(self, found: Payment) -> Iterator[Record]:
        """Yield the dispute of a payment, once there is one."""
        dispute = found.dispute
        if dispute is not None and dispute.at <= self.now:
            yield self._dispute(found, dispute)

    def _dispute(self, found: Payment, dispute: Dispute) -> Record:
        answered = self.now >= dispute.at + ANSWERED_AFTER
        name = f"txn_{found.digits}d"
        taken = Movement(
            name,
            dispute.at,
            dispute.at,
            "adjustment",
            "dispute",
            dispute.id,
            found.currency,
            -found.amount,
            DISPUTE_FEE,
        )
        return {
            "id": dispute.id,
            "object": "dispute",
            "amount": found.amount,
            "balance_transactions": [self.movement(taken)],
            "charge": found.charge,
            "created": seconds(dispute.at),
            "currency": found.currency.lower(),
            "evidence": {
                "customer_email_address": found.payer.lower() if answered else None,
                "customer_name": "Jordan Shopper" if answered else None,
                "uncategorized_text": "The parcel was signed for." if answered else None,
            },
            "evidence_details": {
                "due_by": seconds(dispute.at + ANSWER_WITHIN),
                "has_evidence": answered,
                "past_due": False,
                "submission_count": int(answered),
            },
            "is_charge_refundable": False,
            "livemode": True,
            "metadata": {},
            "payment_intent": found.intent,
            "reason": "fraudulent",
            "status": "under_review" if answered else "needs_response",
        }

    def movement(self, found: Movement) -> Record:
        """Return a movement of the balance."""
        fee = {
            "amount": found.fee,
            "application": None,
            "currency": found.currency.lower(),
            "description": "Dispute fee" if found.category == "dispute" else "Stripe processing fees",
            "type": "stripe_fee",
        }
        return {
            "id": found.id,
            "object": "balance_transaction",
            "amount": found.amount,
            "available_on": seconds(found.available),
            "created": seconds(found.created),
            "currency": found.currency.lower(),
            "description": "STRIPE PAYOUT" if found.type == "payout" else None,
            "exchange_rate": None if found.rate_e6 is None else found.rate_e6 / 10**6,
            "fee": found.fee,
            "fee_details": [fee] if found.fee else [],
            "net": found.net,
            "reporting_category": found.category,
            "source": found.source,
            "status": "available" if found.available <= self.now else "pending",
            "type": found.type,
        }

    def payout(self, found: Payout) -> Record:
        """Return a payout."""
        known = self.now >= found.created + RECONCILED_AFTER
        return {
            "id": found.id,
            "object": "payout",
            "amount": found.amount,
            "arrival_date": seconds(found.arrives),
            "automatic": True,
            "balance_transaction": found.movement.id,
            "created": seconds(found.created),
            "currency": found.currency.lower(),
            "description": "STRIPE PAYOUT",
            "destination": f"ba_1{self.word('bank', found.currency)[:23]}",
            "failure_balance_transaction": None,
            "failure_code": None,
            "failure_message": None,
            "livemode": True,
            "metadata": {},
            "method": "standard",
            "original_payout": None,
            "reconciliation_status": "completed" if known else "in_progress",
            "reversed_by": None,
            "source_type": "card",
            "statement_descriptor": None,
            "status": "paid" if self.now >= found.arrives else "in_transit",
            "trace_id": {
                "status": "supported" if known else "pending",
                "value": trace(self._seed, found.id) if known else None,
            },
            "type": "bank_account",
        }

    def at(self, moment: datetime) -> Objects:
        """Return the same account at another instant."""
        return Objects(self._seed, moment)


def declined(charge: str | None) -> Record:
    """Return why the bank declined."""
    return {
        "charge": charge,
        "code": "card_declined",
        "decline_code": "generic_decline",
        "message": "Your card was declined.",
        "type": "card_error",
    }


def address(payer: str) -> Record:
    """Return where a parcel goes."""
    return {
        "address": {
            "city": "Springfield",
            "country": COUNTRY,
            "line1": "1 Main Street",
            "postal_code": "00001",
        },
        "name": payer,
        "phone": "+15005550001",
    }


def seconds(moment: datetime) -> int:
    """Return an instant as Stripe writes it."""
    return int(moment.timestamp())
