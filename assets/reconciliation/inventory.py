"""What should be in stock, and was no more shipped than ordered? Expected and actual, judged by PI-06.

Collected: nothing new; computed from the shop's levels, movements and parcels.
Never: a tolerance, and no verdict. Scopes: none.
"""

from __future__ import annotations

from assets.capture import Derivation
from assets.derive import sql_beside
from warehouse.dataset import Column, Dataset, Kind

STOCK = Dataset(
    name="reconciliation_stock",
    kind=Kind.DERIVED,
    follows=Kind.EVENT,
    title="One row per article and place with stock or movement: what moved and what should be left (R30)",
    key=("sku", "location"),
    may_be_empty=True,
    columns=(
        Column("sku", "text", "What", required=True),
        Column("location", "text", "Where", required=True),
        Column("opening", "int", "On hand when the day began; null: nobody says", unit="pieces"),
        Column("received", "int", "Received from suppliers", unit="pieces", required=True),
        Column("shipped", "int", "Shipped", unit="pieces", required=True),
        Column("returned", "int", "Returned", unit="pieces", required=True),
        Column("transferred_in", "int", "Come from another place", unit="pieces", required=True),
        Column("transferred_out", "int", "Gone to another place", unit="pieces", required=True),
        Column("adjusted", "int", "Corrected by hand, with its sign", unit="pieces", required=True),
        Column(
            "expected_closing",
            "int",
            "Opening with all that moved; null: no opening is known, or a movement of an unknown kind",
            unit="pieces",
        ),
        Column(
            "closing", "int", "On hand when the day ended, as the shop has it", unit="pieces", required=True
        ),
        Column("allocated", "int", "Of it promised to orders; null: the shop has no level", unit="pieces"),
        Column("available", "int", "Still to be sold; null: the shop has no level", unit="pieces"),
    ),
)

SHIPMENT = Dataset(
    name="reconciliation_shipment",
    kind=Kind.DERIVED,
    follows=Kind.EVENT,
    title="One row per line shipped on the day: how much of it has been by now, and how much was to be (R31)",
    key=("fulfilment_id", "line_id"),
    may_be_empty=True,
    columns=(
        Column("fulfilment_id", "text", "The parcel", required=True),
        Column("line_id", "text", "The order's line", required=True),
        Column("order_id", "text", "The order; null: there is no such line"),
        Column("order_number", "int", "Its number in its series"),
        Column("sku", "text", "What was shipped"),
        Column("location", "text", "Where it left"),
        Column("shipped_at", "timestamp", "When it left", required=True),
        Column("qty_e4", "int", "Quantity in this parcel", unit="1/10000", required=True),
        Column("shipped_so_far_e4", "int", "All shipped of the line by now", unit="1/10000", required=True),
        Column(
            "to_ship_e4",
            "int",
            "Quantity ordered; 0: the order had been cancelled; null: there is no such line",
            unit="1/10000",
        ),
        Column("line_found", "bool", "Whether an order has this line", required=True),
    ),
)

STOCKS = Derivation(
    STOCK,
    sql_beside(__file__, "stock.sql"),
    ("shop_inventory_level", "shop_inventory_movement"),
    before={"shop_inventory_level": 1},
)
SHIPMENTS = Derivation(
    SHIPMENT,
    sql_beside(__file__, "shipment.sql"),
    (
        "shop_fulfilment_line",
        "shop_fulfilment",
        "shop_order",
        "shop_order_line",
        "shop_earlier_order",
        "shop_earlier_line",
        "shop_earlier_fulfilment_line",
    ),
)
