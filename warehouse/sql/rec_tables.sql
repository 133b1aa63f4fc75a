-- Which tests compare amounts, by which rule, and what are their breaks called?
create table rec.rule (
    rule_id varchar not null,
    test_id varchar not null,
    code varchar not null,
    break_type varchar not null,
    expected_column varchar,
    actual_column varchar,
    currency_column varchar
);
comment on table rec.rule is 'One row per exception code of a reconciliation rule, as the controls define it now';
comment on column rec.rule.rule_id is 'The rule, such as R11';
comment on column rec.rule.test_id is 'The test that judges it, such as PI-03.b';
comment on column rec.rule.code is 'The exception code';
comment on column rec.rule.break_type is 'What kind of break that is, such as MISSING_RIGHT';
comment on column rec.rule.expected_column is 'The fact with the amount that was to be; null: the rule compares no amounts';
comment on column rec.rule.actual_column is 'The fact with the amount that is';
comment on column rec.rule.currency_column is 'The fact with the currency of both; null: it compares no money';
