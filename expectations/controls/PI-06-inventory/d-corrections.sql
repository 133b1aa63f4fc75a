-- Which corrections of stock were made on the day, for which ticket, and who approved them?
select
    movement_id as population_key,
    sku || ' in ' || location as subject_label,
    occurred_at,
    instance,
    null as exempt_reason,
    qty,
    actor,
    approver,
    ticket_key,
    approver is not null and ticket_key is not null as authorised,
    case
        when approver is null then false
        else approver = actor
    end as self_approved
from shop_inventory_movement
where kind not in ('receipt', 'ship', 'return', 'transfer_out', 'transfer_in')
order by population_key
