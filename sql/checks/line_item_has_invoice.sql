/*
description = "Every line item belongs to an invoice that was delivered."
severity = "fail"
*/
SELECT
  invoice_id,
  item_id,
  quantity
FROM staging.invoice_line_items
ANTI JOIN staging.invoices USING (invoice_id)
