-- Where does an analyst look for what? Six schemas; the ledger and the store stay the evidence itself.
-- ev: every capture. cur: the latest complete one. hist: versions over time. ctl: controls and what became of
-- them. rec: reconciliation breaks. meta: where all of it comes from.
create schema ev;
create schema cur;
create schema hist;
create schema ctl;
create schema rec;
create schema meta;
