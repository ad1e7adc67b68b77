/*
description = "Every item on the price list has an id, and no two items share one."
severity = "fail"
*/
SELECT
  item_id,
  count(*) AS rows_with_this_id
FROM staging.skus
GROUP BY item_id
HAVING count(*) > 1 OR item_id IS NULL
