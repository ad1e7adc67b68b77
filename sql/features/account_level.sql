/*
description = "One row per account: how long it has been with us, how often it is invoiced."
key = ["account_id"]
version = 1

[columns]
account_id                         = "The account."
company_name                       = "Its company."
company_address                    = "Where the company is; may hold line breaks."
joining_date                       = "The day it became a customer."
feature_account_age_day            = "Days from joining to the ingest date."
feature_account_age_year           = "The same in years of 365 days, rounded to 2 decimals."
feature_customer_age_over_one_year = "1 if that rounded figure is over 1, else 0."
feature_total_invoices             = "Invoices issued to the account so far; 0 if none."
feature_avg_invoice_interval_day   = "Mean days between consecutive invoices, rounded to whole days; NULL with fewer than two."
*/
-- The intervals between consecutive invoices add up to the days from the first to the last,
-- so their mean needs the two ends and a count only. One invoice has no interval: NULL.
-- An invoice dated after the ingest date counts too; the check `invoice_not_after_ingest_date` warns of it.
WITH invoicing AS (
  SELECT
    account_id,
    count(DISTINCT invoice_id) AS total_invoices,
    (max(date_issued) - min(date_issued)) / nullif(count(date_issued) - 1, 0) AS avg_interval_day
  FROM staging.invoices
  GROUP BY account_id
)
SELECT
  account_id,
  company_name,
  company_address,
  joining_date,
  run_date() - joining_date AS feature_account_age_day,
  round(feature_account_age_day / 365, 2) AS feature_account_age_year,
  (feature_account_age_year > 1)::INTEGER AS feature_customer_age_over_one_year,
  coalesce(total_invoices, 0) AS feature_total_invoices,
  round(avg_interval_day) AS feature_avg_invoice_interval_day
FROM staging.accounts
LEFT JOIN invoicing USING (account_id)
