/*
description = "No item has a negative cost or retail price."
severity = "fail"
*/
SELECT
  item_id,
  item_name,
  item_cost_price,
  item_retail_price
FROM staging.skus
WHERE item_cost_price < 0
  OR item_retail_price < 0
