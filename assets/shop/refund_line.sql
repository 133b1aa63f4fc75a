-- What do the refunds of the day give back?
select
    l.refund_id,
    l.line_id,
    l.target_kind,
    l.qty_e4,
    l.amount_minor,
    l.tax_minor
from evidence.refund_lines as l
join evidence.refunds as r on r.refund_id = l.refund_id
where r.created_at >= $1 and r.created_at < $2
order by l.refund_id, l.line_id, l.target_kind
