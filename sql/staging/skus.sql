/*
description = "The price list: what an item costs us, and what a dealer pays for it."
key = ["item_id"]
*/
-- Prices keep all nine decimals (DECIMAL(18,9)), so that sums of money are exact.
-- They are rounded once, at the end, in `features.invoices`.
SELECT
  item_id,
  trim(item_name) AS item_name,
  trim(item_description) AS item_description,
  item_cost_price,
  item_retail_price
FROM raw.skus
