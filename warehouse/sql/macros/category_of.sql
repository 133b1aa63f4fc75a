-- Which category of the trust services criteria does a criterion belong to? The common criteria are Security's.
create macro category_of(criterion) as
    case regexp_extract(criterion, '^[A-Z]+')
        when 'CC' then 'security'
        when 'A' then 'availability'
        when 'PI' then 'processing_integrity'
        when 'C' then 'confidentiality'
        when 'P' then 'privacy'
    end;
comment on macro category_of is 'The category a criterion belongs to, such as security for CC6.1';
