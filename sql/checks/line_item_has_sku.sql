/*
description = "Every line item is for an item on the price list; one that is not would be left out of its invoice's amount."
severity = "fail"
*/
SELECT
  invoice_id,
  item_id,
  quantity
FROM staging.invoice_line_items
ANTI JOIN staging.skus USING (item_id)
