/*
description = "Every invoice was issued to an account that was delivered; one that was not would be left out of `invoices`."
severity = "fail"
*/
SELECT
  invoice_id,
  account_id,
  date_issued
FROM staging.invoices
ANTI JOIN staging.accounts USING (account_id)
