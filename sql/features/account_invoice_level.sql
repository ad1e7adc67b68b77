/*
description = "One row per invoice: what the account spends on it."
key = ["invoice_id"]
version = 1

[columns]
account_id               = "The account the invoice was issued to."
invoice_id               = "The invoice."
feature_invoice_spending = "Quantity times retail price over all its lines, rounded to 2 decimals; NULL if it has no lines."
*/
-- The same figure that the finance team sees, so the two can never differ.
SELECT
  account_id,
  invoice_id,
  amount AS feature_invoice_spending
FROM features.invoices
