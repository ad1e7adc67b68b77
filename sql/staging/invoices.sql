/*
description = "Every invoice issued so far: which account it went to, and when."
key = ["invoice_id"]
*/
SELECT
  invoice_id,
  account_id,
  date_issued
FROM raw.invoices
