/*
description = "No line item has a negative quantity."
severity = "fail"
*/
SELECT
  invoice_id,
  item_id,
  quantity
FROM staging.invoice_line_items
WHERE quantity < 0
