/*
description = "No invoice is dated after the ingest date. The features count such an invoice as any other, so look at it."
severity = "warn"
*/
SELECT
  invoice_id,
  account_id,
  date_issued
FROM staging.invoices
WHERE date_issued > run_date()
