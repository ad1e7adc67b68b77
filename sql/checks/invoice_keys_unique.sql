/*
description = "Every invoice has an id, and no two invoices share one."
severity = "fail"
*/
SELECT
  invoice_id,
  count(*) AS rows_with_this_id
FROM staging.invoices
GROUP BY invoice_id
HAVING count(*) > 1 OR invoice_id IS NULL
