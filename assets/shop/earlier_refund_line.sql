-- What did the refunds of them before the day give back?
select
    l.refund_id,
    l.line_id,
    l.target_kind,
    r.order_id,
    l.qty_e4,
    l.amount_minor,
    l.tax_minor,
    count(*) over () as listed
from evidence.refund_lines as l
join evidence.refunds as r on r.refund_id = l.refund_id
join earlier on earlier.order_id = r.order_id
where r.created_at < $1
order by l.refund_id, l.line_id, l.target_kind
