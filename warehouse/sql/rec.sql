-- Where is an amount the platform states not the amount its own rules lead to?

create view rec.line_break as
select
    line.instance,
    line.day,
    line.line_id,
    line.order_id,
    line.order_number,
    line.currency,
    line.policy_id,
    line.ext_minor as actual_minor,
    line.expected_ext_minor as expected_minor,
    line.ext_minor - line.expected_ext_minor as difference_minor,
    line.is_test,
    line.placed_at
from cur.reconciliation_order_line as line
where line.ext_minor is distinct from line.expected_ext_minor
order by line.placed_at, line.line_id;
comment on view rec.line_break is 'One row per order line whose amount is not quantity times price as the rounding policy has it, or for which no expected amount can be stated';
comment on column rec.line_break.instance is 'The shop it comes from';
comment on column rec.line_break.day is 'The evidence day, UTC';
comment on column rec.line_break.line_id is 'The order line';
comment on column rec.line_break.order_id is 'Its order';
comment on column rec.line_break.order_number is 'The number of the order as people know it';
comment on column rec.line_break.currency is 'The currency of the order';
comment on column rec.line_break.policy_id is 'The rounding policy the order names';
comment on column rec.line_break.actual_minor is 'What the platform states; unit: minor units';
comment on column rec.line_break.expected_minor is 'What its rules lead to; null: no policy was in force; unit: minor units';
comment on column rec.line_break.difference_minor is 'Actual less expected; unit: minor units';
comment on column rec.line_break.is_test is 'Whether the order is a test order';
comment on column rec.line_break.placed_at is 'When the order was placed, UTC';

create view rec.order_break as
with amounts as (
    select
        *,
        unnest([
            {'amount': 'subtotal', 'actual_minor': subtotal_minor, 'expected_minor': expected_subtotal_minor},
            {'amount': 'discount', 'actual_minor': discount_minor, 'expected_minor': expected_discount_minor},
            {'amount': 'total', 'actual_minor': total_minor, 'expected_minor': expected_total_minor}
        ]) as compared
    from cur.reconciliation_order
)
select
    instance,
    day,
    order_id,
    order_number,
    currency,
    compared.amount as amount,
    compared.actual_minor as actual_minor,
    compared.expected_minor as expected_minor,
    compared.actual_minor - compared.expected_minor as difference_minor,
    is_test,
    placed_at
from amounts
where compared.actual_minor is distinct from compared.expected_minor
order by placed_at, order_id, amount;
comment on view rec.order_break is 'One row per order and amount (subtotal, discount, total) that is not the sum of its parts';
comment on column rec.order_break.instance is 'The shop it comes from';
comment on column rec.order_break.day is 'The evidence day, UTC';
comment on column rec.order_break.order_id is 'The order';
comment on column rec.order_break.order_number is 'Its number as people know it';
comment on column rec.order_break.currency is 'Its currency';
comment on column rec.order_break.amount is 'Which amount: subtotal, discount or total';
comment on column rec.order_break.actual_minor is 'What the platform states; unit: minor units';
comment on column rec.order_break.expected_minor is 'The sum of its parts; unit: minor units';
comment on column rec.order_break.difference_minor is 'Actual less expected; unit: minor units';
comment on column rec.order_break.is_test is 'Whether the order is a test order';
comment on column rec.order_break.placed_at is 'When the order was placed, UTC';
