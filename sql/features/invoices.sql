/*
description = "One row per invoice, for the finance team: who it went to, what it is for, what it earns."
key = ["invoice_id"]
version = 1

[columns]
invoice_id   = "The invoice."
account_id   = "The account it was issued to."
company_name = "The account's company, under the name it has today."
date_issued  = "The day it was issued."
lines        = "How many line items it has; 0 if none."
units        = "How many items it is for, over all its lines; 0 if it has no lines."
cost         = "What the items cost us, rounded to 2 decimals; NULL if it has no lines."
amount       = "What the dealer is asked to pay, rounded to 2 decimals; NULL if it has no lines."
margin       = "Amount less cost, taken before either is rounded, to 2 decimals; NULL if it has no lines."
*/
-- Money is summed as DECIMAL, where the order of rows cannot matter, and becomes DOUBLE last.
-- round() takes halves away from zero, as accountants do. The sums go back to the type of a price:
-- that keeps all nine decimals, rounds far faster than the wider DECIMAL that sum() returns, and
-- stops the export if one invoice comes to a billion.
WITH line_totals AS (
  SELECT
    invoice_id,
    count(*) AS lines,
    sum(quantity) AS units,
    sum(quantity * item_cost_price)::DECIMAL(18,9) AS exact_cost,
    sum(quantity * item_retail_price)::DECIMAL(18,9) AS exact_amount
  FROM staging.invoice_line_items
  JOIN staging.skus USING (item_id)
  GROUP BY invoice_id
)
SELECT
  invoice_id,
  account_id,
  company_name,
  date_issued,
  coalesce(lines, 0) AS lines,
  coalesce(units, 0)::BIGINT AS units,
  round(exact_cost, 2)::DOUBLE AS cost,
  round(exact_amount, 2)::DOUBLE AS amount,
  round((exact_amount - exact_cost)::DECIMAL(18,9), 2)::DOUBLE AS margin
FROM staging.invoices
JOIN staging.accounts USING (account_id)
LEFT JOIN line_totals USING (invoice_id)
