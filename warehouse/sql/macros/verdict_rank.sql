-- Which of two verdicts is worse? The lower number is.
create macro verdict_rank(verdict) as
    list_position(['FAIL', 'ERROR', 'NOT_TESTED', 'PASS_WAIVED', 'PASS', 'NO_OCCURRENCE'], verdict);
comment on macro verdict_rank is 'From 1, the worst verdict, to 6';
